"""Decides what a row that moves through a workflow carries: its state, since when, by whom, and until when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import User
from fanzha.desk.workflow.table import Workflow


class Staged(models.Model):
    """A row with a workflow. Only `workflow.actions.move` changes `state`."""

    workflow: ClassVar[Workflow]

    state = models.CharField(_("状态"), max_length=20)
    moved_at = models.DateTimeField(_("状态时间"))
    moved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(_("时限"), null=True, blank=True, db_index=True)
    overdue = models.BooleanField(_("超时"), default=False)

    class Meta:
        abstract = True

    @property
    def state_label(self) -> str:
        """The state's name in the reader's language."""
        return str(self.workflow.states(self.state).label)
