"""Decides the addresses of complaints."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.complaints import views

app_name = "complaints"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("new/", views.add, name="add"),
    path("bring/", views.bring, name="bring"),
    path("template/", views.template, name="template"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/act/", views.act, name="act"),
]
