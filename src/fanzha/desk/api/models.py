"""Decides what is kept of a key (its hash, never itself) and of each write that a key has made."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import User


class Key(models.Model):
    """A machine's key: acts as `owner`, only through `scopes`, until `expires`. `hint`: its first characters."""

    name = models.CharField(_("名称"), max_length=60)
    owner = models.ForeignKey(User, models.PROTECT, related_name="api_keys", verbose_name=_("责任人"))
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    scopes = models.JSONField(_("范围"))
    made_at = models.DateTimeField(_("签发时间"))
    expires = models.DateTimeField(_("到期"))
    revoked_at = models.DateTimeField(_("吊销时间"), null=True)
    used_at = models.DateTimeField(_("最近使用"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("接口密钥")

    def __str__(self) -> str:
        return f"{self.name} {self.hint}…"


class Receipt(models.Model):
    """One write under the name that its caller gave it (Idempotency-Key): asked again, it is answered, not done."""

    key = models.ForeignKey(Key, models.PROTECT, related_name="receipts")
    name = models.CharField(max_length=100)
    seal = models.CharField(max_length=64)  # of method, address and body
    at = models.DateTimeField(db_index=True)
    answer = models.JSONField(default=dict)

    class Meta:
        verbose_name = verbose_name_plural = _("回执")
        constraints = [models.UniqueConstraint(fields=["key", "name"], name="one_receipt_of_a_name")]
