"""The first table of this room."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("organisations", "0002_user_password_due_user_reset_by"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Seat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=20, verbose_name="状态")),
                ("moved_at", models.DateTimeField(verbose_name="状态时间")),
                ("due_at", models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="时限")),
                ("overdue", models.BooleanField(default=False, verbose_name="超时")),
                ("role", models.CharField(max_length=30, verbose_name="角色")),
                (
                    "place",
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
                ("why", models.CharField(max_length=300, verbose_name="理由")),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="批准人",
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
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                        verbose_name="机构",
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
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposed_seats",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="用户",
                    ),
                ),
            ],
            options={
                "verbose_name": "任职申请",
                "verbose_name_plural": "任职申请",
                "indexes": [models.Index(fields=["state", "-proposed_at"], name="seat_list")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("user", "organisation", "role"),
                        name="one_proposed_seat",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="seat_four_eyes",
                    ),
                ],
            },
        ),
    ]
