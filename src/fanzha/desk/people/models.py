"""Decides what is kept of a seat that was proposed: for whom, where, in which role, why, and who said yes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import REGION, Organisation, User
from fanzha.desk.people.choices import SEAT_TONES, SeatState
from fanzha.desk.people.workflow import SEAT
from fanzha.desk.rights.roles import roles
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Seat(Staged):
    """A role at an organisation that somebody is to have. It becomes a `Membership` when a second person approves."""

    workflow: ClassVar[Workflow] = SEAT
    network: ClassVar[str] = ""  # people belong to no network

    user = models.ForeignKey(User, models.PROTECT, related_name="proposed_seats", verbose_name=_("用户"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("机构"))
    role = models.CharField(_("角色"), max_length=30)
    place = models.CharField(_("区划代码"), max_length=6, blank=True, validators=[REGION])
    why = models.CharField(_("理由"), max_length=300)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("批准人"))

    class Meta:
        verbose_name = verbose_name_plural = _("任职申请")
        indexes = [models.Index(fields=["state", "-proposed_at"], name="seat_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], condition=Q(state="proposed"), name="one_proposed_seat"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")), name="seat_four_eyes"
            ),
        ]

    @property
    def office_path(self) -> str:
        """Who may decide: the managers of this organisation and of those above it (`rights.seats`)."""
        return self.organisation.path

    @property
    def region(self) -> str:
        """For the audit trail."""
        return self.place or self.organisation.region

    @property
    def role_words(self) -> str:
        """The role's name in the reader's language."""
        return str(roles().get(self.role, self.role))

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return SEAT_TONES[SeatState(self.state)]
