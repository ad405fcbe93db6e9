"""A list comes in its order from one index, and stops when its page is full."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0003_subject_by_time"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_recent",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_taken",
        ),
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_ranked",
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=[
                    "network",
                    "-score",
                    "-last_seen",
                    "id",
                    "state",
                    "region",
                    "band",
                    "scheme",
                    "kind",
                    "overdue",
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
                    "network",
                    "-last_seen",
                    "id",
                    "state",
                    "region",
                    "band",
                    "scheme",
                    "kind",
                    "overdue",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="alert_recent",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=[
                    "network",
                    "-taken_at",
                    "id",
                    "state",
                    "region",
                    "band",
                    "scheme",
                    "kind",
                    "overdue",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="alert_taken",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)),
                fields=[
                    "network",
                    "due_at",
                    "id",
                    "state",
                    "region",
                    "band",
                    "scheme",
                    "kind",
                    "overdue",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="alert_due",
            ),
        ),
    ]
