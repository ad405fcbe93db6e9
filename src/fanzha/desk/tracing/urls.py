"""Decides the addresses of tracing reports."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.tracing import views

app_name = "tracing"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("on/<str:token>/", views.prepare, name="prepare"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/act/", views.act, name="act"),
    path("<int:pk>/report.<str:form>", views.take, name="take"),
]
