from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0002_budget_notice'),
    ]

    operations = [
        migrations.AddField(
            model_name='usageday',
            name='cache_write_tokens',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='usagerecord',
            name='cache_write_tokens',
            field=models.BigIntegerField(default=0),
        ),
    ]
