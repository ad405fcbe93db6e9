"""Decides the addresses of lists."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.lists import views

app_name = "lists"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("check/", views.check, name="check"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/act/", views.act, name="act"),
    path("imports/<int:pk>/", views.brought, name="brought"),
    path("imports/<int:pk>/act/", views.bring_act, name="bring_act"),
    path("imports/<int:pk>/errors/", views.faults, name="faults"),
    path("new/<str:which>/", views.add, name="add"),
    path("bring/<str:which>/", views.bring, name="bring"),
    path("template/<str:which>/", views.template, name="template"),
]
