"""Decides the addresses of rollbacks."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.rollback import views

app_name = "rollback"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/act/", views.act, name="act"),
]
