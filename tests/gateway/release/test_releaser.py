from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from fanzha.gateway.live.event import DialogEvent, DialogState
from fanzha.gateway.live.livecalls import Outcome
from fanzha.gateway.release.ledger import Ledger, Release
from fanzha.gateway.release.memory import Fault, MemorySwitch
from fanzha.gateway.release.releaser import Releaser
from fanzha.gateway.release.rules import release_words
from fanzha.gateway.release.switch import Dialog, Side

EDGE, CALLER, CALLEE = (bytes((10, 0, 0, last)) for last in (2, 1, 4))


class Bench:
    """A live table with one talking call, a switch in memory, and the ledger."""

    def __init__(self, desk, folder: Path, fault: Fault | None = None, **fields: str) -> None:
        self.desk, self.folder = desk, folder
        ringing = fields.pop("ringing", "")
        self.wire = desk.wire(**fields).invite().answer("180 Ringing" if ringing else "200 OK").later(200)
        self.switch = MemorySwitch(self.leg_ended, fault)
        self.ledger = Ledger(folder)
        self.words = msgspec.structs.replace(release_words(), proof_ms=30)
        self.releaser = Releaser(desk.table, self.switch, self.ledger, self.words)

    def leg_ended(self, dialog: Dialog, side: Side) -> None:
        """The edge's BYE to one leg and its answer, or the end of its ringing, as they are mirrored."""
        call = self.desk.table.find(dialog.call_id)
        if call is not None and not call.answered:
            self.wire.answer("487 Request Terminated")
            return
        wire, leg = self.wire, CALLER if side == "caller" else CALLEE
        tags = (dialog.to_tag, dialog.from_tag) if side == "caller" else (dialog.from_tag, dialog.to_tag)
        pair = {"ftag": tags[0], "ttag": tags[1]}
        wire.sent(EDGE, leg, "BYE sip:x@h SIP/2.0", "9 BYE", ["y"], **pair)
        wire.sent(leg, EDGE, "SIP/2.0 200 OK", "9 BYE", ["y"], **pair)

    def run(self, work: Callable[[Releaser], Awaitable[Outcome]]) -> Outcome:
        """Do it in a loop of its own."""

        async def go() -> Outcome:
            return await work(self.releaser)

        return asyncio.run(go())

    def release(self, who: str = "Wang", why: str = "victim on the line") -> Outcome:
        """On a person's command."""
        return self.run(lambda releaser: releaser.release("one@example", who, why))

    @property
    def tickets(self) -> list:
        return [ticket for _, ticket in self.ledger.tickets.after(0)]


@pytest.fixture
def bench(desk, tmp_path: Path) -> Callable[..., Bench]:
    return lambda fault=None, **fields: Bench(desk, tmp_path / "release", fault, **fields)


def test_a_call_is_cut_on_both_legs_and_the_victim_is_called_back(bench) -> None:
    """A4, domain 2.3: the cut, its record, and a human call-back within five minutes, masked in its text."""
    desk = bench()
    outcome = desk.release()
    assert (outcome.result, outcome.proof, outcome.attempts) == ("released", "hep", 1)
    (ticket,) = desk.tickets
    assert ticket.id == outcome.ticket
    assert ticket.victim == "+8613987654321"
    assert ticket.deadline - ticket.made == 5 * 60 * 1_000_000
    assert "8613987654321" not in ticket.zh + ticket.en
    assert "8613812345678" not in ticket.zh + ticket.en
    (row,) = desk.desk.rows
    assert row.released_by == "network"
    kept = Ledger(desk.folder).of_call("one@example")
    assert kept is not None
    assert (kept.who, kept.why, kept.result, kept.caller) == (
        "Wang",
        "victim on the line",
        "released",
        "+8613812345678",
    )


def test_the_victim_may_be_the_one_who_called(bench) -> None:
    """Victims call back the number they were given."""
    desk = bench()
    desk.run(lambda releaser: releaser.release("one@example", "Wang", "why", victim="caller"))
    assert [ticket.victim for ticket in desk.tickets] == ["+8613812345678"]


def test_a_call_that_still_rings_is_ended_before_anybody_answers(bench) -> None:
    desk = bench(ringing="yes")
    outcome = desk.release()
    assert (outcome.result, outcome.proof, outcome.attempts, outcome.ticket) == ("released", "hep", 1, "")
    assert desk.switch.commands == [("cancel", "one@example")]
    (row,) = desk.desk.rows
    assert (row.released_by, row.answered) == ("network", None)
    assert desk.tickets == []  # nobody was talked to


