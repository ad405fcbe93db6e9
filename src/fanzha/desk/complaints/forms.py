"""Decides what the form of a complaint says."""

from __future__ import annotations

from django import forms

from fanzha.desk.complaints.actions import Said
from fanzha.desk.complaints.choices import Kind, Way


class SaidForm(forms.Form):
    """See `actions.Said`."""

    number = forms.CharField(max_length=40)
    complainant = forms.CharField(max_length=40)
    kind = forms.ChoiceField(choices=Kind.choices)
    way = forms.ChoiceField(choices=Way.choices)
    reference = forms.CharField(max_length=60, required=False)
    told = forms.CharField(max_length=500, required=False)

    @property
    def said(self) -> Said:
        """What was said."""
        return Said(**self.cleaned_data)
