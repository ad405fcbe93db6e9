"""Decides who lives in the demonstration: one province, its operator, police and regulator, and eight people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from fanzha.desk.organisations import actions
from fanzha.desk.organisations.choices import Kind, Level
from fanzha.desk.organisations.models import Network, Organisation, User

PASSWORD = "fanzha-demo"  # on this machine only, and only with FANZHA_DEMO


@dataclass(frozen=True)
class Person:
    """One login. `office`: which of the organisations below."""

    username: str
    zh: str
    en: str
    name: str
    office: str
    role: str


PEOPLE = (
    Person("duty", "省级值班员", "provincial duty officer", "周值班", "police", "duty_officer"),
    Person("analyst", "市级研判员", "city analyst", "李研判", "branch", "analyst"),
    Person("leader", "班组长", "team leader", "王组长", "operator", "leader"),
    Person("regulator", "监管人员", "regulator", "陈监管", "regulator", "regulator"),
    Person("subscriber", "用户本人", "subscriber", "赵用户", "", ""),
    # Who approved a measure cannot decide the appeal against it.
    Person("leader2", "另一位班组长，负责复核", "a second team leader, for four eyes", "孙组长", "operator", "leader"),
    # Rights grow by two administrators.
    Person("admin", "系统管理员", "administrator", "钱管理", "operator", "administrator"),
    Person("admin2", "另一位系统管理员，负责复核", "a second administrator", "吴管理", "operator", "administrator"),
)


def settle(network: str = "default", province: str = "42", city: str = "4201", number: str = "") -> None:
    """Make the organisations, the network and the people, once; `number` becomes the subscriber's own."""
    with transaction.atomic():
        if not Network.objects.filter(code=network).exists():
            _offices(network, province, city)
        for person in PEOPLE:
            if not User.objects.filter(username=person.username).exists():
                user = actions.add_person(None, person.username, person.name, PASSWORD, demo=True)
                if person.office:
                    actions.seat(None, user, Organisation.objects.get(name=OFFICES[person.office]), person.role)
        if number:
            User.objects.filter(username="subscriber", demo=True).update(number=number)


OFFICES = {
    "operator": "示范移动省公司",
    "branch": "示范移动市分公司",
    "police": "示范省反诈中心",
    "regulator": "示范省通信管理局",
}


def _offices(network: str, province: str, city: str) -> None:
    add = actions.add_organisation
    operator = add(None, OFFICES["operator"], Kind.OPERATOR, Level.PROVINCE, province)
    add(None, OFFICES["branch"], Kind.OPERATOR, Level.CITY, city, operator)
    police = add(None, OFFICES["police"], Kind.POLICE, Level.PROVINCE, province)
    regulator = add(None, OFFICES["regulator"], Kind.REGULATOR, Level.PROVINCE, province)
    made = actions.add_network(None, network, operator, province)
    now = timezone.now()
    for office, basis in ((police, "反电信网络诈骗法第三十四条"), (regulator, "反电信网络诈骗法第六条")):
        actions.grant(None, made, office, basis, now, now + timedelta(days=3650))
