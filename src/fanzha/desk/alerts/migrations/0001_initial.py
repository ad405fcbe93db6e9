"""The first tables of this room."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=40, unique=True)),
                ("position", models.BigIntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("network", models.CharField(max_length=40, verbose_name="网络")),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        max_length=6,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(\\d{2}|\\d{4}|\\d{6})?$", "行政区划代码为 2、4 或 6 位数字，留空表示全国"
                            )
                        ],
                        verbose_name="区划代码",
                    ),
                ),
                ("state", models.CharField(max_length=20, verbose_name="状态")),
                ("moved_at", models.DateTimeField(verbose_name="状态时间")),
                ("due_at", models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="时限")),
                ("overdue", models.BooleanField(default=False, verbose_name="超时")),
                ("id", models.CharField(max_length=24, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("number", "号码"), ("device", "终端"), ("cell", "小区")],
                        max_length=8,
                        verbose_name="对象",
                    ),
                ),
                ("value", models.CharField(max_length=80, verbose_name="号码或标识")),
                ("scheme", models.CharField(max_length=40, verbose_name="手法")),
                ("score", models.FloatField(verbose_name="分值")),
                ("band", models.CharField(max_length=12, verbose_name="级别")),
                ("measure", models.CharField(max_length=20, verbose_name="建议处置")),
                ("rule", models.CharField(blank=True, max_length=80, verbose_name="规则")),
                ("first_seen", models.DateTimeField(verbose_name="首次")),
                ("last_seen", models.DateTimeField(verbose_name="最近")),
                ("taken_at", models.DateTimeField(verbose_name="接收时间")),
                ("previous", models.CharField(blank=True, max_length=24)),
                (
                    "verdict_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("evidence", "证据充分"),
                            ("victim", "被害人报案"),
                            ("police", "公安通报"),
                            ("callback", "回访核实"),
                            ("business", "正当业务（快递、客服、中介等）"),
                            ("verified", "机主已核验"),
                            ("new_holder", "号码已换人"),
                            ("wrong_rule", "规则误判"),
                            ("more", "需补充信息"),
                            ("awaiting", "待外部反馈"),
                        ],
                        max_length=12,
                        verbose_name="研判依据",
                    ),
                ),
                ("body", models.JSONField()),
                (
                    "assigned_organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                        verbose_name="分派机构",
                    ),
                ),
                (
                    "assigned_user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="分派人员",
                    ),
                ),
                (
                    "moved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "预警",
                "verbose_name_plural": "预警",
                "indexes": [
                    models.Index(fields=["network", "state", "-score", "-last_seen"], name="alert_ranked"),
                    models.Index(fields=["network", "-last_seen"], name="alert_recent"),
                    models.Index(fields=["network", "kind", "value"], name="alert_subject"),
                    models.Index(fields=["network", "-taken_at"], name="alert_taken"),
                    models.Index(fields=["region", "state"], name="alert_region"),
                    models.Index(fields=["scheme", "-score"], name="alert_scheme"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="名称")),
                ("query", models.CharField(max_length=500)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="one_view_of_a_name")],
            },
        ),
    ]
