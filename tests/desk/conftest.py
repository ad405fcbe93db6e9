"""A desk with two provinces, two operators, and people of every role, for the tests of this room."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import django
import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation

os.environ["DJANGO_SETTINGS_MODULE"] = "fanzha.desk.settings"
os.environ.setdefault("FANZHA_SECRET_KEY", "a key of tests, kept nowhere else")
django.setup()

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the cost is not what is tested
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# As in a desk that runs: its routes tell which scopes a key may have. After the settings, for it reads the hashers.
import_module(settings.ROOT_URLCONF)

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)  # a Monday, ten in the morning in Shanghai


@pytest.fixture(autouse=True)
def chinese() -> Any:
    """Every test begins in Chinese, whatever the one before it read."""
    with translation.override("zh-hans"):
        yield


@pytest.fixture
def house(db: None) -> SimpleNamespace:
    """Organisations and networks: hb (Hubei, ours), hn (Hunan, another operator)."""
    from fanzha.desk.organisations import actions as make

    operator = make.add_organisation(None, "移动省公司", "operator", "province", "42")
    branch = make.add_organisation(None, "移动市分公司", "operator", "city", "4201", operator)
    police = make.add_organisation(None, "省反诈中心", "police", "province", "42")
    station = make.add_organisation(None, "珞珈山派出所", "police", "station", "420106", police)
    regulator = make.add_organisation(None, "省通信管理局", "regulator", "province", "42")
    bank = make.add_organisation(None, "示范银行", "bank", "province", "42")
    shop = make.add_organisation(None, "光谷营业厅", "shop", "station", "420111", operator)
    other = make.add_organisation(None, "湖南电信", "operator", "province", "43")
    hb, hn = make.add_network(None, "hb", operator, "42"), make.add_network(None, "hn", other, "43")
    for office in (police, regulator):
        make.grant(None, hb, office, "依据", timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=365))
    return SimpleNamespace(
        operator=operator, branch=branch, police=police, station=station, regulator=regulator, bank=bank, shop=shop,
        other=other, hb=hb, hn=hn,
    )  # fmt: skip


ROLES = {  # login -> organisation, role
    "duty": ("police", "duty_officer"),
    "analyst": ("branch", "analyst"),
    "leader": ("operator", "leader"),
    "leader2": ("operator", "leader"),
    "station": ("station", "station_officer"),
    "regulator": ("regulator", "regulator"),
    "bank": ("bank", "bank_liaison"),
    "clerk": ("shop", "clerk"),
    "admin": ("operator", "administrator"),
    "stranger": ("other", "leader"),
    "subscriber": ("", ""),
}


@pytest.fixture
def people(house: SimpleNamespace) -> dict[str, Any]:
    """One person of every role, `leader2` a second leader, `stranger` a leader of the other operator."""
    from fanzha.desk.organisations import actions as make

    found = {}
    for login, (office, role) in ROLES.items():
        number = "+8613907110001" if login == "subscriber" else ""
        found[login] = make.add_person(None, login, login.capitalize(), "correct horse", number=number)
        if office:
            make.seat(None, found[login], getattr(house, office), role)
    return found


@pytest.fixture
def signed_in(people: dict[str, Any]) -> Callable[[str], Client]:
    """A browser of someone who is in."""

    def enter(name: str) -> Client:
        from fanzha.desk.login.actions import hashed
        from fanzha.desk.login.models import OpenSession

        client = Client(headers={"accept-language": "zh-CN"})
        client.force_login(people[name])
        now = timezone.now()
        key = hashed(client.session.session_key)
        OpenSession.objects.create(user=people[name], key=key, address="127.0.0.1", agent="test", begun=now, seen=now)
        return client

    return enter


@pytest.fixture
def legible() -> Callable[[Any], str]:
    """All that an answer says, packed workbooks unpacked."""

    def read(answer: Any) -> str:
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if not content.startswith(b"PK"):
            return str(content.decode(errors="replace"))
        with ZipFile(BytesIO(content)) as packed:
            return "\n".join(packed.read(name).decode() for name in packed.namelist())

    return read


def body(
    name: str = "a1", value: str = "+8613907110002", *, kind: str = "number", score: float = 82.0, band: str = "verify",
    scheme: str = "mass_dialling", network: str = "hb", last_seen: str = "2026-11-16T01:00:00Z",
) -> dict[str, Any]:  # fmt: skip
    """An alert as detection's outbox writes it."""
    title = {"zh": "一小时呼叫六十个陌生号码", "en": "Sixty strangers in an hour"}
    but = {
        "field": "new_contacts_1h",
        "was": 80.0,
        "instead": 59.0,
        "zh": "若为 59，不会产生本预警",
        "en": "if 59, none",
    }
    rule = {
        "id": "mass.hour",
        "version": 3,
        "family": "contacts",
        "score": score,
        "title": title,
        "counterfactual": but,
    }
    item = {
        "rule": "mass.hour", "fields": ["new_contacts_1h"], "value": 80.0, "op": ">=", "threshold": 60.0,
        "state": "holds",
        "zh": "1 小时新联系人为 80，阈值不低于 60（满足）", "en": "new contacts in 1 h: 80, at least 60 (holds)",
    }  # fmt: skip
    return {
        "id": name, "entity": {"network": network, "kind": kind, "value": value}, "scheme": scheme,
        "title": {"zh": "群拨陌生号码", "en": "Mass dialling of strangers"}, "score": score, "band": band,
        "first_seen": "2026-11-16T00:00:00Z", "last_seen": last_seen, "rule": rule, "model": None, "rules": [rule],
        "evidence": [item], "counterfactual": but, "unknown": [{"zh": "开卡时长", "en": "age of the card"}],
        "records": [11, 12], "measure": "verify", "calls_before_alert": 96,
        "legal": [{"zh": "反电信网络诈骗法第十一条", "en": "Anti-Telecom and Online Fraud Law, art. 11"}],
        "previous": None, "details": {}, "pack": "abc",
    }  # fmt: skip


@pytest.fixture
def written() -> Callable[..., dict[str, Any]]:
    """`body` for tests that write their own outbox."""
    return body


@pytest.fixture
def make_alert(house: SimpleNamespace) -> Callable[..., Any]:
    """An alert in the desk, by way of the intake; `region` and others are set afterwards."""
    from fanzha.desk.alerts.intake import _upsert
    from fanzha.desk.alerts.models import Alert

    def make(name: str = "a1", *, network: str = "hb", **changes: Any) -> Any:
        known = {
            key: changes.pop(key) for key in ("value", "kind", "score", "band", "scheme", "last_seen") if key in changes
        }
        with transaction.atomic():
            _upsert(network, [body(name, network=network, **known)], timezone.now())
        if changes:
            Alert.objects.filter(pk=name).update(**changes)
        return Alert.objects.get(pk=name)

    return make
