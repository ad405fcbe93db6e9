"""Decides what Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Tour(AppConfig):
    """See the package."""

    name = "fanzha.desk.tour"
    verbose_name = _("导览")
