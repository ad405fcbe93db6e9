"""Decides what is asked for a new item; whether it may stand is for `judging` to say."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from fanzha.desk.lists.judging import Line
from fanzha.desk.pages.span import DAYS


class ItemForm(forms.Form):
    """Every list's fields; a list uses those of its columns."""

    value = forms.CharField(max_length=80)
    kind = forms.CharField(required=False, max_length=8)
    name = forms.CharField(required=False, max_length=60)
    reason = forms.CharField(required=False, max_length=20)
    why = forms.CharField(required=False, max_length=300)
    document = forms.CharField(required=False, max_length=80)
    authority = forms.CharField(required=False, max_length=10)
    preset = forms.CharField(required=False, max_length=20)
    kept = forms.CharField(required=False, max_length=40)
    trunk = forms.CharField(required=False, max_length=60)
    exemption = forms.CharField(required=False, max_length=6)
    starts = forms.DateField(required=False, validators=DAYS)
    expires = forms.DateField(required=False, validators=DAYS)

    @property
    def line(self) -> Line:
        """As `judging` reads it."""
        said: dict[str, Any] = dict(self.cleaned_data)
        for name in ("starts", "expires"):
            day = said[name]
            said[name] = timezone.make_aware(datetime.combine(day, time())) if day else None
        return Line(**said)
