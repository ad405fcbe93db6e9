"""Decides the addresses of alerts."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.alerts import views

app_name = "alerts"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("fresh/", views.fresh, name="fresh"),
    path("counts/", views.counts, name="counts"),
    path("triage/", views.triage, name="triage"),
    path("views/", views.keep_view, name="keep_view"),
    path("views/<int:pk>/drop/", views.drop_view, name="drop_view"),
    path("colours.css", views.colours, name="colours"),
    path("<slug:pk>/", views.detail, name="detail"),
    path("<slug:pk>/judge/", views.judge, name="judge"),
]
