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
            name="Import",
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
                (
                    "list",
                    models.CharField(
                        choices=[
                            ("allow", "放行名单"),
                            ("block", "拦截名单"),
                            ("restricted", "惩戒人员"),
                            ("special", "特殊用户"),
                        ],
                        max_length=12,
                        verbose_name="名单",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="文件名")),
                ("stored", models.CharField(max_length=80)),
                ("rows", models.IntegerField(verbose_name="行数")),
                ("good", models.IntegerField(verbose_name="可导入")),
                ("faulty", models.IntegerField(verbose_name="有误")),
                ("made_at", models.DateTimeField(verbose_name="时间")),
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
                "verbose_name": "名单导入",
                "verbose_name_plural": "名单导入",
                "ordering": ("-made_at",),
            },
        ),
        migrations.CreateModel(
            name="Item",
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
                (
                    "list",
                    models.CharField(
                        choices=[
                            ("allow", "放行名单"),
                            ("block", "拦截名单"),
                            ("restricted", "惩戒人员"),
                            ("special", "特殊用户"),
                        ],
                        max_length=12,
                        verbose_name="名单",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("number", "号码"), ("prefix", "号段"), ("device", "终端"), ("person", "证件")],
                        max_length=8,
                        verbose_name="对象",
                    ),
                ),
                ("value", models.CharField(max_length=80, verbose_name="号码或标识")),
                ("person", models.CharField(blank=True, max_length=60, verbose_name="姓名（脱敏）")),
                ("paper", models.CharField(blank=True, max_length=40, verbose_name="证件（脱敏）")),
                ("reason", models.CharField(max_length=20, verbose_name="原因")),
                ("why", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                ("document", models.CharField(blank=True, max_length=80, verbose_name="文书编号")),
                (
                    "authority",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("county", "县级公安机关"),
                            ("city", "设区的市级公安机关"),
                            ("province", "省级公安机关"),
                            ("ministry", "公安部"),
                            ("court", "人民法院（生效判决）"),
                        ],
                        max_length=10,
                        verbose_name="认定机关层级",
                    ),
                ),
                ("kept", models.CharField(blank=True, max_length=80, verbose_name="保留号码")),
                ("trunk", models.CharField(blank=True, max_length=60, verbose_name="中继")),
                (
                    "exemption",
                    models.CharField(
                        blank=True,
                        choices=[("clir", "隐藏主叫"), ("empty", "空号主叫"), ("any", "两者")],
                        max_length=6,
                        verbose_name="豁免",
                    ),
                ),
                ("starts", models.DateTimeField(verbose_name="自")),
                ("expires", models.DateTimeField(verbose_name="至")),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                ("reminded_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="审批人",
                    ),
                ),
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
                    "brought",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="items", to="lists.import"
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提出人",
                    ),
                ),
            ],
            options={
                "verbose_name": "名单",
                "verbose_name_plural": "名单",
                "indexes": [
                    models.Index(fields=["network", "list", "state", "-proposed_at"], name="item_list"),
                    models.Index(fields=["list", "value"], name="item_value"),
                    models.Index(fields=["state", "expires"], name="item_ending"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("proposed", "active", "contested"))),
                        fields=("network", "list", "kind", "value", "trunk"),
                        name="one_item_of_a_value",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires__gt", models.F("starts"))), name="item_has_an_end"
                    ),
                ],
            },
        ),
    ]
