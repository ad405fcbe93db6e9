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
            name="Request",
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
                        choices=[("shutdown", "关停"), ("assist", "协查")], max_length=8, verbose_name="请求"
                    ),
                ),
                (
                    "urgency",
                    models.CharField(choices=[("fast", "加急"), ("usual", "一般")], max_length=8, verbose_name="时限"),
                ),
                ("rung", models.CharField(blank=True, max_length=20, verbose_name="措施")),
                ("document", models.CharField(max_length=80, verbose_name="文书编号")),
                ("case", models.CharField(blank=True, max_length=80, verbose_name="案件编号")),
                ("issuer", models.CharField(max_length=80, verbose_name="发文机关")),
                (
                    "authority",
                    models.CharField(
                        choices=[
                            ("county", "县级公安机关"),
                            ("city", "设区的市级公安机关"),
                            ("province", "省级公安机关"),
                            ("ministry", "公安部"),
                            ("court", "人民法院（生效判决）"),
                        ],
                        max_length=10,
                        verbose_name="机关层级",
                    ),
                ),
                ("secret", models.BooleanField(default=False, verbose_name="侦查保密")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="文件名")),
                ("stored", models.CharField(blank=True, max_length=80)),
                ("checksum", models.CharField(blank=True, max_length=64)),
                ("rows", models.IntegerField(verbose_name="行数")),
                ("good", models.IntegerField(verbose_name="可执行")),
                ("faulty", models.IntegerField(verbose_name="有误")),
                ("made_at", models.DateTimeField(verbose_name="时间")),
                ("filed_at", models.DateTimeField(null=True, verbose_name="提交时间")),
                ("done_at", models.DateTimeField(null=True, verbose_name="执行完毕")),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="核对人",
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="批准人",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提交人",
                    ),
                ),
            ],
            options={
                "verbose_name": "协查请求",
                "verbose_name_plural": "协查请求",
            },
        ),
        migrations.CreateModel(
            name="Referral",
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
                ("home", models.CharField(max_length=2, verbose_name="归属省")),
                (
                    "channel",
                    models.CharField(
                        choices=[("province", "协调相关省通信管理局"), ("ministry", "报工业和信息化部转集团公司")],
                        max_length=10,
                        verbose_name="渠道",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="时间")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="转出时间")),
                ("receipt", models.CharField(blank=True, max_length=80, verbose_name="回执号")),
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
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="requests.request"
                    ),
                ),
            ],
            options={
                "verbose_name": "外省流转",
                "verbose_name_plural": "外省流转",
            },
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.IntegerField(verbose_name="行号")),
                ("value", models.CharField(max_length=40, verbose_name="号码")),
                ("region", models.CharField(max_length=6, verbose_name="区划代码")),
                ("home", models.CharField(blank=True, max_length=2, verbose_name="归属省")),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("waiting", "待执行"),
                            ("done", "已关停"),
                            ("standing", "此前已关停"),
                            ("looked_up", "已查询"),
                            ("referred", "外省号码，已流转"),
                            ("failed", "未能执行"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("told", models.CharField(blank=True, max_length=200, verbose_name="反馈")),
                ("at", models.DateTimeField(null=True, verbose_name="时间")),
                (
                    "measure",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="measures.measure"
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="requests.referral",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="requests.request"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="request",
            index=models.Index(fields=["network", "state", "-made_at"], name="request_list"),
        ),
        migrations.AddConstraint(
            model_name="request",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(
                        models.Q(("approved_by", models.F("accepted_by")), _negated=True),
                        models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="request_four_eyes",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["network", "state", "-made_at"], name="referral_list"),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.UniqueConstraint(fields=("request", "home"), name="one_referral_a_province"),
        ),
        migrations.AddIndex(
            model_name="line",
            index=models.Index(fields=["request", "result", "row"], name="line_of_request"),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.UniqueConstraint(fields=("request", "value"), name="one_line_of_a_number"),
        ),
    ]
