"""Decides what is kept of rules: every version as it was written, what it spent, whom it would have hit, its trials."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.lab.choices import ACTING, SHADOWED, STAGES, TONES, Origin, Progress, State, Trip
from fanzha.desk.lab.querysets import HitQuerySet, VersionQuerySet
from fanzha.desk.lab.terms import terms
from fanzha.desk.lab.workflow import RULE
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.rights.roles import Words
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow
from fanzha.detection.rule import Stage


class Version(Scoped, Staged):
    """One version of one rule of one network. `text`: its YAML, a rule file of this rule alone; fixed once reviewed.

    hourly_*: its own budget, None for lab.yaml's. tripped_*: what it fell from and why, until a person has decided.
    """

    workflow: ClassVar[Workflow] = RULE

    rule = models.CharField(_("规则编号"), max_length=80)
    version = models.IntegerField(_("版本"))
    text = models.TextField(_("规则文本"))
    scheme = models.CharField(_("手法"), max_length=40)
    entity = models.CharField(_("对象"), max_length=8)
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    cli = models.BooleanField(default=False)
    origin = models.CharField(_("来源"), max_length=8, choices=Origin.choices)
    note = models.CharField(_("修改说明"), max_length=300, blank=True)
    drafted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("起草人"))
    drafted_at = models.DateTimeField(_("起草时间"))
    was_live = models.BooleanField(default=False)
    hourly_proposals = models.PositiveIntegerField(_("每小时提请上限"), null=True, blank=True)
    hourly_measures = models.PositiveIntegerField(_("每小时即时处置上限"), null=True, blank=True)
    tripped_from = models.CharField(max_length=20, blank=True)
    tripped_why = models.CharField(max_length=12, choices=Trip.choices, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("规则版本")
        ordering = ("rule", "-version")
        constraints = [
            models.UniqueConstraint(fields=["network", "rule", "version"], name="one_rule_version"),
            models.UniqueConstraint(
                fields=["network", "rule"], condition=models.Q(state="live"), name="one_live_version"
            ),
            models.UniqueConstraint(
                fields=["network", "rule"], condition=models.Q(state__in=("share1", "share10")), name="one_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """id@version, as measures and alerts name it."""
        return f"{self.rule}@{self.version}"

    @property
    def title(self) -> Words:
        """Its title, in the reader's language."""
        return Words(zh=self.zh, en=self.en)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def stage(self) -> Stage:
        """What detection lets it do."""
        return STAGES[State(self.state)]

    @property
    def permille(self) -> int:
        """Of a share, how many of a thousand; else 0."""
        return terms().steps[self.state].permille if self.stage == Stage.SHARE else 0

    @property
    def acts(self) -> bool:
        """Whether it raises alerts."""
        return self.state in ACTING

    @property
    def shadowed(self) -> bool:
        """Whether it is recorded only."""
        return self.state in SHADOWED

    @property
    def most_proposals(self) -> int:
        """Its hourly budget of proposals, by province."""
        return terms().proposals_hour if self.hourly_proposals is None else self.hourly_proposals

    @property
    def most_measures(self) -> int:
        """Its hourly budget of measures at once, by province."""
        return terms().measures_hour if self.hourly_measures is None else self.hourly_measures

    @property
    def trip_words(self) -> str:
        """Why it tripped."""
        return str(Trip(self.tripped_why).label) if self.tripped_why else ""


class Head(models.Model):
    """The number of a network's release as it should lie on disk."""

    network = models.CharField(max_length=40, unique=True)
    number = models.BigIntegerField(default=0)


class Spent(models.Model):
    """What a version has done by itself in one clock hour and one province."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="spent")
    province = models.CharField(max_length=2)
    hour = models.DateTimeField()
    proposals = models.PositiveIntegerField(default=0)
    measures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "province", "hour"], name="one_hour_of_a_province")]


class Cursor(models.Model):
    """How far a reader of a network's outbox has come: `proposing` of its alerts, `hits` of its shadows."""

    network = models.CharField(max_length=40)
    name = models.CharField(max_length=20)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "name"], name="one_cursor_of_a_reader")]


class Hit(Scoped):
    """Whom a version in shadow would have hit. `body`: see detection/shadow.py."""

    id = models.CharField(primary_key=True, max_length=24)
    version = models.ForeignKey(Version, models.CASCADE, related_name="hits")
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=80)
    at = models.DateTimeField()
    taken_at = models.DateTimeField()
    score = models.FloatField()
    already = models.FloatField()
    band = models.CharField(max_length=12)
    measure = models.CharField(max_length=20)
    body = models.JSONField()

    objects = HitQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["version", "-at"], name="hit_recent")]

    @property
    def subject(self) -> Subject:
        """Whom, for masking and links."""
        return Subject(self.kind, self.value, self.network, self.region)


class Trial(Scoped):
    """A backtest of a version over a stretch of the lake. The report lies in FANZHA_HOME/lab/reports/PK.json."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="trials")
    since = models.DateTimeField(_("自"))
    until = models.DateTimeField(_("至"))
    leaf = models.CharField(_("扫描的门限"), max_length=80, blank=True)
    text = models.TextField()  # as it was when asked: a draft may be edited since
    state = models.CharField(max_length=10, choices=Progress.choices, default=Progress.QUEUED)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=80, blank=True)
    done = models.FloatField(default=0)  # share of the step
    process = models.IntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    summary = models.JSONField(default=dict)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("回测")
        ordering = ("-asked_at", "-pk")

    @property
    def state_label(self) -> str:
        """Its state, in words."""
        return str(Progress(self.state).label)

    @property
    def going(self) -> bool:
        """Whether its page should look again."""
        return self.state in (Progress.QUEUED, Progress.RUNNING)

    @property
    def percent(self) -> int:
        """Of the present step."""
        return round(100 * self.done)

    def told(self) -> dict[str, Any]:
        """For the audit trail."""
        return {"rule": self.version.name, "since": self.since.isoformat(), "until": self.until.isoformat()}
