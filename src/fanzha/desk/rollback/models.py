"""Decides what is kept of a rollback: which rule and version, between which moments, why, and what it undid."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.rollback.choices import TONES, State
from fanzha.desk.rollback.workflow import ROLLBACK
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Rollback(Scoped, Staged):
    """One act of undoing. `found` is how many measures it met when proposed, `undone` how many it ended."""

    workflow: ClassVar[Workflow] = ROLLBACK

    rule = models.CharField(_("规则"), max_length=70)
    version = models.IntegerField(_("版本"))
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"))
    why = models.CharField(_("原因"), max_length=500)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    proposed_at = models.DateTimeField(_("提出时间"))
    found = models.IntegerField(_("涉及处置"))
    undone = models.IntegerField(_("已回滚"), default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("回滚")
        ordering = ("-proposed_at",)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def done(self) -> bool:
        """Whether it was carried out."""
        return self.state == State.DONE
