"""Decides the addresses that gateways know (policy.http.HttpSource asks BASE/after/N)."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.enforcement import views

app_name = "enforcement"
urlpatterns = [
    path("after/<int:number>", views.after, name="after"),
    path("counts", views.counts, name="counts"),
]
