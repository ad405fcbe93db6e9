"""Decides which states a rollback goes through."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a rollback stands."""

    PROPOSED = "proposed", _("待审批")
    DONE = "done", _("已回滚")
    REJECTED = "rejected", _("未批准")


TONES = {State.PROPOSED: "yellow", State.DONE: "azure", State.REJECTED: "secondary"}
