"""Decides the addresses of the audit trail."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
]
