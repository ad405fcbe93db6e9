"""Decides what is kept of an appeal: against which measure, what was said and shown, and what came of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fanzha.desk.appeals.choices import OPEN, TONES, State
from fanzha.desk.appeals.workflow import APPEAL
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Appeal(Scoped, Staged):
    """One objection to one measure. `answer` is what the subscriber is told."""

    workflow: ClassVar[Workflow] = APPEAL

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="appeals")
    statement = models.TextField(_("申诉说明"), max_length=2000)
    contact = models.CharField(_("联系方式"), max_length=80, blank=True)
    urgent = models.BooleanField(_("紧急（境外、出行、就医）"), default=False)
    filed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField(_("提交时间"))
    acknowledged_at = models.DateTimeField(_("受理时间"), null=True)
    decided_at = models.DateTimeField(_("答复时间"), null=True)
    answer = models.CharField(_("答复"), max_length=500, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("申诉")
        indexes = [models.Index(fields=["network", "state", "due_at"], name="appeal_queue")]
        constraints = [
            models.UniqueConstraint(fields=["measure"], condition=Q(state__in=OPEN), name="one_open_appeal"),
        ]

    def __str__(self) -> str:
        return f"{State(self.state).label} {self.subject.masked}"

    @property
    def subject(self) -> Subject:
        """Whose number."""
        return self.measure.subject

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.state in OPEN


class Proof(models.Model):
    """A file that came with an appeal, kept under FANZHA_HOME/proofs by a name of ours."""

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="proofs")
    name = models.CharField(_("文件名"), max_length=120)
    kind = models.CharField(max_length=8)
    size = models.IntegerField()
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=80)
    at = models.DateTimeField()
