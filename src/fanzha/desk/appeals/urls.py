"""Decides the addresses of appeals, those of the public among them."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.appeals import views

app_name = "appeals"
urlpatterns = [
    path("appeals/", views.queue, name="queue"),
    path("appeals/export/", views.export, name="export"),
    path("appeals/<int:pk>/", views.detail, name="detail"),
    path("appeals/<int:pk>/act/", views.act, name="act"),
    path("appeals/proof/<int:pk>/", views.proof, name="proof"),
    path("appeal/", views.door, name="door"),
    path("appeal/mine/", views.mine, name="mine"),
    path("appeal/own/", views.own, name="own"),
]
