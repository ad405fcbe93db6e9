"""Decides which rows have missed their deadline, once each, and says so in the audit trail."""

from __future__ import annotations

from datetime import datetime

from django.apps import apps
from django.db import transaction

from fanzha.desk.audit.actions import record
from fanzha.desk.workflow.actions import act_of
from fanzha.desk.workflow.models import Staged

_BATCH = 500


def mark_overdue(now: datetime) -> int:
    """Mark and record every row of every workflow whose deadline passed before `now`; how many."""
    models = [model for model in apps.get_models() if issubclass(model, Staged)]
    return sum(_mark(model, now) for model in models)


def _mark(model: type[Staged], now: datetime) -> int:
    with transaction.atomic():
        late = model._default_manager.filter(due_at__lt=now, overdue=False).select_for_update(
            of=("self",), no_key=True, skip_locked=True
        )
        rows = list(late.order_by("due_at")[:_BATCH])
        model._default_manager.filter(pk__in=[row.pk for row in rows]).update(overdue=True)
        acts = [
            act_of(row, f"{row.workflow.name}.overdue", "", {"state": row.state, "due": str(row.due_at)})
            for row in rows
        ]
        record(None, acts, at=now)
    return len(rows)
