"""The first tables of this room."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(default=0)),
                ("seal", models.CharField(blank=True, max_length=64)),
                ("mac", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="序号")),
                ("at", models.DateTimeField(db_index=True, verbose_name="时间")),
                ("actor_name", models.CharField(max_length=200)),
                ("action", models.CharField(db_index=True, max_length=60, verbose_name="动作")),
                ("kind", models.CharField(max_length=40, verbose_name="对象类型")),
                ("subject", models.CharField(max_length=64, verbose_name="对象")),
                ("network", models.CharField(blank=True, max_length=40, verbose_name="网络")),
                ("region", models.CharField(blank=True, max_length=6, verbose_name="区划代码")),
                ("reason", models.TextField(blank=True, verbose_name="理由")),
                ("data", models.JSONField(default=dict, verbose_name="内容")),
                ("batch", models.CharField(blank=True, max_length=32, verbose_name="批次")),
                ("seal", models.CharField(max_length=64)),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="操作人",
                    ),
                ),
            ],
            options={
                "verbose_name": "审计记录",
                "verbose_name_plural": "审计记录",
                "ordering": ("-number",),
                "indexes": [models.Index(fields=["kind", "subject", "number"], name="audit_subject")],
            },
        ),
    ]
