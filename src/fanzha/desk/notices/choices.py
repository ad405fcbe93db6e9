"""Decides where a notice stands, and how a letter is served."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """A notice that failed too often waits for people; one held back is a secret of an investigation."""

    PENDING = "pending", _("待发送")
    SENT = "sent", _("已发送")
    FAILED = "failed", _("发送失败")
    HELD = "held", _("侦查保密暂缓")


TONES = {State.PENDING: "yellow", State.SENT: "green", State.FAILED: "red", State.HELD: "secondary"}


class Way(TextChoices):
    """How a written notice reached the person (送达方式)."""

    PERSON = "person", _("当面送达")
    POST = "post", _("邮寄送达")
    POLICE = "police", _("由认定机关送达")
    PUBLIC = "public", _("公告送达")
