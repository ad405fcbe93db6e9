"""Decides what is kept of a tracing report: what was found when it was prepared, frozen, and who signed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.tracing.choices import TONES, State
from fanzha.desk.tracing.workflow import TRACING
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Report(Scoped, Staged):
    """One report. `content` is `finding.Finding` as JSON; numbers in it are full, and masked where they are shown."""

    workflow: ClassVar[Workflow] = TRACING

    serial = models.CharField(_("编号"), max_length=30, unique=True, null=True)
    value = models.CharField(_("号码"), max_length=80)
    office = models.CharField(_("单位"), max_length=120)
    case = models.CharField(_("案件编号"), max_length=80, blank=True)
    content = models.JSONField()
    prepared_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("编制人"))
    prepared_at = models.DateTimeField(_("编制时间"))
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("审核人"))
    reviewed_at = models.DateTimeField(_("审核时间"), null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("溯源报告")
        ordering = ("-prepared_at", "-pk")
        indexes = [models.Index(fields=["network", "-prepared_at"], name="report_list")]

    def __str__(self) -> str:
        return f"{self.serial} {self.subject.masked}"

    @property
    def subject(self) -> Subject:
        """Whom it traces."""
        return Subject("number", self.value, self.network, self.region)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]
