"""Decides what the form of a police request says."""

from __future__ import annotations

from django import forms

from fanzha.desk.requests.actions import Paper
from fanzha.desk.requests.choices import Kind, Urgency


class PaperForm(forms.Form):
    """The document; the number or the file come beside it."""

    document = forms.CharField(max_length=80)
    issuer = forms.CharField(max_length=80)
    authority = forms.CharField(max_length=10)
    kind = forms.ChoiceField(choices=Kind.choices)
    urgency = forms.ChoiceField(choices=Urgency.choices)
    rung = forms.CharField(max_length=20, required=False)
    case = forms.CharField(max_length=80, required=False)
    secret = forms.BooleanField(required=False)
    note = forms.CharField(max_length=300, required=False)
    number = forms.CharField(max_length=40, required=False)

    @property
    def paper(self) -> Paper:
        """What was said."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "number"}
        return Paper(**said)
