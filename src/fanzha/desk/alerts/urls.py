"""Decides the addresses of alerts."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.alerts import views

app_name = "alerts"
urlpatterns = [
    path("", views.listing, name="list"),
]
