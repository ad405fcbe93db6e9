"""Decides which filters a list of alerts has, and what a judgement must say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.choices import REASONS, Kind, Reason, State
from fanzha.desk.alerts.words import words
from fanzha.desk.organisations.models import REGION
from fanzha.desk.pages.span import DAYS

ORDERS = {
    "score": ("-score", "-last_seen", "id"),
    "recent": ("-last_seen", "id"),
    "taken": ("-taken_at", "id"),
    "due": ("due_at", "id"),
}
_SMALL = {"class": "form-select form-select-sm"}
_DATE = {"class": "form-control form-control-sm", "type": "date"}


class FilterForm(forms.Form):
    """The filters; every one may be left empty."""

    state = forms.MultipleChoiceField(choices=State.choices, required=False, widget=forms.CheckboxSelectMultiple)
    band = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    scheme = forms.ChoiceField(required=False, widget=forms.Select(attrs=_SMALL))
    kind = forms.ChoiceField(
        choices=[("", _("全部对象")), *Kind.choices], required=False, widget=forms.Select(attrs=_SMALL)
    )
    region = forms.CharField(
        required=False,
        validators=[REGION],
        widget=forms.TextInput(attrs={"class": "form-control form-control-sm", "placeholder": _("区划代码")}),
    )
    since = forms.DateField(required=False, validators=DAYS, widget=forms.DateInput(attrs=_DATE))
    until = forms.DateField(required=False, validators=DAYS, widget=forms.DateInput(attrs=_DATE))
    overdue = forms.BooleanField(required=False)
    mine = forms.BooleanField(required=False)
    order = forms.ChoiceField(
        choices=[
            ("score", _("分值高在前")),
            ("recent", _("最近活动在前")),
            ("taken", _("最新到达在前")),
            ("due", _("时限近在前（只列有时限的）")),
        ],
        required=False,
        widget=forms.Select(attrs=_SMALL),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scheme, band = self.fields["scheme"], self.fields["band"]
        assert isinstance(scheme, forms.ChoiceField)
        assert isinstance(band, forms.ChoiceField)
        scheme.choices = [("", _("全部手法")), *words().schemes()]
        band.choices = [(grade.id, str(grade)) for grade in words().grades]


class TriageForm(forms.Form):
    """A judgement of one alert or many: which, why, and a free remark."""

    act = forms.ChoiceField(choices=[(name, name) for name in REASONS])
    why = forms.ChoiceField(choices=Reason.choices)
    note = forms.CharField(required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        """A reason must fit its judgement."""
        found = super().clean() or {}
        if found.get("act") and found.get("why") and found["why"] not in REASONS[found["act"]]:
            self.add_error("why", _("该依据不适用于这个研判结论"))
        return found

    @property
    def reason(self) -> str:
        """What the audit trail says."""
        said = str(Reason(self.cleaned_data["why"]).label)
        note = self.cleaned_data["note"].strip()
        return f"{said}：{note}" if note else said
