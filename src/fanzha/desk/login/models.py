"""Decides what is kept of sign-ins: failed tries for the lockout, and the sessions someone has open."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import User


class FailedTry(models.Model):
    """A wrong password or code. `name`: a keyed hash of whose or which browser's; `address`: "" where none counts."""

    name = models.CharField(max_length=60)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["name", "at"], name="failed_by_name"),
            models.Index(fields=["address", "at"], name="failed_by_address"),
        ]


class OpenSession(models.Model):
    """A signed-in browser. `key` is a hash of the session key: the list must not let anyone take a session over."""

    user = models.ForeignKey(User, models.CASCADE, related_name="open_sessions")
    key = models.CharField(max_length=64, unique=True)
    address = models.CharField(_("地址"), max_length=45)
    agent = models.CharField(_("浏览器"), max_length=200)
    begun = models.DateTimeField(_("登录时间"))
    seen = models.DateTimeField(_("最近使用"))

    class Meta:
        ordering = ("-seen",)
