"""Decides what pages of alerts show."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fanzha.desk.rights.views import needs


@needs("alerts.view")
def listing(request: HttpRequest) -> HttpResponse:
    """The list."""
    return render(request, "pages/home.html")
