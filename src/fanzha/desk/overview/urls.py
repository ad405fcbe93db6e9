"""Decides the addresses of the overview."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.overview import views

app_name = "overview"
urlpatterns = [
    path("", views.page, name="page"),
    path("overview.xlsx", views.excel, name="excel"),
    path("daily.pdf", views.daily, name="daily"),
]
