"""Decides what every row that people see must carry: its network, its region, and whom it was assigned to."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from fanzha.desk.organisations.models import REGION, Organisation, User
from fanzha.desk.rights.seats import Anyone, reach


class ScopedQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Rows that know who may see them; page, API, export and graph all ask `visible_to`."""

    def visible_to(self, user: Anyone, right: str) -> Self:
        """Those that a right of this person reaches; none where the right is missing."""
        return self.filter(reach(user, right))


class Scoped(models.Model):
    """A row of one network in one region (GB/T 2260, up to six digits)."""

    network = models.CharField(_("网络"), max_length=40)
    region = models.CharField(_("区划代码"), max_length=6, blank=True, validators=[REGION])
    assigned_organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("分派机构")
    )
    assigned_user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("分派人员")
    )

    class Meta:
        abstract = True
