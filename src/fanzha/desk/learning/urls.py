"""Decides the addresses of models and outcomes."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.learning import views

app_name = "learning"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/act/", views.act, name="act"),
    path("outcomes/", views.take_away, name="outcomes"),
]
