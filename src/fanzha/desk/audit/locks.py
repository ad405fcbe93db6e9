"""Decides that the database itself refuses to change or delete an audit entry, on both engines."""

from __future__ import annotations

from typing import Any

_SQLITE = [
    "create trigger audit_entry_no_{verb} before {verb} on audit_entry "
    "begin select raise(abort, 'the audit trail is append-only'); end"
]
_POSTGRES = [
    "create or replace function audit_refuse() returns trigger language plpgsql as "
    "$$ begin raise exception 'the audit trail is append-only'; end $$",
    "create trigger audit_entry_fixed before update or delete on audit_entry "
    "for each row execute function audit_refuse()",
    "create trigger audit_entry_kept before truncate on audit_entry execute function audit_refuse()",
]


def lock(_apps: Any, editor: Any) -> None:
    """For a migration: put the triggers on."""
    if editor.connection.vendor == "postgresql":
        for statement in _POSTGRES:
            editor.execute(statement)
        return
    for verb in ("update", "delete"):
        editor.execute(_SQLITE[0].format(verb=verb))


def unlock(_apps: Any, editor: Any) -> None:
    """For a migration: take them off again."""
    if editor.connection.vendor == "postgresql":
        editor.execute("drop trigger if exists audit_entry_fixed on audit_entry")
        editor.execute("drop trigger if exists audit_entry_kept on audit_entry")
        return
    for verb in ("update", "delete"):
        editor.execute(f"drop trigger if exists audit_entry_no_{verb}")
