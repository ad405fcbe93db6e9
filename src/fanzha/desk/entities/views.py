"""Decides what the pages about one number, device or cell show."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fanzha.desk.rights.views import needs


@needs("records.view")
def search(request: HttpRequest) -> HttpResponse:
    """The search."""
    return render(request, "pages/home.html")


@needs("records.view")
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The page."""
    return render(request, "pages/home.html")
