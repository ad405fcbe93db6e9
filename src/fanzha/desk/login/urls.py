"""Decides the addresses of signing in."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.login import views

app_name = "login"
urlpatterns = [
    path("", views.password, name="password"),
    path("code/", views.code, name="code"),
    path("change/", views.change, name="change"),
    path("out/", views.out, name="out"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/<int:pk>/end/", views.end, name="end"),
]
