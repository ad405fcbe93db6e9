"""Decides the addresses of the rule laboratory."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.lab import trials, views

app_name = "lab"
urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new, name="new"),
    path("check/", views.check, name="check"),
    path("estimate/", views.estimate, name="estimate"),
    path("rules/<str:rule>/", views.rule, name="rule"),
    path("versions/<int:pk>/", views.version, name="version"),
    path("versions/<int:pk>/edit/", views.edit, name="edit"),
    path("versions/<int:pk>/act/", views.act, name="act"),
    path("versions/<int:pk>/undo/", views.undo, name="undo"),
    path("versions/<int:pk>/budget/", views.budget, name="budget"),
    path("versions/<int:pk>/try/", trials.ask, name="try"),
    path("trials/<int:pk>/", trials.page, name="trial"),
    path("trials/<int:pk>/progress/", trials.progress, name="progress"),
    path("trials/<int:pk>/cases/<int:at>/", trials.case, name="case"),
    path("trials/<int:pk>/cancel/", trials.cancel, name="cancel"),
    path("trials/<int:pk>/report.json", trials.report, name="report"),
    path("trials/<int:pk>/report.pdf", trials.paper, name="paper"),
]
