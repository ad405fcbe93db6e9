"""Decides the addresses of the tour."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.tour import views

app_name = "tour"
urlpatterns = [
    path("", views.part, name="part"),
    path("begin/", views.begin, name="begin"),
    path("onward/", views.onward, name="onward"),
    path("call/", views.call, name="call"),
    path("leave/", views.leave, name="leave"),
]
