"""The written notice to a restricted person: that it was served."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lists", "0002_ordered_indexes"),
        ("notices", "0002_language"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("person", "当面送达"),
                            ("post", "邮寄送达"),
                            ("police", "由认定机关送达"),
                            ("public", "公告送达"),
                        ],
                        max_length=8,
                        verbose_name="送达方式",
                    ),
                ),
                ("note", models.CharField(max_length=200, verbose_name="回执或单号")),
                ("served_at", models.DateTimeField(verbose_name="送达时间")),
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="letter", to="lists.item"
                    ),
                ),
                (
                    "served_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经办人",
                    ),
                ),
            ],
            options={
                "verbose_name": "书面告知",
                "verbose_name_plural": "书面告知",
            },
        ),
    ]
