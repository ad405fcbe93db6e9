"""The first tables of this room."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("measures", "0001_initial"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
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
                ("kind", models.CharField(max_length=12, verbose_name="类型")),
                ("value", models.CharField(max_length=80, verbose_name="号码")),
                ("language", models.CharField(default="zh-hans", max_length=8)),
                ("text", models.TextField(verbose_name="内容")),
                ("reason", models.CharField(max_length=200, verbose_name="原因")),
                ("remedy", models.CharField(max_length=300, verbose_name="救济渠道")),
                ("documents", models.CharField(max_length=300, verbose_name="所需材料")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "待发送"),
                            ("sent", "已发送"),
                            ("failed", "发送失败"),
                            ("held", "侦查保密暂缓"),
                        ],
                        default="pending",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="生成时间")),
                ("due_at", models.DateTimeField(verbose_name="应告知时间")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="发送时间")),
                ("attempts", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField()),
                ("receipt", models.CharField(blank=True, max_length=120, verbose_name="回执")),
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
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="measures.measure"
                    ),
                ),
            ],
            options={
                "verbose_name": "告知",
                "verbose_name_plural": "告知",
                "indexes": [models.Index(fields=["state", "next_at"], name="notice_waiting")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason", ""), ("remedy", ""), ("documents", ""), _connector="OR", _negated=True
                        ),
                        name="notice_tells_all_three",
                    )
                ],
            },
        ),
    ]
