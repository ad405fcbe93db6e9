"""Decides the addresses of police requests and referrals."""

from __future__ import annotations

from django.urls import path

from fanzha.desk.requests import views

app_name = "requests"
urlpatterns = [
    path("", views.listing, name="list"),
    path("export/", views.export, name="export"),
    path("new/", views.add, name="add"),
    path("template/", views.template, name="template"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/act/", views.act, name="act"),
    path("<int:pk>/errors/", views.faults, name="faults"),
    path("<int:pk>/receipt/", views.receipt_file, name="receipt"),
    path("referrals/", views.referrals, name="referrals"),
    path("referrals/export/", views.referrals_export, name="referrals_export"),
    path("referrals/<int:pk>/act/", views.referral_act, name="referral_act"),
]
