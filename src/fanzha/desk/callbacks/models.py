"""Decides what is kept of a call-back: whom to call and by when, every try, and what came of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fanzha.desk.callbacks.choices import TONES, WAITING, Contact, Outcome, Paid, State
from fanzha.desk.callbacks.workflow import CALLBACK
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Callback(Scoped, Staged):
    """One victim to call. `ticket`: the live-call process's id of it; `raised`: how many offices up it has gone."""

    workflow: ClassVar[Workflow] = CALLBACK

    ticket = models.CharField(_("工单号"), max_length=80, unique=True)
    release = models.CharField(_("阻断编号"), max_length=80)
    value = models.CharField(_("号码"), max_length=80)
    level = models.CharField(_("级别"), max_length=10)
    zh = models.CharField(max_length=300)
    en = models.CharField(max_length=300)
    made_at = models.DateTimeField(_("阻断时间"))
    deadline = models.DateTimeField(_("首次联系时限"))
    taken_at = models.DateTimeField(_("收到时间"))
    signed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("签收人"))
    signed_at = models.DateTimeField(_("签收时间"), null=True)
    reached_at = models.DateTimeField(_("联系本人时间"), null=True)
    raised = models.IntegerField(_("升级"), default=0)
    outcome = models.CharField(_("结果"), max_length=12, choices=Outcome.choices, blank=True)
    paid = models.CharField(_("是否已转账"), max_length=4, choices=Paid.choices, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("回访劝阻")
        indexes = [models.Index(fields=["network", "state", "due_at"], name="callback_queue")]

    def __str__(self) -> str:
        return f"{State(self.state).label} {self.subject.masked}"

    @property
    def subject(self) -> Subject:
        """Whom to call."""
        return Subject("number", self.value, self.network, self.region)

    @property
    def text(self) -> str:
        """What happened, masked, in the reader's language."""
        return self.en if get_language() == "en" else self.zh

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def waiting(self) -> bool:
        """Whether nobody has spoken with the victim yet."""
        return self.state in WAITING

    @property
    def late(self) -> bool:
        """Whether the victim was reached after the deadline."""
        return self.reached_at is not None and self.reached_at > self.deadline


class Try(models.Model):
    """One try to reach the victim."""

    callback = models.ForeignKey(Callback, models.PROTECT, related_name="tries")
    contact = models.CharField(_("结果"), max_length=10, choices=Contact.choices)
    told = models.CharField(_("说明"), max_length=300, blank=True)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("回访人"))

    class Meta:
        ordering = ("pk",)


class Cursor(models.Model):
    """How far the file of tickets has been taken in (bytes). rows: tickets; aside: lines that were none."""

    source = models.CharField(max_length=40, unique=True)
    position = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    aside = models.BigIntegerField(default=0)
