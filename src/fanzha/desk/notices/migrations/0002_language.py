"""The language that a subscriber chose to be told in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Language",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=40, verbose_name="网络")),
                ("value", models.CharField(max_length=80, verbose_name="号码")),
                ("language", models.CharField(max_length=8, verbose_name="语言")),
                ("at", models.DateTimeField(verbose_name="时间")),
            ],
            options={
                "verbose_name": "告知语言",
                "verbose_name_plural": "告知语言",
                "constraints": [models.UniqueConstraint(fields=("network", "value"), name="one_language")],
            },
        ),
    ]
