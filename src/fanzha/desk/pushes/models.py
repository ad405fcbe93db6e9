"""Decides what is kept of a morning list and of each of its numbers: rank, score at that time, the police's answer."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.models import Alert
from fanzha.desk.organisations.models import User
from fanzha.desk.pushes.choices import TONES, Answer, State
from fanzha.desk.pushes.workflow import PUSH
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Push(Scoped, Staged):
    """One network's list of one day."""

    workflow: ClassVar[Workflow] = PUSH

    day = models.DateField(_("日期"))
    number = models.IntegerField(_("号码数"))
    made_at = models.DateTimeField(_("推送时间"))
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("签收人"))
    signed_at = models.DateTimeField(_("签收时间"), null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("推送公安")
        constraints = [models.UniqueConstraint(fields=["network", "day"], name="one_push_a_day")]

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def receipt(self) -> str:
        """The number it is signed for under."""
        return receipt_of(self.day, self.pk)


def receipt_of(day: date, pk: int) -> str:
    """The number that a push is signed for under."""
    return f"TS-{day:%Y%m%d}-{pk:06d}"


class Ranked(models.Model):
    """One number of a list."""

    push = models.ForeignKey(Push, models.PROTECT, related_name="ranked")
    rank = models.IntegerField(_("名次"))
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="pushed")
    score = models.FloatField(_("分值"))
    answer = models.CharField(_("反馈"), max_length=8, choices=Answer.choices, blank=True)
    told = models.CharField(_("说明"), max_length=200, blank=True)
    answered_at = models.DateTimeField(_("反馈时间"), null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("反馈人"))

    class Meta:
        indexes = [models.Index(fields=["push", "rank"], name="ranked_order")]
        constraints = [models.UniqueConstraint(fields=["alert"], name="an_alert_is_pushed_once")]
