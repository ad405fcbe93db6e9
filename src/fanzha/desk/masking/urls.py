"""Decides the addresses of unmasking."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.masking import views

app_name = "masking"
urlpatterns = [path("<str:token>/", views.ask, name="ask")]
