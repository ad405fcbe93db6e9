"""Decides what a server runs: the desk as an ASGI application."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from fanzha.desk.pages.bounds import Bounded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fanzha.desk.settings")
application = Bounded(get_asgi_application())
