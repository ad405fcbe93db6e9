"""Decides what is kept of a key (its hash, never itself) and of each write that a key has made."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fanzha.desk.api.choices import KEY_TONES, KeyState, Scope
from fanzha.desk.api.workflow import KEY
from fanzha.desk.organisations.models import Organisation, User
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


class Key(Staged):
    """A machine's key: acts as `owner`, only through `scopes`, until `expires`. `hint`: its first characters.

    organisation: where the owner sat who asked for it; None for one made by command.
    """

    workflow: ClassVar[Workflow] = KEY
    network: ClassVar[str] = ""  # people belong to no network

    name = models.CharField(_("名称"), max_length=60)
    owner = models.ForeignKey(User, models.PROTECT, related_name="api_keys", verbose_name=_("责任人"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("机构"))
    why = models.CharField(_("用途"), max_length=300, blank=True)
    digest = models.CharField(max_length=64, unique=True, null=True)
    hint = models.CharField(max_length=8, blank=True)
    scopes = models.JSONField(_("范围"))
    made_at = models.DateTimeField(_("申请时间"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("批准人"))
    expires = models.DateTimeField(_("到期"))
    revoked_at = models.DateTimeField(_("吊销时间"), null=True)
    used_at = models.DateTimeField(_("最近使用"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("接口密钥")
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("owner")), name="key_four_eyes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.hint}…"

    @property
    def office_path(self) -> str:
        """Who may decide: the managers of the owner's organisation and of those above it (`rights.seats`)."""
        return self.organisation.path if self.organisation else ""

    @property
    def region(self) -> str:
        """For the audit trail."""
        return self.organisation.region if self.organisation else ""

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return KEY_TONES[KeyState(self.state)]

    @property
    def scope_words(self) -> list[str]:
        """Its scopes in the reader's language."""
        return [str(Scope(each).label) if each in Scope.values else each for each in self.scopes]


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
