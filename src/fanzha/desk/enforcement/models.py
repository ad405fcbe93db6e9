"""Decides what is kept between an approval and its enforcement: changes in order, publications, gateways, counts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a publication stands."""

    OPEN = "open", _("下发中")
    DONE = "done", _("已下发")
    SPLIT = "split", _("已拆分")
    REFUSED = "refused", _("被护栏拒绝")


class Publication(models.Model):
    """Changes that go out together under one number. `batch` makes repeating it harmless."""

    batch = models.CharField(max_length=40, unique=True)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.OPEN)
    number = models.BigIntegerField(_("策略编号"), default=0)
    message = models.CharField(_("原因"), max_length=300, blank=True)
    made_at = models.DateTimeField(_("开始"))
    done_at = models.DateTimeField(_("完成"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("策略下发")


class Change(models.Model):
    """One change of the policy, written in the transaction that approved it. `body` null takes the entry out.

    Rows are written after the audit row of the same transaction, which lets one writer in at a time: so their ids rise
    in the order in which they were committed, and whoever reads them by id misses none.
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.CharField(max_length=80, db_index=True)
    body = models.JSONField(null=True)
    made_at = models.DateTimeField()
    publication = models.ForeignKey(Publication, models.PROTECT, null=True, related_name="changes")


class Gateway(models.Model):
    """A gateway that may ask for policy and report counts. Only a digest of its token is kept."""

    name = models.CharField(_("网关"), max_length=60, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    network = models.CharField(_("网络"), max_length=40)
    expires = models.DateTimeField(_("到期"))
    revoked = models.BooleanField(_("已吊销"), default=False)
    position = models.BigIntegerField(default=0)  # of its verdict log, up to which counts were taken
    version = models.BigIntegerField(_("策略编号"), default=0)  # the last it asked to go beyond
    seen_at = models.DateTimeField(_("最近联系"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("网关")


class Tally(models.Model):
    """How many calls an entry decided on a day, by what was done to them."""

    entry = models.CharField(max_length=80)
    day = models.DateField(_("日期"))
    action = models.CharField(_("处理"), max_length=10)
    calls = models.BigIntegerField(_("呼叫次数"), default=0)
    last_at = models.DateTimeField(_("最近一次"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "day", "action"], name="one_tally")]
        indexes = [models.Index(fields=["day"], name="tally_day")]


class CountedPart(models.Model):
    """A part of the lake whose verdicts are in the tallies."""

    path = models.CharField(max_length=300, primary_key=True)
