"""Decides the addresses of the first page and of what belongs to no room."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.pages import views

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("language/", views.language, name="language"),
    path("healthz", views.alive, name="alive"),
]
