"""A list comes in its order from one index, and so do the counts of a period."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0004_ordered_indexes"),
        ("measures", "0001_initial"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="measure",
            name="measure_list",
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(
                fields=[
                    "network",
                    "-proposed_at",
                    "-id",
                    "state",
                    "region",
                    "rung",
                    "rule",
                    "overdue",
                    "label",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="measure_recent",
            ),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(
                fields=[
                    "network",
                    "in_force_at",
                    "state",
                    "region",
                    "rung",
                    "rule",
                    "overdue",
                    "label",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="measure_effect",
            ),
        ),
        migrations.RemoveIndex(
            model_name="measure",
            name="measure_subject",
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(fields=["network", "kind", "value", "-proposed_at"], name="measure_subject"),
        ),
    ]
