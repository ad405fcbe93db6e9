"""Decides the addresses of supervision."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.supervision import views

app_name = "supervision"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("whom/<str:kind>/<str:pk>/", views.whom, name="whom"),
    path("assign/<str:kind>/<str:pk>/", views.assign, name="assign"),
]
