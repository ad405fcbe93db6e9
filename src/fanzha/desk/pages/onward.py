"""Decides where a form may lead: to a path of this desk, whatever the form says."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, wanted: str) -> str:
    """The path, "" for another site and for what is no path: `redirect` would take it for the name of a view."""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours and wanted.startswith("/") and wanted.isprintable() else ""
