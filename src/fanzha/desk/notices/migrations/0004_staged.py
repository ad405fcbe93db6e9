"""Notices move by a table, with a deadline that goes up when it is missed."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0003_letters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="moved_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="状态时间"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="notice",
            name="moved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="overdue",
            field=models.BooleanField(default=False, verbose_name="超时"),
        ),
        migrations.AlterField(
            model_name="notice",
            name="due_at",
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="时限"),
        ),
        migrations.AlterField(
            model_name="notice",
            name="state",
            field=models.CharField(max_length=20, verbose_name="状态"),
        ),
    ]
