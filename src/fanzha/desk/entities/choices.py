"""Decides by what one number, device or cell may be joined to another."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class By(TextChoices):
    """What joins two; the first is the strongest."""

    DOCUMENT = "document", _("同一证件")
    BATCH = "batch", _("同批开卡（同日、同地、同套餐）")
    DEVICE = "device", _("同一终端")
    CELL = "cell", _("同一小区")
    CONTACT = "contact", _("通话联系")
