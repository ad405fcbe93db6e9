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
            name="Complaint",
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
                ("value", models.CharField(max_length=40, verbose_name="被举报号码")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("fraud", "涉嫌诈骗"),
                            ("posing", "冒充公检法或客服"),
                            ("harassing", "骚扰或响一声"),
                            ("false_cli", "改号来电"),
                            ("other", "其他"),
                        ],
                        max_length=10,
                        verbose_name="类型",
                    ),
                ),
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
                ("reference", models.CharField(blank=True, max_length=60, verbose_name="来源编号")),
                ("complainant", models.CharField(max_length=32)),
                ("shown", models.CharField(max_length=40, verbose_name="举报人（脱敏）")),
                ("told", models.CharField(blank=True, max_length=500, verbose_name="内容")),
                ("times", models.IntegerField(default=1, verbose_name="次数")),
                ("made_at", models.DateTimeField(verbose_name="首次")),
                ("last_at", models.DateTimeField(verbose_name="最近")),
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
                        verbose_name="登记人",
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
                "verbose_name": "投诉举报",
                "verbose_name_plural": "投诉举报",
                "indexes": [
                    models.Index(fields=["network", "state", "-last_at"], name="complaint_list"),
                    models.Index(fields=["network", "value", "complainant"], name="complaint_same"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=("network", "way", "reference"),
                        name="one_complaint_a_reference",
                    )
                ],
            },
        ),
    ]
