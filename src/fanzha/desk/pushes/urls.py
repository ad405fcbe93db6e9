"""Decides the addresses of morning lists."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.pushes import views

app_name = "pushes"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/sign/", views.sign, name="sign"),
    path("<int:pk>/answer/", views.answer, name="answer"),
]
