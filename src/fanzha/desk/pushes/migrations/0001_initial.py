"""The first tables of this room."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("alerts", "0003_subject_by_time"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Push",
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
                ("day", models.DateField(verbose_name="日期")),
                ("number", models.IntegerField(verbose_name="号码数")),
                ("made_at", models.DateTimeField(verbose_name="推送时间")),
                ("signed_at", models.DateTimeField(null=True, verbose_name="签收时间")),
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
                "verbose_name": "推送公安",
                "verbose_name_plural": "推送公安",
            },
        ),
        migrations.CreateModel(
            name="Ranked",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.IntegerField(verbose_name="名次")),
                ("score", models.FloatField(verbose_name="分值")),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("", "未反馈"), ("true", "涉诈属实"), ("false", "不涉诈"), ("unsure", "待查")],
                        max_length=8,
                        verbose_name="反馈",
                    ),
                ),
                ("told", models.CharField(blank=True, max_length=200, verbose_name="说明")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="反馈时间")),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pushed", to="alerts.alert"
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="反馈人",
                    ),
                ),
                (
                    "push",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ranked", to="pushes.push"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="push",
            constraint=models.UniqueConstraint(fields=("network", "day"), name="one_push_a_day"),
        ),
        migrations.AddIndex(
            model_name="ranked",
            index=models.Index(fields=["push", "rank"], name="ranked_order"),
        ),
        migrations.AddConstraint(
            model_name="ranked",
            constraint=models.UniqueConstraint(fields=("alert",), name="an_alert_is_pushed_once"),
        ),
    ]