def test_answered_while_its_ringing_is_being_ended_it_is_cut_as_a_call(bench) -> None:
    desk = bench(ringing="yes")
    end = desk.switch._leg_ended

    def answered(dialog: Dialog, side: Side) -> None:
        desk.switch._leg_ended = end
        desk.wire.answer("200 OK")

    desk.switch._leg_ended = answered
    outcome = desk.release()
    assert (outcome.result, outcome.attempts) == ("released", 2)
    assert [name for name, _ in desk.switch.commands] == ["cancel", "terminate"]
    assert len(desk.tickets) == 1


def test_asked_twice_it_is_done_once(bench) -> None:
    desk = bench()

    async def both(releaser: Releaser) -> Outcome:
        one, two = await asyncio.gather(*(releaser.release("one@example", "Li", "why") for _ in range(2)))
        assert (one.again, two.again) == (False, True)
        return await releaser.release("one@example", "Li", "why")

    assert desk.run(both).again
    assert [name for name, _ in desk.switch.commands] == ["terminate"]
    assert len(desk.tickets) == 1


def test_one_leg_left_is_ended_by_our_own_bye(bench) -> None:
    """Kamailio issues 4169 and 4268: success, and only one BYE."""
    desk = bench("one_leg")
    outcome = desk.release()
    assert (outcome.result, outcome.attempts) == ("released", 2)
    assert [name for name, _ in desk.switch.commands] == ["terminate", "bye callee"]


def test_success_that_is_a_lie_is_told_as_what_it_is(bench) -> None:
    desk = bench("silent")
    outcome = desk.release()
    assert (outcome.result, outcome.proof) == ("unproven", "")
    assert [name for name, _ in desk.switch.commands] == ["terminate", "terminate", "bye caller", "bye callee"]
    assert len(desk.tickets) == 1
    desk.switch.fault = None
    again = desk.release()
    assert (again.result, again.again) == ("released", False)


def test_a_switch_that_refuses_is_no_end(bench) -> None:
    assert bench("refuses").release().result == "unproven"


@pytest.mark.parametrize("callee", ["110", "119", "120", "122", "0571110", "96110", "12345", "+86110", "95588"])
def test_calls_to_emergency_and_public_services_are_never_cut(bench, callee: str) -> None:
    desk = bench(callee=callee)
    outcome = desk.release()
    assert outcome.result == "refused"
    assert desk.switch.commands == []
    assert desk.tickets == []
    assert Ledger(desk.folder).of_call("one@example").result == "refused"


def test_the_polices_own_call_is_never_cut(bench) -> None:
    assert bench(caller="110").release().result == "refused"


@pytest.mark.parametrize(("who", "why"), [("", "why"), ("Wang", " ")])
def test_a_command_needs_a_person_and_a_reason(bench, who: str, why: str) -> None:
    assert bench().release(who, why).result == "refused"


def test_what_is_not_there_is_told(bench) -> None:
    desk = bench()
    assert desk.run(lambda releaser: releaser.release("other", "Wang", "why")).result == "unknown"
    desk.wire.bye()
    assert desk.release().result == "gone"


def test_a_party_that_hangs_up_meanwhile_is_proof(bench) -> None:
    desk = bench("silent")

    async def hung(releaser: Releaser) -> Outcome:
        task = asyncio.ensure_future(releaser.release("one@example", "Wang", "why"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        desk.wire.bye("caller", answered=False)
        return await task

    outcome = desk.run(hung)
    assert outcome.result == "released"


def test_without_a_mirror_the_switchs_report_is_the_proof(desk, bench) -> None:
    one = bench()
    told = {"key": "two", "from_tag": "a", "to_tag": "b", "caller": "+8613812345678", "callee": "+8613987654321"}
    desk.table.reported(DialogEvent(state=DialogState.CONFIRMED, at=1, **told))
    ended = DialogEvent(state=DialogState.TERMINATED, at=2, **told)
    one.switch._leg_ended = lambda *_: desk.table.reported(ended)
    outcome = one.run(lambda releaser: releaser.release("two", "Wang", "why"))
    assert (outcome.result, outcome.proof) == ("released", "dialog")


def test_killed_between_command_and_outcome_the_victim_is_still_called(bench, desk, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "release")
    ledger.note(Release(id="x", call="c", at=1, who="Wang", why="w", result="commanded", callee="+8613987654321"))
    one = bench()
    assert [ticket.release for ticket in one.tickets] == ["x"]
    assert one.ledger.of("x").result == "unproven"


def test_the_outbox_is_read_with_a_cursor(bench) -> None:
    desk = bench()
    desk.release()
    ((cursor, _),) = desk.ledger.tickets.after(0)
    assert list(desk.ledger.tickets.after(cursor)) == []
    with (desk.folder / "tickets.jsonl").open("ab") as file:
        file.write(b'{"id": "torn')
    Ledger(desk.folder).tickets.append(desk.tickets[0])
    assert len(desk.tickets) == 2
    assert (desk.folder / "tickets.jsonl").stat().st_mode & 0o077 == 0
