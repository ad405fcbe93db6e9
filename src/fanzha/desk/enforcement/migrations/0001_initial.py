"""The first tables of this room."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CountedPart",
            fields=[
                ("path", models.CharField(max_length=300, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Gateway",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="网关")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("network", models.CharField(max_length=40, verbose_name="网络")),
                ("expires", models.DateTimeField(verbose_name="到期")),
                ("revoked", models.BooleanField(default=False, verbose_name="已吊销")),
                ("position", models.BigIntegerField(default=0)),
                ("version", models.BigIntegerField(default=0, verbose_name="策略编号")),
                ("seen_at", models.DateTimeField(null=True, verbose_name="最近联系")),
            ],
            options={
                "verbose_name": "网关",
                "verbose_name_plural": "网关",
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("batch", models.CharField(max_length=40, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "下发中"),
                            ("done", "已下发"),
                            ("split", "已拆分"),
                            ("refused", "被护栏拒绝"),
                        ],
                        default="open",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("number", models.BigIntegerField(default=0, verbose_name="策略编号")),
                ("message", models.CharField(blank=True, max_length=300, verbose_name="原因")),
                ("made_at", models.DateTimeField(verbose_name="开始")),
                ("done_at", models.DateTimeField(null=True, verbose_name="完成")),
            ],
            options={
                "verbose_name": "策略下发",
                "verbose_name_plural": "策略下发",
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry", models.CharField(db_index=True, max_length=80)),
                ("body", models.JSONField(null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "publication",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="enforcement.publication",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry", models.CharField(max_length=80)),
                ("day", models.DateField(verbose_name="日期")),
                ("action", models.CharField(max_length=10, verbose_name="处理")),
                ("calls", models.BigIntegerField(default=0, verbose_name="呼叫次数")),
                ("last_at", models.DateTimeField(verbose_name="最近一次")),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="tally_day")],
                "constraints": [models.UniqueConstraint(fields=("entry", "day", "action"), name="one_tally")],
            },
        ),
    ]
