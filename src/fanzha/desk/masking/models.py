"""Decides what is kept of a look at a full number: who, what (not readable), why, when, and until when it shows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import User


class Unmasking(models.Model):
    """One full number, name or document shown to one person for some minutes. duty: a task named it, no quota."""

    user = models.ForeignKey(User, models.PROTECT, related_name="unmaskings", verbose_name=_("用户"))
    kind = models.CharField(max_length=12)
    digest = models.CharField(max_length=32)
    reason = models.CharField(_("理由"), max_length=300)
    at = models.DateTimeField(_("时间"))
    until = models.DateTimeField(_("显示至"))
    duty = models.BooleanField(_("任务所需"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("完整信息查看")
        indexes = [models.Index(fields=["user", "until"], name="unmasking_live")]
