"""Decides what is kept of a notice: what was told to whom, why, by when it had to be, and what the channel answered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fanzha.desk.lists.models import Item
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.choices import TONES, State, Way
from fanzha.desk.notices.workflow import NOTICE
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Language(models.Model):
    """The language that a subscriber chose to be told in, on the appeal page or by way of the operator."""

    network = models.CharField(_("网络"), max_length=40)
    value = models.CharField(_("号码"), max_length=80)
    language = models.CharField(_("语言"), max_length=8)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("告知语言")
        constraints = [models.UniqueConstraint(fields=["network", "value"], name="one_language")]


class Notice(Scoped, Staged):
    """One message to one subscriber. `text` holds {code} and {address} where the channel fills them in.

    due_at: until when it must have been told; nothing once it was, or while an investigation is secret.
    """

    workflow: ClassVar[Workflow] = NOTICE

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="notices")
    kind = models.CharField(_("类型"), max_length=12)
    value = models.CharField(_("号码"), max_length=80)
    language = models.CharField(max_length=8, default="zh-hans")
    text = models.TextField(_("内容"))
    reason = models.CharField(_("原因"), max_length=200)
    remedy = models.CharField(_("救济渠道"), max_length=300)
    documents = models.CharField(_("所需材料"), max_length=300)
    made_at = models.DateTimeField(_("生成时间"))
    sent_at = models.DateTimeField(_("发送时间"), null=True)
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    receipt = models.CharField(_("回执"), max_length=120, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("告知")
        indexes = [models.Index(fields=["state", "next_at"], name="notice_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=~(Q(reason="") | Q(remedy="") | Q(documents="")), name="notice_tells_all_three"
            )
        ]

    @property
    def subject(self) -> Subject:
        """To whom."""
        return Subject("number", self.value, self.network, self.region)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def shown(self) -> str:
        """The text for pages."""
        return bare(self.text)


def bare(text: str) -> str:
    """What a notice says, without the code, which is the subscriber's alone."""
    return text.replace("{code}", "••••••••").replace("{address}", "…/appeal/")


class Letter(models.Model):
    """That a restricted person was told in writing (D4), how, when, by whom; `note`: the receipt's number."""

    item = models.OneToOneField(Item, models.PROTECT, related_name="letter")
    way = models.CharField(_("送达方式"), max_length=8, choices=Way.choices)
    note = models.CharField(_("回执或单号"), max_length=200)
    served_at = models.DateTimeField(_("送达时间"))
    served_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("经办人"))

    class Meta:
        verbose_name = verbose_name_plural = _("书面告知")
