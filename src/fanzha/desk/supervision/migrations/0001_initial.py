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
            name="Escalation",
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
                ("kind", models.CharField(max_length=20)),
                ("row", models.CharField(max_length=24)),
                ("due_at", models.DateTimeField(verbose_name="时限")),
                ("step", models.IntegerField(default=1, verbose_name="督办层级")),
                ("opened_at", models.DateTimeField(verbose_name="上报时间")),
                ("raised_at", models.DateTimeField(verbose_name="升级时间")),
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
            ],
            options={
                "verbose_name": "督办",
                "verbose_name_plural": "督办",
                "indexes": [models.Index(fields=["closed_at", "due_at"], name="escalation_open")],
                "constraints": [models.UniqueConstraint(fields=("kind", "row", "due_at"), name="one_escalation")],
            },
        ),
    ]
