from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from fanzha.desk.organisations.models import Grant, Membership, Network, User
from fanzha.desk.rights.seats import seats_of

COMMANDS = "fanzha.desk.organisations.management.commands"


@pytest.fixture
def office(db: None) -> None:
    """An operator with its network, and the police beside it."""
    call_command("add_organisation", "某省公司", "operator", "province", "42", verbosity=0)
    call_command("add_organisation", "省反诈中心", "police", "province", "42", verbosity=0)
    call_command("add_network", "default", "--operator", "某省公司", verbosity=0)


def test_from_nothing_to_someone_who_sees(office: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{COMMANDS}.add_person.getpass", lambda _prompt: "a long enough phrase")
    call_command("add_person", "wang", "王组长", "--office", "省反诈中心", "--role", "leader")
    wang = User.objects.get()
    assert seats_of(wang)[0].networks == frozenset()
    call_command("grant_network", "default", "--to", "省反诈中心", "--basis", "协议 1", "--days", "30")
    assert Grant.objects.count() == 1
    assert seats_of(User.objects.get())[0].networks == {"default"}
    assert Network.objects.get().region == "42"


def test_a_weak_password_adds_nobody(office: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{COMMANDS}.add_person.getpass", lambda _prompt: "password")
    with pytest.raises(CommandError):
        call_command("add_person", "wang", "王组长", "--office", "某省公司", "--role", "leader")
    assert not User.objects.exists()


def test_a_role_that_the_office_does_not_have(office: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from fanzha.errors import Refused

    monkeypatch.setattr(f"{COMMANDS}.add_person.getpass", lambda _prompt: "a long enough phrase")
    with pytest.raises(Refused):
        call_command("add_person", "wang", "王", "--office", "某省公司", "--role", "duty_officer")
    assert not Membership.objects.exists()
    assert not User.objects.exists()
