"""Decides what Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Organisations(AppConfig):
    """See the package."""

    name = "fanzha.desk.organisations"
    verbose_name = _("机构与人员")
