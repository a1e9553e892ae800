import avyay_site.fields
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import marga.models.policies
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('keys', '0002_internal_key'),
        ('marga', '0001_providers_and_models'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CachePurge',
            fields=[
                ('id', avyay_site.fields.IdField('purge', serialize=False)),
                ('identity', models.CharField(blank=True, max_length=64)),
                ('purged_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-purged_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('id', avyay_site.fields.IdField('cred', serialize=False)),
                ('name', models.SlugField(max_length=60)),
                ('api_key', avyay_site.fields.EncryptedTextField(verbose_name='API key')),
                ('bucket', models.SlugField(blank=True, max_length=40)),
                ('requests_per_minute', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)])),
                ('tokens_per_minute', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)])),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('state', models.CharField(choices=[('unknown', 'Not used yet'), ('ok', 'Works'), ('resting', 'Rests'), ('dead', 'Refused')], default='unknown', editable=False, max_length=10)),
                ('state_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('reported_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last reported')),
            ],
            options={
                'ordering': ['provider__name', 'name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Defaults',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('baseline', models.CharField(blank=True, max_length=200)),
                ('tariff_usd_per_kwh', models.DecimalField(decimal_places=6, max_digits=10, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name_plural': 'defaults',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='DeploymentHealth',
            fields=[
                ('model', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='deployment_health', serialize=False, to='marga.model')),
                ('state', models.CharField(choices=[('ok', 'Answers'), ('trying', 'Is tried again'), ('open', 'Left out')], default='ok', max_length=10)),
                ('latency_ms', models.FloatField(null=True)),
                ('ttft_ms', models.FloatField(null=True, verbose_name='time to first token, ms')),
                ('requests', models.BigIntegerField(default=0)),
                ('errors', models.BigIntegerField(default=0)),
                ('reported_at', models.DateTimeField(verbose_name='last reported')),
            ],
            options={
                'verbose_name_plural': 'deployment health',
                'ordering': ['model'],
            },
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', avyay_site.fields.IdField('fb', serialize=False)),
                ('request_id', models.CharField(max_length=64)),
                ('rating', models.SmallIntegerField()),
                ('comment', models.CharField(blank=True, max_length=2000)),
                ('actor', models.CharField(max_length=254)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('tier', models.CharField(blank=True, max_length=10)),
                ('task', models.CharField(blank=True, max_length=40)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'feedback',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='KeyRules',
            fields=[
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='marga_rules', serialize=False, to='keys.apikey')),
                ('policy', models.CharField(blank=True, max_length=40)),
                ('allowed_models', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('lowest_tier', models.CharField(choices=[('local', 'Local'), ('mid', 'Mid'), ('frontier', 'Frontier')], default='local', max_length=10)),
                ('highest_tier', models.CharField(choices=[('local', 'Local'), ('mid', 'Mid'), ('frontier', 'Frontier')], default='frontier', max_length=10)),
                ('quality_target', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)])),
                ('fallbacks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('cache', models.CharField(choices=[('off', 'Never'), ('safe', 'The same request, if it asks for the same answer each time'), ('exact', 'The same request'), ('semantic', 'A restated request too')], default='safe', max_length=10)),
                ('cache_ttl_seconds', models.PositiveIntegerField(default=3600, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(604800)], verbose_name='cached for, seconds')),
                ('keeps_content', models.BooleanField(default=False, verbose_name='may store content')),
            ],
            options={
                'verbose_name_plural': 'key rules',
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Policy',
            fields=[
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('id', avyay_site.fields.IdField('pol', serialize=False)),
                ('name', models.SlugField(max_length=40)),
                ('document', models.JSONField(blank=True, default=dict, validators=[marga.models.policies.validate_document])),
                ('is_shared', models.BooleanField(default=False, verbose_name='shared with every workspace')),
                ('is_default', models.BooleanField(default=False, verbose_name='what auto means')),
                ('source', models.CharField(choices=[('config', 'Config file'), ('environment', 'Environment'), ('admin', 'Dashboard or API')], default='admin', editable=False, max_length=12)),
            ],
            options={
                'verbose_name_plural': 'policies',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='PriceVersion',
            fields=[
                ('id', avyay_site.fields.IdField('price', serialize=False)),
                ('model_name', models.CharField(max_length=200)),
                ('provider_name', models.CharField(max_length=60)),
                ('effective_at', models.DateTimeField()),
                ('source', models.CharField(choices=[('catalogue', 'Price list'), ('config', 'Config file'), ('admin', 'Dashboard or API')], max_length=10)),
                ('priced_by', models.CharField(blank=True, max_length=254, verbose_name='by')),
                ('input_usd_per_mtok', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='input, USD per million tokens')),
                ('output_usd_per_mtok', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='output, USD per million tokens')),
                ('cached_input_usd_per_mtok', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='cached input, USD per million tokens')),
                ('cache_write_usd_per_mtok', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='cache write, USD per million tokens')),
                ('reasoning_usd_per_mtok', models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='reasoning, USD per million tokens')),
                ('watts', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True)),
            ],
            options={
                'ordering': ['-effective_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='RequestTrace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request_id', models.CharField(max_length=64, unique=True)),
                ('occurred_at', models.DateTimeField()),
                ('protocol', models.CharField(blank=True, max_length=20)),
                ('policy', models.CharField(blank=True, max_length=60)),
                ('tier', models.CharField(blank=True, max_length=10)),
                ('task', models.CharField(blank=True, max_length=40)),
                ('need', models.FloatField(default=0.0)),
                ('doubt', models.FloatField(default=0.0)),
                ('reason', models.CharField(blank=True, max_length=60)),
                ('explain', models.CharField(blank=True, max_length=500)),
                ('cache', models.CharField(blank=True, max_length=10)),
                ('cache_identity', models.CharField(blank=True, max_length=64)),
                ('attempts', models.JSONField(default=list)),
                ('baseline_model', models.CharField(blank=True, max_length=200)),
                ('baseline_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('saved_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('overhead_ms', models.FloatField(default=0.0)),
                ('first_byte_ms', models.PositiveIntegerField(null=True)),
                ('input_tokens_estimated', models.BigIntegerField(default=0)),
                ('capabilities', models.JSONField(default=list)),
                ('session', models.CharField(blank=True, max_length=64)),
                ('warnings', models.JSONField(default=list)),
                ('bucket', models.CharField(blank=True, max_length=40)),
                ('price_id', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'ordering': ['-occurred_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='SavingsDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day_date', models.DateField()),
                ('model', models.CharField(blank=True, max_length=200)),
                ('tier', models.CharField(blank=True, max_length=10)),
                ('requests', models.BigIntegerField(default=0)),
                ('cached', models.BigIntegerField(default=0)),
                ('cost_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('baseline_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('saved_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('cache_saved_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
            ],
            options={
                'ordering': ['-day_date', 'model', 'tier', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ShadowSample',
            fields=[
                ('id', avyay_site.fields.IdField('sample', serialize=False)),
                ('request_id', models.CharField(max_length=64)),
                ('task', models.CharField(blank=True, max_length=40)),
                ('tier', models.CharField(blank=True, max_length=10)),
                ('model_used', models.CharField(max_length=200)),
                ('model_compared', models.CharField(max_length=200)),
                ('verdict', models.CharField(choices=[('win', 'Better'), ('tie', 'As good'), ('loss', 'Worse'), ('unclear', 'Unclear')], max_length=10)),
                ('judge', models.CharField(blank=True, max_length=200)),
                ('used_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('compared_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('judge_usd', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('occurred_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-occurred_at', '-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='model',
            name='model_price_not_negative',
        ),
        migrations.AddField(
            model_name='model',
            name='cache_write_usd_per_mtok',
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='cache write, USD per million tokens'),
        ),
        migrations.AddField(
            model_name='model',
            name='capabilities',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('tools', 'Tools'), ('vision', 'Images'), ('json_schema', 'JSON schema'), ('thinking', 'Thinking'), ('audio', 'Audio'), ('files', 'Files'), ('embeddings', 'Embeddings')], max_length=12), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='model',
            name='max_output_tokens',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='longest answer, tokens'),
        ),
        migrations.AddField(
            model_name='model',
            name='quality',
            field=models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)]),
        ),
        migrations.AddField(
            model_name='model',
            name='reasoning_usd_per_mtok',
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='reasoning, USD per million tokens'),
        ),
        migrations.AddField(
            model_name='model',
            name='watts',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))]),
        ),
        migrations.AddField(
            model_name='provider',
            name='protocols',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('chat', 'OpenAI chat completions'), ('responses', 'OpenAI responses'), ('messages', 'Anthropic messages'), ('embeddings', 'Embeddings'), ('images', 'Images'), ('audio', 'Audio'), ('moderations', 'Moderations'), ('files', 'Files')], max_length=12), blank=True, default=list, size=None),
        ),
        migrations.AddConstraint(
            model_name='model',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('input_usd_per_mtok', None), ('input_usd_per_mtok__gte', 0), _connector='OR'), models.Q(('output_usd_per_mtok', None), ('output_usd_per_mtok__gte', 0), _connector='OR'), models.Q(('cached_input_usd_per_mtok', None), ('cached_input_usd_per_mtok__gte', 0), _connector='OR'), models.Q(('cache_write_usd_per_mtok', None), ('cache_write_usd_per_mtok__gte', 0), _connector='OR'), models.Q(('reasoning_usd_per_mtok', None), ('reasoning_usd_per_mtok__gte', 0), _connector='OR'), models.Q(('watts', None), ('watts__gte', 0), _connector='OR')), name='model_price_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='model',
            constraint=models.CheckConstraint(condition=models.Q(('quality', None), models.Q(('quality__gte', 0.0), ('quality__lte', 1.0)), _connector='OR'), name='model_quality'),
        ),
        migrations.AddField(
            model_name='cachepurge',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='credential',
            name='provider',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credentials', to='marga.provider'),
        ),
        migrations.AddField(
            model_name='credential',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddConstraint(
            model_name='defaults',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='defaults_once'),
        ),
        migrations.AddField(
            model_name='deploymenthealth',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='feedback',
            name='user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='feedback',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='keyrules',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='policy',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='priceversion',
            name='model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='price_versions', to='marga.model'),
        ),
        migrations.AddField(
            model_name='priceversion',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='requesttrace',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='savingsday',
            name='key',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='keys.apikey'),
        ),
        migrations.AddField(
            model_name='savingsday',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddField(
            model_name='shadowsample',
            name='workspace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace'),
        ),
        migrations.AddIndex(
            model_name='cachepurge',
            index=models.Index(fields=['purged_at'], name='purge_oldest_first'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.UniqueConstraint(fields=('provider', 'name'), name='credential_name_once'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.CheckConstraint(condition=models.Q(('api_key', ''), _negated=True), name='credential_has_a_key'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['workspace', '-created_at', '-id'], name='feedback_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.UniqueConstraint(fields=('workspace', 'request_id', 'actor'), name='feedback_once'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.CheckConstraint(condition=models.Q(('rating__in', (-1, 1))), name='feedback_rating'),
        ),
        migrations.AddConstraint(
            model_name='keyrules',
            constraint=models.CheckConstraint(condition=models.Q(('quality_target', None), models.Q(('quality_target__gte', 0.0), ('quality_target__lte', 1.0)), _connector='OR'), name='key_rules_quality'),
        ),
        migrations.AddConstraint(
            model_name='keyrules',
            constraint=models.CheckConstraint(condition=models.Q(('lowest_tier', 'local'), ('highest_tier', 'frontier'), models.Q(('highest_tier', 'mid'), ('lowest_tier', 'mid')), _connector='OR'), name='key_rules_tiers_in_order'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.UniqueConstraint(fields=('workspace', 'name'), name='policy_name_once'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('workspace',), name='policy_default_once'),
        ),
        migrations.AddIndex(
            model_name='priceversion',
            index=models.Index(fields=['model', '-effective_at', '-id'], name='price_of_model'),
        ),
        migrations.AddIndex(
            model_name='priceversion',
            index=models.Index(fields=['workspace', '-effective_at', '-id'], name='price_newest_first'),
        ),
        migrations.AddIndex(
            model_name='requesttrace',
            index=models.Index(fields=['workspace', '-occurred_at', '-id'], name='trace_newest_first'),
        ),
        migrations.AddIndex(
            model_name='requesttrace',
            index=models.Index(fields=['occurred_at'], name='trace_oldest_first'),
        ),
        migrations.AddConstraint(
            model_name='savingsday',
            constraint=models.UniqueConstraint(fields=('workspace', 'day_date', 'key', 'model', 'tier'), name='savings_day_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='shadowsample',
            index=models.Index(fields=['workspace', '-occurred_at', '-id'], name='sample_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='shadowsample',
            constraint=models.UniqueConstraint(fields=('workspace', 'request_id', 'model_compared'), name='shadow_sample_once'),
        ),
    ]
