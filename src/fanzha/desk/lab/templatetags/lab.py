"""Decides how figures of rules and backtests read: intervals, shares, acts, and words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.models import told
from fanzha.desk.alerts.words import words
from fanzha.desk.audit.models import Entry
from fanzha.desk.lab import sayings
from fanzha.desk.lab.choices import State, Trip
from fanzha.desk.lab.workflow import RULE
from fanzha.desk.pages.templatetags.desk import moment
from fanzha.detection.backtest.report import Precision
from fanzha.detection.models.metrics import Interval

register = template.Library()
_ACTS = {
    "draft": _("起草"),
    "edit": _("修改"),
    "budget": _("改预算"),
    "files": _("随规则文件到来"),
}
_KINDS = {
    "number": _("号码"), "device": _("终端"), "cell": _("小区"), "victim": _("可能的受害人"), "site": _("聚集小区"),
    "bridge": _("搭桥号码"), "rack": _("成架终端"),
}  # fmt: skip
_STEPS = {"read": _("读话单"), "judge": _("试规则"), "tell": _("汇总")}
_MEASURED = {
    "hours": _("观察小时"), "hits": _("命中"), "raised": _("会新增预警"), "known_honest": _("已知误报"),
    "known_fraud": _("已知属实"), "alerts": _("预警"), "confirmed": _("属实"), "dismissed": _("误报"),
    "proposals": _("提请"), "measures": _("生效"), "wrong": _("误停"), "appeals": _("申诉"), "upheld": _("成立"),
}  # fmt: skip


@register.filter
def both(text: Any) -> str:
    """The half of a bilingual Struct, or of one kept as JSON, that the reader reads."""
    if isinstance(text, dict):
        return told(text)
    return str(text.en if get_language() == "en" else text.zh)


@register.filter
def problem_words(problem: str) -> str:
    """Why a backtest came to nothing, in the reader's language."""
    return sayings.told(problem)


@register.filter
def interval(share: Interval | None) -> str:
    """12.0 % (8.1-17.3)."""
    if share is None:
        return "—"
    return f"{100 * share.value:.1f} % ({100 * share.low:.1f}–{100 * share.high:.1f})"


@register.filter
def precision(found: Precision) -> str:
    """A precision with its bounds."""
    if found.value is None:
        return "—"
    bounds = "" if found.least is None or found.most is None else f" ({100 * found.least:.1f}–{100 * found.most:.1f})"
    return f"{100 * found.value:.1f} %{bounds}"


@register.filter
def permille(value: int) -> str:
    """A share as people write it: 10 of a thousand is 1 %."""
    return f"{value / 10:g} %"


@register.filter
def act_word(entry: Entry) -> str:
    """What an act on a rule is called."""
    name = entry.action.removeprefix("rules.")
    known = RULE.by_name.get(name)
    return str(known.label if known else _ACTS.get(name, name))


@register.filter
def reason_word(entry: Entry) -> str:
    """Why an act was taken: what a person wrote, or of a trip its cause in the reader's language."""
    why = entry.data.get("why", "")
    return str(Trip(why).label) if entry.action == "rules.trip" and why in Trip.values else entry.reason


@register.filter
def said(found: Mapping[str, Any]) -> str:
    """What a step measured, in a line."""
    return gettext("，").join(f"{_MEASURED[name]} {value}" for name, value in found.items() if name in _MEASURED)


@register.filter
def measure_word(name: str) -> str:
    """A measure that detection proposes, in words."""
    return words().measure(name)


@register.filter
def kind_word(name: str) -> str:
    """What a rule judges, in words."""
    return str(_KINDS.get(name, name))


@register.filter
def state_word(name: str) -> str:
    """A state of a version, in words."""
    return str(State(name).label) if name in State.values else name


@register.filter
def step_word(name: str) -> str:
    """What a backtest is at."""
    return str(_STEPS.get(name, name))


@register.filter
def days_before(day: date, days: int) -> str:
    """An earlier day, for a field of a form."""
    return (day - timedelta(days=days)).isoformat()


@register.filter
def iso_moment(text: str) -> str:
    """A report's time."""
    return moment(datetime.fromisoformat(text))


@register.filter
def unlocalised(value: float) -> str:
    """A number as attributes of HTML want it."""
    return f"{value:g}"
