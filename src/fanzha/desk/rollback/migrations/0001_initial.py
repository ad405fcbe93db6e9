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
            name="Rollback",
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
                ("rule", models.CharField(max_length=70, verbose_name="规则")),
                ("version", models.IntegerField(verbose_name="版本")),
                ("since", models.DateTimeField(verbose_name="自")),
                ("until", models.DateTimeField(verbose_name="至")),
                ("why", models.CharField(max_length=500, verbose_name="原因")),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                ("found", models.IntegerField(verbose_name="涉及处置")),
                ("undone", models.IntegerField(default=0, verbose_name="已回滚")),
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
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提出人",
                    ),
                ),
            ],
            options={
                "verbose_name": "回滚",
                "verbose_name_plural": "回滚",
                "ordering": ("-proposed_at",),
            },
        ),
    ]
