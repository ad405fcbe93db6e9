"""Decides what Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Supervision(AppConfig):
    """See the package."""

    name = "fanzha.desk.supervision"
    verbose_name = _("督办")
