"""Decides where a notice stands."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """A notice that failed too often waits for people; one held back is a secret of an investigation."""

    PENDING = "pending", _("待发送")
    SENT = "sent", _("已发送")
    FAILED = "failed", _("发送失败")
    HELD = "held", _("侦查保密暂缓")


TONES = {State.PENDING: "yellow", State.SENT: "green", State.FAILED: "red", State.HELD: "secondary"}
