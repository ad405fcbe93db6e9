"""A list comes in its order from one index."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lists", "0001_initial"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="item",
            name="item_list",
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                fields=[
                    "network",
                    "list",
                    "-proposed_at",
                    "-id",
                    "state",
                    "region",
                    "expires",
                    "assigned_organisation",
                    "assigned_user",
                ],
                name="item_recent",
            ),
        ),
    ]
