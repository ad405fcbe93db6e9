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
                ("source", models.CharField(max_length=40, unique=True)),
                ("position", models.BigIntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
                ("aside", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Callback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                ("ticket", models.CharField(max_length=80, unique=True, verbose_name="工单号")),
                ("release", models.CharField(max_length=80, verbose_name="阻断编号")),
                ("value", models.CharField(max_length=80, verbose_name="号码")),
                ("level", models.CharField(max_length=10, verbose_name="级别")),
                ("zh", models.CharField(max_length=300)),
                ("en", models.CharField(max_length=300)),
                ("made_at", models.DateTimeField(verbose_name="阻断时间")),
                ("deadline", models.DateTimeField(verbose_name="首次联系时限")),
                ("taken_at", models.DateTimeField(verbose_name="收到时间")),
                ("signed_at", models.DateTimeField(null=True, verbose_name="签收时间")),
                ("reached_at", models.DateTimeField(null=True, verbose_name="联系本人时间")),
                ("raised", models.IntegerField(default=0, verbose_name="升级")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "—"),
                            ("dissuaded", "已劝阻"),
                            ("unharmed", "未受骗"),
                            ("defrauded", "已受骗"),
                            ("unpersuaded", "未劝阻"),
                            ("unanswered", "未接电话"),
                            ("not_met", "未遇到"),
                        ],
                        max_length=12,
                        verbose_name="结果",
                    ),
                ),
                (
                    "paid",
                    models.CharField(
                        blank=True,
                        choices=[("", "—"), ("no", "未转账"), ("yes", "已转账")],
                        max_length=4,
                        verbose_name="是否已转账",
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True, verbose_name="办结时间")),
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
                (
                    "signed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="签收人",
                    ),
                ),
            ],
            options={
                "verbose_name": "回访劝阻",
                "verbose_name_plural": "回访劝阻",
            },
        ),
        migrations.CreateModel(
            name="Try",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "contact",
                    models.CharField(
                        choices=[
                            ("willing", "打通：本人，配合"),
                            ("unwilling", "打通：本人，不配合"),
                            ("other", "打通：非本人"),
                            ("off", "未打通：关机或停机"),
                            ("declined", "未打通：拒接"),
                            ("empty", "未打通：空号"),
                            ("silent", "未打通：无人接"),
                            ("none", "无联系电话"),
                        ],
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("told", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                ("at", models.DateTimeField(verbose_name="时间")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="回访人",
                    ),
                ),
                (
                    "callback",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tries", to="callbacks.callback"
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(fields=["network", "state", "due_at"], name="callback_queue"),
        ),
    ]
