"""Decides what is kept of a missed deadline: of which row, how far up it has gone, and when the row moved at last."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.supervision.terms import Step, terms


class Escalation(Scoped):
    """One missed deadline of one row. `step`: how far up, 1 the first; `closed_at`: the row moved on."""

    kind = models.CharField(max_length=20)
    row = models.CharField(max_length=24)
    due_at = models.DateTimeField(_("时限"))
    step = models.IntegerField(_("督办层级"), default=1)
    opened_at = models.DateTimeField(_("上报时间"))
    raised_at = models.DateTimeField(_("升级时间"))
    closed_at = models.DateTimeField(_("办结时间"), null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("督办")
        indexes = [models.Index(fields=["closed_at", "due_at"], name="escalation_open")]
        constraints = [models.UniqueConstraint(fields=["kind", "row", "due_at"], name="one_escalation")]

    @property
    def words(self) -> Step:
        """The name of its step."""
        return terms().steps[self.step - 1]
