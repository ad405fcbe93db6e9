"""Decides which states a tracing report goes through, and by what a number may be joined to another."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a report stands."""

    PREPARED = "prepared", _("待审核")
    REVIEWED = "reviewed", _("已审核")
    RETURNED = "returned", _("已退回")


TONES = {State.PREPARED: "yellow", State.REVIEWED: "green", State.RETURNED: "secondary"}


class Link(TextChoices):
    """What joins another number to the one that was traced."""

    DOCUMENT = "document", _("同一证件")
    DEVICE = "device", _("同一终端")
    CONTACT = "contact", _("通话联系")
