"""Decides which states an appeal goes through."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where an appeal stands."""

    FILED = "filed", _("待受理")
    CHECKING = "checking", _("核查中")
    UPHELD = "upheld", _("成立（误停）")
    RESTORED = "restored", _("核验通过")
    REFUSED = "refused", _("不成立")


TONES = {
    State.FILED: "red",
    State.CHECKING: "yellow",
    State.UPHELD: "green",
    State.RESTORED: "green",
    State.REFUSED: "secondary",
}
OPEN = (State.FILED, State.CHECKING)
