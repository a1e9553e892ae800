"""Give each model that is there already the first version of its prices, so that every call can name one."""

from django.db import migrations
from django.utils import timezone

PRICES = ("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok")
SOURCES = {"config": "config", "environment": "catalogue", "admin": "admin"}


def begin(apps, schema_editor):
    model = apps.get_model("marga", "Model")
    version = apps.get_model("marga", "PriceVersion")
    now = timezone.now()
    version.objects.bulk_create(
        (
            version(
                workspace_id=row.workspace_id,
                model=row,
                model_name=row.name,
                provider_name=row.provider.name,
                effective_at=now,
                source=SOURCES[row.provider.source],
                **{name: getattr(row, name) for name in PRICES},
            )
            for row in model.objects.select_related("provider")
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("marga", "0002_routing")]

    # Back is nothing to do: the table goes with the migration before this one.
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
