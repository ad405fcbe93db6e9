"""Decides which filters a list of measures has, and what a proposal must say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fanzha.desk.measures.actions import Wish
from fanzha.desk.measures.choices import State
from fanzha.desk.measures.ladder import rungs
from fanzha.desk.measures.reasons import reasons
from fanzha.desk.organisations.models import REGION

_SMALL = {"class": "form-control form-control-sm"}


class FilterForm(forms.Form):
    """The filters; every one may be left empty."""

    state = forms.MultipleChoiceField(choices=State.choices, required=False)
    rung = forms.MultipleChoiceField(required=False)
    rule = forms.CharField(
        required=False, max_length=80, widget=forms.TextInput(attrs={**_SMALL, "placeholder": _("规则@版本")})
    )
    region = forms.CharField(
        required=False,
        validators=[REGION],
        widget=forms.TextInput(attrs={**_SMALL, "placeholder": _("区划代码")}),
    )
    overdue = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rung = self.fields["rung"]
        assert isinstance(rung, forms.ChoiceField)
        rung.choices = [(each.id, str(each)) for each in rungs().values()]


class ProposeForm(forms.Form):
    """A proposal: which rung, why, what the subscriber is told, for how long."""

    rung = forms.CharField(max_length=20)
    note = forms.CharField(required=False, max_length=500)
    plain = forms.CharField(required=False, max_length=20)
    document = forms.CharField(required=False, max_length=80)
    days = forms.IntegerField(required=False, min_value=1)
    immediate = forms.BooleanField(required=False)
    secret = forms.BooleanField(required=False)

    def clean_plain(self) -> str:
        """One of the reasons, or none."""
        plain = str(self.cleaned_data["plain"])
        if plain and plain not in reasons():
            raise forms.ValidationError(_("请选择告知用户的原因"))
        return plain

    @property
    def wish(self) -> Wish:
        """What it asks for."""
        said = self.cleaned_data
        return Wish(
            rung=said["rung"],
            note=said["note"],
            plain=said["plain"],
            document=said["document"],
            days=said["days"] or 0,
            immediate=said["immediate"],
            secret=said["secret"],
        )
