"""Decides what is kept of a list item and of an import; of a restricted person only a keyed hash and a masked name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fanzha.desk.lists.choices import HOLDING, TONES, Authority, Exemption, ImportState, Kind, List, State
from fanzha.desk.lists.terms import terms
from fanzha.desk.lists.workflow import IMPORT, ITEM
from fanzha.desk.masking.mask import mask
from fanzha.desk.masking.subject import Subject
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow


def shown(kind: str, value: str, person: str, paper: str) -> str:
    """What everyone may see of an item: a person's name and document, or its value, masked."""
    if kind == Kind.PERSON:
        return f"{person} {paper}"
    return value if kind == Kind.PREFIX else mask(kind, value)


class ItemQuerySet(ScopedQuerySet):
    """Items."""

    def holding(self, now: datetime) -> Self:
        """Those that count at this moment."""
        return self.filter(state__in=HOLDING, starts__lte=now, expires__gt=now)

    def expiring(self, now: datetime) -> Self:
        """Those that end within the reminder's days."""
        return self.filter(state__in=HOLDING, expires__lte=now + timedelta(days=terms().reminder_days))


class Import(Scoped, Staged):
    """An Excel of items: tried, sent for approval, then taken as a whole. rows = good + faulty."""

    workflow: ClassVar[Workflow] = IMPORT

    list = models.CharField(_("名单"), max_length=12, choices=List.choices)
    name = models.CharField(_("文件名"), max_length=120)
    stored = models.CharField(max_length=80)
    rows = models.IntegerField(_("行数"))
    good = models.IntegerField(_("可导入"))
    faulty = models.IntegerField(_("有误"))
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("提出人"))
    made_at = models.DateTimeField(_("时间"))

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("名单导入")
        ordering = ("-made_at",)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return {ImportState.WAITING: "yellow", ImportState.DONE: "green"}.get(ImportState(self.state), "secondary")


_FILTERED = ("state", "region", "expires", "assigned_organisation", "assigned_user")


class Item(Scoped, Staged):
    """One line of a list. `value`: a number, prefix or IMEI in full; of a person, the keyed hash of the document."""

    workflow: ClassVar[Workflow] = ITEM

    list = models.CharField(_("名单"), max_length=12, choices=List.choices)
    kind = models.CharField(_("对象"), max_length=8, choices=Kind.choices)
    value = models.CharField(_("号码或标识"), max_length=80)
    person = models.CharField(_("姓名（脱敏）"), max_length=60, blank=True)
    paper = models.CharField(_("证件（脱敏）"), max_length=40, blank=True)
    reason = models.CharField(_("原因"), max_length=20)
    why = models.CharField(_("说明"), max_length=300, blank=True)
    document = models.CharField(_("文书编号"), max_length=80, blank=True)
    authority = models.CharField(_("认定机关层级"), max_length=10, choices=Authority.choices, blank=True)
    kept = models.CharField(_("保留号码"), max_length=80, blank=True)
    trunk = models.CharField(_("中继"), max_length=60, blank=True)
    exemption = models.CharField(_("豁免"), max_length=6, choices=Exemption.choices, blank=True)
    starts = models.DateTimeField(_("自"))
    expires = models.DateTimeField(_("至"))
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("提出人"))
    proposed_at = models.DateTimeField(_("提出时间"))
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("审批人"))
    reminded_at = models.DateTimeField(null=True)
    brought = models.ForeignKey(Import, models.PROTECT, null=True, related_name="items")

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("名单")
        indexes = [
            models.Index(fields=["network", "list", "-proposed_at", "-id", *_FILTERED], name="item_recent"),
            models.Index(fields=["list", "value"], name="item_value"),
            models.Index(fields=["state", "expires"], name="item_ending"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["network", "list", "kind", "value", "trunk"],
                condition=Q(state__in=("proposed", "active", "contested")),
                name="one_item_of_a_value",
            ),
            models.CheckConstraint(condition=Q(expires__gt=models.F("starts")), name="item_has_an_end"),
        ]

    def __str__(self) -> str:
        return f"{self.get_list_display()} {self.shown}"

    @property
    def subject(self) -> Subject:
        """Whom it names, for masking and links; a person is never linked."""
        return Subject(self.kind, self.value, self.network, self.region)

    @property
    def shown(self) -> str:
        """What everyone may see of it."""
        return shown(self.kind, self.value, self.person, self.paper)

    @property
    def kept_shown(self) -> str:
        """The number that a restricted person keeps, masked."""
        return Subject("number", self.kept, self.network, self.region).masked if self.kept else ""

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def entry(self) -> str:
        """The id of its line in the policy."""
        return f"list:{self.pk}"
