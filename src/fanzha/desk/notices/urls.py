"""Decides the addresses of notices."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("<int:pk>/again/", views.again, name="again"),
    path("letters/<int:pk>/pdf/", views.letter, name="letter"),
    path("letters/<int:pk>/served/", views.served, name="served"),
]
