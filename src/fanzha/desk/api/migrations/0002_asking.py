"""Keys are asked for, approved and drawn: those that exist are in force, or were revoked."""

import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def stand(apps, _schema_editor):
    """What a key of before is now."""
    key = apps.get_model("api", "Key")
    key.objects.update(moved_at=F("made_at"))
    key.objects.filter(revoked_at__isnull=False).update(state="revoked", moved_at=F("revoked_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0001_initial"),
        ("organisations", "0002_user_password_due_user_reset_by"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "key", "state", models.CharField(default="active", max_length=20, verbose_name="状态"), False
        ),
        migrations.AddField(
            "key",
            "moved_at",
            models.DateTimeField(default=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), verbose_name="状态时间"),
            False,
        ),
        migrations.AddField(
            "key",
            "moved_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "key", "due_at", models.DateTimeField(blank=True, db_index=True, null=True, verbose_name="时限")
        ),
        migrations.AddField("key", "overdue", models.BooleanField(default=False, verbose_name="超时")),
        migrations.AddField(
            "key", "why", models.CharField(blank=True, default="", max_length=300, verbose_name="用途"), False
        ),
        migrations.AddField(
            "key",
            "approved_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="批准人",
            ),
        ),
        migrations.AddField(
            "key",
            "organisation",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.organisation",
                verbose_name="机构",
            ),
        ),
        migrations.AlterField("key", "digest", models.CharField(max_length=64, null=True, unique=True)),
        migrations.AlterField("key", "hint", models.CharField(blank=True, max_length=8)),
        migrations.AlterField("key", "made_at", models.DateTimeField(verbose_name="申请时间")),
        migrations.AddConstraint(
            "key",
            models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True), models.Q(("approved_by", F("owner")), _negated=True), _connector="OR"
                ),
                name="key_four_eyes",
            ),
        ),
        migrations.RunPython(stand, migrations.RunPython.noop),
    ]
