"""Decides what is kept of a police request, of each of its numbers, and of what went on to another province."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fanzha.desk.lists.choices import Authority
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.ladder import Rung, rung
from fanzha.desk.measures.models import Measure
from fanzha.desk.organisations.models import User
from fanzha.desk.requests.choices import REFERRAL_TONES, TONES, Channel, Kind, ReferralState, Result, State, Urgency
from fanzha.desk.requests.workflow import REFERRAL, REQUEST
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Request(Scoped, Staged):
    """One document of the police with its numbers. rows = good + faulty; `stored`: the file, "" for a single number."""

    workflow: ClassVar[Workflow] = REQUEST

    kind = models.CharField(_("请求"), max_length=8, choices=Kind.choices)
    urgency = models.CharField(_("时限"), max_length=8, choices=Urgency.choices)
    rung = models.CharField(_("措施"), max_length=20, blank=True)
    document = models.CharField(_("文书编号"), max_length=80)
    case = models.CharField(_("案件编号"), max_length=80, blank=True)
    issuer = models.CharField(_("发文机关"), max_length=80)
    authority = models.CharField(_("机关层级"), max_length=10, choices=Authority.choices)
    secret = models.BooleanField(_("侦查保密"), default=False)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    name = models.CharField(_("文件名"), max_length=120, blank=True)
    stored = models.CharField(max_length=80, blank=True)
    checksum = models.CharField(max_length=64, blank=True)
    rows = models.IntegerField(_("行数"))
    good = models.IntegerField(_("可执行"))
    faulty = models.IntegerField(_("有误"))
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("提交人"))
    made_at = models.DateTimeField(_("时间"))
    filed_at = models.DateTimeField(_("提交时间"), null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("核对人"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("批准人"))
    done_at = models.DateTimeField(_("执行完毕"), null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("协查请求")
        indexes = [models.Index(fields=["network", "state", "-made_at"], name="request_list")]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("accepted_by")) & ~Q(approved_by=F("proposed_by"))),
                name="request_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.document}"

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def step(self) -> Rung | None:
        """The rung that is asked for; None where only an answer is."""
        return rung(self.rung) if self.rung else None


class Referral(Scoped, Staged):
    """Numbers of one request that are at home in another province: its 省管局 or the ministry decides there (D9)."""

    workflow: ClassVar[Workflow] = REFERRAL

    request = models.ForeignKey(Request, models.PROTECT, related_name="referrals")
    home = models.CharField(_("归属省"), max_length=2)
    channel = models.CharField(_("渠道"), max_length=10, choices=Channel.choices)
    made_at = models.DateTimeField(_("时间"))
    sent_at = models.DateTimeField(_("转出时间"), null=True)
    receipt = models.CharField(_("回执号"), max_length=80, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("外省流转")
        indexes = [models.Index(fields=["network", "state", "-made_at"], name="referral_list")]
        constraints = [models.UniqueConstraint(fields=["request", "home"], name="one_referral_a_province")]

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return REFERRAL_TONES[ReferralState(self.state)]


class Line(models.Model):
    """One number of a request. `row`: where it stands in the file, by which the receipt names it."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="lines")
    row = models.IntegerField(_("行号"))
    value = models.CharField(_("号码"), max_length=40)
    region = models.CharField(_("区划代码"), max_length=6)
    home = models.CharField(_("归属省"), max_length=2, blank=True)
    result = models.CharField(_("结果"), max_length=10, choices=Result.choices, default=Result.WAITING)
    told = models.CharField(_("反馈"), max_length=200, blank=True)
    at = models.DateTimeField(_("时间"), null=True)
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, related_name="+")
    referral = models.ForeignKey(Referral, models.PROTECT, null=True, related_name="lines")

    class Meta:
        indexes = [models.Index(fields=["request", "result", "row"], name="line_of_request")]
        constraints = [models.UniqueConstraint(fields=["request", "value"], name="one_line_of_a_number")]

    @property
    def subject(self) -> Subject:
        """Whom it is about, for masking and links. Reads the request."""
        return Subject("number", self.value, self.request.network, self.region)
