"""A reference of a complaint that was counted on an earlier one is kept, so that it counts once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Repeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=40, verbose_name="网络")),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("12321", "12321 举报中心"),
                            ("96110", "96110 反诈专线"),
                            ("operator", "运营商客服"),
                            ("shop", "营业厅"),
                            ("bank", "银行"),
                        ],
                        max_length=10,
                        verbose_name="来源",
                    ),
                ),
                ("reference", models.CharField(max_length=60, verbose_name="来源编号")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="repeats", to="complaints.complaint"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("network", "way", "reference"), name="one_repeat_a_reference")
                ],
            },
        ),
    ]
