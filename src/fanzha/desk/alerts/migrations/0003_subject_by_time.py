"""Other alerts of a subject come in order from their index."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0002_covering_index"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="alert",
            name="alert_subject",
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["network", "kind", "value", "-last_seen"], name="alert_subject"),
        ),
    ]
