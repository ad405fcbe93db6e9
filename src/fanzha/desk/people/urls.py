"""Decides the addresses of people and organisations."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.people import views

app_name = "people"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("new/", views.add, name="add"),
    path("<int:pk>/", views.detail, name="person"),
    path("<int:pk>/act/", views.act, name="act"),
    path("seats/<int:pk>/", views.decide, name="decide"),
    path("offices/", views.offices, name="offices"),
    path("offices/grants/<int:pk>/end/", views.end_grant, name="end_grant"),
]
