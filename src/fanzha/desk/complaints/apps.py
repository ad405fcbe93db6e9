"""Decides what Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Complaints(AppConfig):
    """See the package."""

    name = "fanzha.desk.complaints"
    verbose_name = _("投诉举报")
