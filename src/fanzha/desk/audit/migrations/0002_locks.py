"""The database itself refuses to change an audit entry."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from fanzha.desk.audit.locks import lock, unlock


class Migration(migrations.Migration):
    """See audit/locks.py."""

    dependencies: ClassVar = [("audit", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(lock, unlock)]
