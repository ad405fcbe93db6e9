"""Decides in which language a subscriber is told: the one they chose, else by the country of their number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.masking.subject import Subject
from fanzha.desk.measures.models import Measure
from fanzha.desk.notices.models import Language
from fanzha.desk.notices.words import words
from fanzha.desk.organisations.models import User
from fanzha.errors import Refused

_CHUNK = 500  # values in one query
_HOME = "+86"


def languages_of(measures: Sequence[Measure]) -> dict[tuple[str, str], str]:
    """(network, value) -> language."""
    chosen: dict[tuple[str, str], str] = {}
    for at in range(0, len(measures), _CHUNK):
        some = {each.value for each in measures[at : at + _CHUNK]}
        for row in Language.objects.filter(value__in=some):
            chosen[row.network, row.value] = row.language
    return {
        (each.network, each.value): chosen.get((each.network, each.value)) or usual(each.value) for each in measures
    }


def usual(value: str) -> str:
    """Before anybody has chosen."""
    abroad = value.startswith("+") and not value.startswith(_HOME)
    return words().languages.abroad if abroad else words().languages.home


def choose(by: User | None, subject: Subject, language: str, at: datetime) -> None:
    """From now on they are told in this language. by None: the subscriber, on the appeal page. Raises Refused."""
    if language not in dict(settings.LANGUAGES):
        raise Refused(_("没有这种语言"), where=language[:8])
    with transaction.atomic():
        Language.objects.update_or_create(
            network=subject.network, value=subject.value, defaults={"language": language, "at": at}
        )
        told = {"shown": subject.masked, "language": language}
        record(
            by, [Act("notices.language", "number", subject.digest, subject.network, subject.region, data=told)], at=at
        )
