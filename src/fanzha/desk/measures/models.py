"""Decides what is kept of a measure: on whom, which rung, on what grounds, by whom, from when to when, and its end."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.models import Alert
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.choices import COMING, TONES, Kind, Label, State
from fanzha.desk.measures.ladder import Rung, rung
from fanzha.desk.measures.querysets import MeasureQuerySet
from fanzha.desk.measures.reasons import Reason, reasons
from fanzha.desk.measures.workflow import MEASURE
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow

_FILTERED = (
    "state", "region", "rung", "rule", "overdue", "label", "assigned_organisation", "assigned_user",
)  # fmt: skip


class Measure(Scoped, Staged):
    """One rung on one number or device. `rule` is "id@version" of what brought it about, "" if by hand."""

    workflow: ClassVar[Workflow] = MEASURE

    kind = models.CharField(_("对象"), max_length=8, choices=Kind.choices)
    value = models.CharField(_("号码或标识"), max_length=80)
    rung = models.CharField(_("措施"), max_length=20)
    alert = models.ForeignKey(Alert, models.PROTECT, null=True, blank=True, related_name="measures")
    rule = models.CharField(_("规则版本"), max_length=80, blank=True)
    score = models.FloatField(_("分值"), default=0)
    families = models.IntegerField(_("独立信号"), default=0)
    note = models.CharField(_("研判意见"), max_length=500, blank=True)
    document = models.CharField(_("文书编号"), max_length=80, blank=True)
    secret = models.BooleanField(_("侦查保密"), default=False)
    immediate = models.BooleanField(_("紧急危害"), default=False)
    plain = models.CharField(_("告知原因"), max_length=20)
    basis = models.CharField(_("法律依据"), max_length=200)
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("提出人"))
    proposed_at = models.DateTimeField(_("提出时间"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("审批人"))
    in_force_at = models.DateTimeField(_("生效时间"), null=True, db_index=True)
    days = models.IntegerField(_("期限（天）"))
    expires = models.DateTimeField(_("到期"), null=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    label = models.CharField(_("评价"), max_length=12, choices=Label.choices, blank=True)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("处置")
        indexes = [
            # The list in its order, and what is counted by when it took effect: each from its index alone. None begins
            # with the state: an engine without statistics would take that one, and sort.
            models.Index(fields=["network", "-proposed_at", "-id", *_FILTERED], name="measure_recent"),
            models.Index(fields=["network", "in_force_at", *_FILTERED], name="measure_effect"),
            models.Index(fields=["network", "kind", "value", "-proposed_at"], name="measure_subject"),
            models.Index(fields=["rule", "in_force_at"], name="measure_rule"),
            models.Index(fields=["state", "expires"], name="measure_ending"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["network", "kind", "value", "rung"], condition=Q(state__in=("proposed", "active")),
                name="one_measure_of_a_rung",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(expires__isnull=False, in_force_at__isnull=False),
                name="measure_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")), name="measure_four_eyes"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.step} {self.subject.masked}"

    @property
    def subject(self) -> Subject:
        """Whom it is on, for masking and links."""
        return Subject(self.kind, self.value, self.network, self.region)

    @property
    def step(self) -> Rung:
        """Its rung."""
        return rung(self.rung)

    @property
    def basis_words(self) -> str:
        """What it rested on when it was taken, in the reader's language where the ladder still says the same."""
        return self.step.basis_words if self.basis == self.step.basis else self.basis

    @property
    def state_label(self) -> str:
        """Its state's name; one whose notice is still running is not in force yet."""
        if self.state == State.ACTIVE and self.in_force_at and self.in_force_at > timezone.now():
            return str(COMING)
        return super().state_label

    @property
    def told(self) -> Reason:
        """The reason in plain words."""
        return reasons()[self.plain]

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def entry(self) -> str:
        """The id of its line in the policy."""
        return f"measure:{self.pk}"

    @property
    def label_words(self) -> str | Promise:
        """Its label."""
        return Label(self.label).label


class Suppression(models.Model):
    """A rule that was wrong about a number does not hit it again for a time, whatever its version."""

    network = models.CharField(max_length=40)
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=80)
    rule = models.CharField(max_length=80)  # its id, without the version
    until = models.DateTimeField()
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="suppressions")

    class Meta:
        indexes = [models.Index(fields=["network", "value", "rule"], name="suppression_subject")]
