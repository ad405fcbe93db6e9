"""Decides the addresses of measures; numbers are in them only as tokens."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.measures import views

app_name = "measures"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("ledger/", views.ledger_page, name="ledger"),
    path("from/<str:alert>/", views.propose_from, name="propose_from"),
    path("on/<str:token>/", views.propose_on, name="propose_on"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/act/", views.act, name="act"),
]
