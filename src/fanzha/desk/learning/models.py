"""Decides what the desk keeps of a model version beside its signed files: where it stands, and who let it speak."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fanzha.desk.learning.choices import ADVICE, TONES, State
from fanzha.desk.learning.workflow import LEARNING
from fanzha.desk.organisations.models import User
from fanzha.desk.rights.models import Scoped, ScopedQuerySet
from fanzha.desk.workflow.models import Staged
from fanzha.desk.workflow.table import Workflow
from fanzha.detection.learning.shelf import Shelf


class ModelVersion(Scoped, Staged):
    """One version of a network's model. `body`: its lineage (detection/learning/shelf.py) as JSON."""

    workflow: ClassVar[Workflow] = LEARNING

    number = models.IntegerField(_("版本"))
    fingerprint = models.CharField(_("指纹"), max_length=20)
    made_at = models.DateTimeField(_("训练时间"))
    body = models.JSONField()
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("提请人"))
    why = models.CharField(_("理由"), max_length=500, blank=True)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("批准人"))

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("模型版本")
        ordering = ("network", "-number")
        constraints = [
            models.UniqueConstraint(fields=["network", "number"], name="one_model_of_a_number"),
            models.UniqueConstraint(fields=["network"], condition=Q(state="released"), name="one_model_speaks"),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")), name="model_four_eyes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} v{self.number}"

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[State(self.state)]

    @property
    def shelf(self) -> Shelf:
        """Where its files lie."""
        return Shelf(settings.HOME, self.network)

    @property
    def contest(self) -> dict[str, Any]:
        """How it compared."""
        found: dict[str, Any] = self.body["contest"]
        return found

    @property
    def advice(self) -> str | Promise:
        """What the comparison says, in words."""
        return ADVICE[self.contest["advice"]]
