"""Decides what Django calls this room."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Callbacks(AppConfig):
    """See the package."""

    name = "fanzha.desk.callbacks"
    verbose_name = _("回访劝阻")
