"""Decides the addresses of the pages where people ask for keys (`urls.py` has the routes of the interface itself)."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.api import views

app_name = "keys"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("new/", views.ask, name="ask"),
    path("<int:pk>/act/", views.act, name="act"),
]
