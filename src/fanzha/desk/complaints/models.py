"""Decides what is kept of a complaint: on which number, of what, and of who complained only a digest and a mask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from fanzha.desk.complaints.choices import TONES, Kind, State, Way
from fanzha.desk.complaints.terms import terms
from fanzha.desk.complaints.workflow import COMPLAINT
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class ComplaintQuerySet(ScopedQuerySet):
    """Complaints."""

    def weighing(self, now: datetime) -> Self:
        """Those that count: not found untrue, not too old."""
        return self.exclude(state=State.DISMISSED).filter(last_at__gt=now - timedelta(days=terms().window_days))

    def heavy(self) -> Self:
        """(network, value, region, people) of the numbers that enough different people complain of."""
        found = self.order_by().values("network", "value", "region")
        heavy: Self = found.annotate(people=Count("complainant", distinct=True)).filter(
            people__gte=terms().complainants
        )
        return heavy


class Complaint(Scoped, Staged):
    """What one person says of one number; saying it again raises `times`. `reference`: the sender's own, once each."""

    workflow: ClassVar[Workflow] = COMPLAINT

    value = models.CharField(_("被举报号码"), max_length=40)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    way = models.CharField(_("来源"), max_length=10, choices=Way.choices)
    reference = models.CharField(_("来源编号"), max_length=60, blank=True)
    complainant = models.CharField(max_length=32)
    shown = models.CharField(_("举报人（脱敏）"), max_length=40)
    told = models.CharField(_("内容"), max_length=500, blank=True)
    times = models.IntegerField(_("次数"), default=1)
    made_at = models.DateTimeField(_("首次"))
    last_at = models.DateTimeField(_("最近"))
    filed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人"))

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("投诉举报")
        indexes = [
            models.Index(fields=["network", "state", "-last_at"], name="complaint_list"),
            models.Index(fields=["network", "value", "complainant"], name="complaint_same"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["network", "way", "reference"], condition=~Q(reference=""), name="one_complaint_a_reference"
            )
        ]

    @property
    def subject(self) -> Subject:
        """Whom it is about, for masking and links."""
        return Subject("number", self.value, self.network, self.region)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]


class Repeat(models.Model):
    """The sender's reference of a complaint that was counted on an earlier one: sent again, it counts no more."""

    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="repeats")
    network = models.CharField(_("网络"), max_length=40)
    way = models.CharField(_("来源"), max_length=10, choices=Way.choices)
    reference = models.CharField(_("来源编号"), max_length=60)
    at = models.DateTimeField(_("时间"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "way", "reference"], name="one_repeat_a_reference")]
