"""Lists are answered from one index."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0001_initial"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_ranked",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_region",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_scheme",
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=[
                    "network",
                    "state",
                    "-score",
                    "-last_seen",
                    "id",
                    "region",
                    "band",
                    "scheme",
                    "kind",
                    "overdue",
                    "due_at",
                    "taken_at",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="alert_ranked",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=[
                    "rule",
                    "scheme",
                    "network",
                    "-score",
                    "-last_seen",
                    "id",
                    "state",
                    "region",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="alert_rule",
            ),
        ),
    ]
