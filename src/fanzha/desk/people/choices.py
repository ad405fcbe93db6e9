"""Decides which states a proposed seat goes through."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SeatState(TextChoices):
    """Where a proposed seat stands."""

    PROPOSED = "proposed", _("待批准")
    GIVEN = "given", _("已任职")
    REJECTED = "rejected", _("未批准")
    WITHDRAWN = "withdrawn", _("已撤回")


SEAT_TONES = {
    SeatState.PROPOSED: "yellow",
    SeatState.GIVEN: "green",
    SeatState.REJECTED: "red",
    SeatState.WITHDRAWN: "secondary",
}
