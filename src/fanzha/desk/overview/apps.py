"""Decides what Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Overview(AppConfig):
    """See the package."""

    name = "fanzha.desk.overview"
    verbose_name = _("概览")
