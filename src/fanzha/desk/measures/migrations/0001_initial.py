"""The first tables of this room."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("alerts", "0001_initial"),
        ("organisations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Measure",
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
                    "kind",
                    models.CharField(
                        choices=[("number", "号码"), ("device", "终端")], max_length=8, verbose_name="对象"
                    ),
                ),
                ("value", models.CharField(max_length=80, verbose_name="号码或标识")),
                ("rung", models.CharField(max_length=20, verbose_name="措施")),
                ("rule", models.CharField(blank=True, max_length=80, verbose_name="规则版本")),
                ("score", models.FloatField(default=0, verbose_name="分值")),
                ("families", models.IntegerField(default=0, verbose_name="独立信号")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="研判意见")),
                ("document", models.CharField(blank=True, max_length=80, verbose_name="文书编号")),
                ("secret", models.BooleanField(default=False, verbose_name="侦查保密")),
                ("immediate", models.BooleanField(default=False, verbose_name="紧急危害")),
                ("plain", models.CharField(max_length=20, verbose_name="告知原因")),
                ("basis", models.CharField(max_length=200, verbose_name="法律依据")),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                ("in_force_at", models.DateTimeField(db_index=True, null=True, verbose_name="生效时间")),
                ("days", models.IntegerField(verbose_name="期限（天）")),
                ("expires", models.DateTimeField(null=True, verbose_name="到期")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="结束时间")),
                (
                    "label",
                    models.CharField(
                        blank=True,
                        choices=[("", "未评价"), ("right", "正确"), ("wrong", "误停"), ("wrong_rule", "规则有误")],
                        max_length=12,
                        verbose_name="评价",
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measures",
                        to="alerts.alert",
                    ),
                ),
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
                "verbose_name": "处置",
                "verbose_name_plural": "处置",
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=8)),
                ("value", models.CharField(max_length=80)),
                ("rule", models.CharField(max_length=80)),
                ("until", models.DateTimeField()),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="suppressions", to="measures.measure"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(fields=["network", "state", "-proposed_at"], name="measure_list"),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(fields=["network", "kind", "value"], name="measure_subject"),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(fields=["rule", "in_force_at"], name="measure_rule"),
        ),
        migrations.AddIndex(
            model_name="measure",
            index=models.Index(fields=["state", "expires"], name="measure_ending"),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("proposed", "active"))),
                fields=("network", "kind", "value", "rung"),
                name="one_measure_of_a_rung",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True),
                    models.Q(("expires__isnull", False), ("in_force_at__isnull", False)),
                    _connector="OR",
                ),
                name="measure_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="measure_four_eyes",
            ),
        ),
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(fields=["network", "value", "rule"], name="suppression_subject"),
        ),
    ]
