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
            name="Appeal",
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
                ("statement", models.TextField(max_length=2000, verbose_name="申诉说明")),
                ("contact", models.CharField(blank=True, max_length=80, verbose_name="联系方式")),
                ("urgent", models.BooleanField(default=False, verbose_name="紧急（境外、出行、就医）")),
                ("filed_at", models.DateTimeField(verbose_name="提交时间")),
                ("acknowledged_at", models.DateTimeField(null=True, verbose_name="受理时间")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="答复时间")),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="答复")),
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
                    "filed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appeals", to="measures.measure"
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
                "verbose_name": "申诉",
                "verbose_name_plural": "申诉",
            },
        ),
        migrations.CreateModel(
            name="Proof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="文件名")),
                ("kind", models.CharField(max_length=8)),
                ("size", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("stored", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                (
                    "appeal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proofs", to="appeals.appeal"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(fields=["network", "state", "due_at"], name="appeal_queue"),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("filed", "checking"))), fields=("measure",), name="one_open_appeal"
            ),
        ),
    ]
