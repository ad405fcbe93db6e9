"""Clocks of notices and letters that were there before: what was told or is secret has none, an unserved letter has."""

from django.db import migrations
from django.db.models import F


def _set(apps, _schema):
    from fanzha.desk.workflow.clock import due

    notice, item = apps.get_model("notices", "Notice"), apps.get_model("lists", "Item")
    notice.objects.update(moved_at=F("made_at"))
    notice.objects.filter(state__in=("sent", "held")).update(due_at=None)
    for row in item.objects.filter(list="restricted", state="active", letter=None).iterator():
        item.objects.filter(pk=row.pk).update(due_at=due("restricted_letter", row.moved_at))


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_staged"), ("lists", "0002_ordered_indexes")]
    operations = [migrations.RunPython(_set, migrations.RunPython.noop)]
