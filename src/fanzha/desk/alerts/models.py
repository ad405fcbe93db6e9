"""Decides what the desk keeps of an alert beside what detection told: where it stands, whose it is, who judged it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fanzha.desk.alerts.choices import TONES, Kind, Reason, State
from fanzha.desk.alerts.querysets import AlertQuerySet
from fanzha.desk.alerts.words import words
from fanzha.desk.alerts.workflow import ALERT
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow

_FILTERED = (
    "state", "region", "band", "scheme", "kind", "overdue", "assigned_organisation", "assigned_user",
)  # fmt: skip


class Alert(Scoped, Staged):
    """One suspicion about one number, device or cell. `body` is detection's alert as JSON (see detection/alert.py)."""

    workflow: ClassVar[Workflow] = ALERT

    id = models.CharField(primary_key=True, max_length=24)
    kind = models.CharField(_("对象"), max_length=8, choices=Kind.choices)
    value = models.CharField(_("号码或标识"), max_length=80)
    scheme = models.CharField(_("手法"), max_length=40)
    score = models.FloatField(_("分值"))
    band = models.CharField(_("级别"), max_length=12)
    measure = models.CharField(_("建议处置"), max_length=20)
    rule = models.CharField(_("规则"), max_length=80, blank=True)  # "id@version" of the strongest
    first_seen = models.DateTimeField(_("首次"))
    last_seen = models.DateTimeField(_("最近"))
    taken_at = models.DateTimeField(_("接收时间"))
    previous = models.CharField(max_length=24, blank=True)
    verdict_reason = models.CharField(_("研判依据"), max_length=12, choices=Reason.choices, blank=True)
    body = models.JSONField()

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("预警")
        indexes = [
            # One for each order of the list, with all that a list filters by: its ids come in order from the index
            # alone, never from rows with their bodies, and it stops when the page is full.
            models.Index(fields=["network", "-score", "-last_seen", "id", *_FILTERED], name="alert_ranked"),
            models.Index(fields=["network", "-last_seen", "id", *_FILTERED], name="alert_recent"),
            models.Index(fields=["network", "-taken_at", "id", *_FILTERED], name="alert_taken"),
            models.Index(
                fields=["network", "due_at", "id", *_FILTERED], condition=Q(due_at__isnull=False), name="alert_due"
            ),
            models.Index(fields=["network", "kind", "value", "-last_seen"], name="alert_subject"),
            models.Index(
                fields=[
                    *("rule", "scheme", "network", "-score", "-last_seen", "id", "state", "region"),
                    *("assigned_organisation", "assigned_user"),
                ],
                name="alert_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.subject.masked}"

    @property
    def subject(self) -> Subject:
        """Whom it is about, for masking and links."""
        return Subject(self.kind, self.value, self.network, self.region)

    @property
    def title(self) -> str:
        """The scheme's name in the reader's language."""
        name = words().scheme(self.scheme)
        return told(self.body["title"]) if name == self.scheme and "title" in self.body else name

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def grade(self) -> Any:
        """Its band: words, colour, start."""
        return words().band(self.band)

    @property
    def proposed(self) -> str:
        """The measure that detection proposes, in words."""
        return words().measure(self.measure)

    @property
    def reason_line(self) -> str:
        """The strongest rule's title, the one-line why."""
        rules = self.body.get("rules") or []
        return told(rules[0]["title"]) if rules else self.title


class Cursor(models.Model):
    """How far a network's outbox has been taken in; moves in the transaction that writes the alerts."""

    network = models.CharField(max_length=40, unique=True)
    position = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)


class SavedView(models.Model):
    """Filters someone keeps under a name."""

    user = models.ForeignKey(User, models.CASCADE, related_name="alert_views")
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_view_of_a_name")]


def told(text: dict[str, str] | str) -> str:
    """The half of a bilingual text that the reader reads; alerts of older versions said some things in one language."""
    if isinstance(text, str):
        return text
    return text["en"] if get_language() == "en" else text["zh"]
