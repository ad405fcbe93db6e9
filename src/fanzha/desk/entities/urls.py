"""Decides the addresses of numbers, devices and cells; they carry tokens, never numbers."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.entities import views

app_name = "entities"
urlpatterns = [
    path("", views.search, name="search"),
    path("<str:token>/", views.page, name="page"),
    path("<str:token>/lake/", views.lake, name="lake"),
    path("<str:token>/links/", views.links, name="links"),
    path("<str:token>/peers/", views.peers, name="peers"),
]
