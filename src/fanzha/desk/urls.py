"""Decides where each room of the desk lies."""

from __future__ import annotations

from django.urls import include, path

from fanzha.desk.api.urls import urls as rest

urlpatterns = [
    path("", include("fanzha.desk.pages.urls")),
    path("login/", include("fanzha.desk.login.urls")),
    path("alerts/", include("fanzha.desk.alerts.urls")),
    path("entities/", include("fanzha.desk.entities.urls")),
    path("unmask/", include("fanzha.desk.masking.urls")),
    path("audit/", include("fanzha.desk.audit.urls")),
    path("measures/", include("fanzha.desk.measures.urls")),
    path("lab/", include("fanzha.desk.lab.urls")),
    path("rollback/", include("fanzha.desk.rollback.urls")),
    path("api/", rest),
    path("tour/", include("fanzha.desk.tour.urls")),
    path("tracing/", include("fanzha.desk.tracing.urls")),
    path("overview/", include("fanzha.desk.overview.urls")),
    path("lists/", include("fanzha.desk.lists.urls")),
    path("requests/", include("fanzha.desk.requests.urls")),
    path("pushes/", include("fanzha.desk.pushes.urls")),
    path("models/", include("fanzha.desk.learning.urls")),
    path("supervision/", include("fanzha.desk.supervision.urls")),
    path("notices/", include("fanzha.desk.notices.urls")),
    path("people/", include("fanzha.desk.people.urls")),
    path("keys/", include("fanzha.desk.api.addresses")),
    path("callbacks/", include("fanzha.desk.callbacks.urls")),
    path("complaints/", include("fanzha.desk.complaints.urls")),
    path("", include("fanzha.desk.appeals.urls")),
    path("v1/policy/", include("fanzha.desk.enforcement.urls")),
]
handler400 = "fanzha.desk.pages.refusals.bad_request"
handler403 = "fanzha.desk.pages.refusals.forbidden"
handler404 = "fanzha.desk.pages.refusals.not_found"
handler500 = "fanzha.desk.pages.refusals.broken"
