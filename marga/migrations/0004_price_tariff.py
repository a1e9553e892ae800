from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('marga', '0003_begin_price_history'),
    ]

    operations = [
        migrations.AddField(
            model_name='priceversion',
            name='usd_per_kwh',
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=10, null=True),
        ),
    ]
