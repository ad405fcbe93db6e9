"""Decides what the audit trail keeps of an act, and where its chain stands."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import User
from fanzha.desk.rights.seats import Anyone, region_within, seats_of

SYSTEM = "系统 system"  # the name of whoever acts when nobody is signed in
SHOWN = 50  # acts told on the page of what they are about


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries that know who may read them."""

    def visible_to(self, user: Anyone, right: str = "audit.view") -> Self:
        """One's networks and region; acts about no network (sign-ins, people) only where one manages people."""
        found = Q(pk__in=[])
        for seat in seats_of(user):
            if right in seat.rights:
                found |= Q(network__in=seat.networks) & region_within(seat.region)
                if "people.manage" in seat.rights:
                    found |= Q(network="")
        return self.filter(found)

    def about(self, kind: str, subject: str | int) -> Self:
        """The acts on one object."""
        return self.filter(kind=kind, subject=str(subject))


class Entry(models.Model):
    """One act. `number` counts without a gap; `seal` is keyed over the content and the seal before it."""

    number = models.BigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"), db_index=True)
    actor = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", db_constraint=False, verbose_name=_("操作人")
    )
    actor_name = models.CharField(max_length=200)  # as it was then, with the organisation
    action = models.CharField(_("动作"), max_length=60, db_index=True)
    kind = models.CharField(_("对象类型"), max_length=40)
    subject = models.CharField(_("对象"), max_length=64)
    network = models.CharField(_("网络"), max_length=40, blank=True)
    region = models.CharField(_("区划代码"), max_length=6, blank=True)
    reason = models.TextField(_("理由"), blank=True)
    data = models.JSONField(_("内容"), default=dict)
    batch = models.CharField(_("批次"), max_length=32, blank=True)
    seal = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("审计记录")
        ordering = ("-number",)
        indexes = [models.Index(fields=["kind", "subject", "number"], name="audit_subject")]

    @property
    def who(self) -> str:
        """Who acted, in the reader's language where it was nobody."""
        return gettext("系统") if self.actor_name == SYSTEM else self.actor_name


class Head(models.Model):
    """The end of the chain, in one row: without it, cutting off the last entries would not show."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    seal = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64, blank=True)
