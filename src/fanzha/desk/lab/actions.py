"""Decides how rules are drafted, moved step by step, and taken back: each in one transaction with audit and release."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha.desk.audit.actions import record
from fanzha.desk.audit.models import Entry
from fanzha.desk.lab import measured, undoing
from fanzha.desk.lab.choices import Origin, State, Trip
from fanzha.desk.lab.drafting import checked, renumbered
from fanzha.desk.lab.models import Spent, Version
from fanzha.desk.lab.querysets import VersionQuerySet
from fanzha.desk.lab.releasing import renew
from fanzha.desk.lab.terms import terms
from fanzha.desk.organisations.models import Network, User
from fanzha.desk.rights.seats import holds, seats_of
from fanzha.desk.typed import whole
from fanzha.desk.workflow.actions import act_of, enter, move, refusal
from fanzha.detection.rule import Rule
from fanzha.errors import Refused

_log = logging.getLogger(__name__)
_SILENT = ("review", "send_back", "discard")  # acts that change nothing of what runs
GOING_BACK = ("roll_back", "retire", "step_back")
_ENDS = ("rules.supersede", "rules.retire", "rules.roll_back", "rules.discard")
_MOST_BUDGET = 100_000


def may(user: User, right: str, network: str) -> bool:
    """Whether somebody of the network's own operator holds a right, in whatever region: a rule judges all of it."""
    return any(seat.kind == "operator" and right in seat.rights and network in seat.networks for seat in seats_of(user))


def draft(by: User, network: str, text: str, note: str) -> Version:
    """A new version of a rule, the next after all there were. Raises PermissionDenied, Refused with the text's line."""
    if not may(by, "rules.draft", network):
        raise PermissionDenied("rules.draft")
    rule, now = _ruled(text), timezone.now()
    home = Network.objects.get(code=network)
    with transaction.atomic():
        Network.objects.select_for_update(no_key=True).get(pk=home.pk)
        same = Version.objects.filter(network=network, rule=rule.id)
        if same.filter(state=State.DRAFT).exists():
            raise Refused(_("这条规则已有草稿，请先改完或放弃它"), where=rule.id)
        newest = same.order_by("-version").values_list("version", flat=True).first() or 0
        made = Version(
            network=network, region=home.region, rule=rule.id, version=newest + 1, origin=Origin.DESK,
            drafted_by=by, assigned_user=by, drafted_at=now, state=State.DRAFT, moved_at=now, moved_by=by,
            **_budgets_of(same),
        )  # fmt: skip
        _write(made, text, rule, note)
        made.save()
        record(by, [act_of(made, "rules.draft", made.note, {"rule": made.name, "text": made.text})], at=now)
    return made


def _budgets_of(versions: VersionQuerySet) -> dict[str, int | None]:
    """The rule's own budgets as they stand: a new version does not widen them by being new."""
    own = ("hourly_proposals", "hourly_measures")
    return versions.order_by("-version").values(*own).first() or {}


def edit(by: User, pk: int, text: str, note: str) -> Version:
    """Change a draft; whoever edits it last is its author, and so cannot review it."""
    rule, now = _ruled(text), timezone.now()
    with transaction.atomic():
        found: Version = Version.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if not may(by, "rules.draft", found.network):
            raise PermissionDenied("rules.draft")
        if found.state != State.DRAFT:
            raise Refused(_("已复核的版本不能再改，请起草新版本"))
        if rule.id != found.rule:
            raise Refused(_("规则编号不能改：%(rule)s") % {"rule": found.rule}, hint=_("另起草一条规则"))
        _write(found, text, rule, note)
        found.drafted_by, found.assigned_user, found.moved_at = by, by, now
        found.save()
        record(by, [act_of(found, "rules.edit", found.note, {"rule": found.name, "text": found.text})], at=now)
    return found


def _ruled(text: str) -> Rule:
    found = checked(text)
    if found.rule is None:
        raise Refused(found.message, where=_("第 %(line)s 行") % {"line": found.line} if found.line else "",
                      hint=found.hint)  # fmt: skip
    if found.rule.cli:
        raise Refused(_("虚假主叫规则由号码规划判定，不能在此起草"))
    return found.rule


def _write(version: Version, text: str, rule: Rule, note: str) -> None:
    version.text = renumbered(text, version.version)
    version.scheme, version.entity = rule.scheme, rule.entity.name.lower()
    version.zh, version.en = rule.title.zh[:200], rule.title.en[:200]
    version.note = whole(note, 300, "note")
    written = checked(version.text).rule
    if written is None or written.version != version.version:
        raise Refused(_("请把 version 单独写成一行"))


def step(by: User, pk: int, name: str, *, reason: str = "", undo: bool = False) -> Version:
    """Take one act of the workflow, with all that it entails for the rule's other versions and for what runs.

    undo: where the act takes the version back, ask in the same act that what it did be undone.
    Raises PermissionDenied, Refused (also where the release could not run).
    """
    batch = secrets.token_hex(8)
    try:
        with transaction.atomic():
            rows: dict[int, Version] = _locked(Version.objects.get(pk=pk)).in_bulk()
            found, others = rows.pop(pk), list(rows.values())
            told: dict[str, Any] = {"rule": found.name}
            if found.shadowed or found.acts:
                told["measured"] = measured.said(found)
            target = Version.workflow.by_name[name].target if name in Version.workflow.by_name else ""
            was = found.state
            if undo and name in GOING_BACK:
                undoing.hold(found)
            if name == "review":
                _ruled(found.text)  # fields, lists and measures may have changed since it was typed
            if target == State.LIVE:
                _check_moves(found, name, by, reason)
                _retire(others, by, batch)
            found = move(found, name, by, reason=reason, batch=batch, data=told)
            _settled(found)
            if name == "roll_back":
                _succeed(others, by, was, batch)
            if undo and name in GOING_BACK:
                undoing.undo(by, found, reason)
            if name not in _SILENT:
                renew(found.network)
    except IntegrityError as error:
        raise Refused(_("这条规则已有另一个版本在份额或全量运行"), hint=_("先退回或停用那个版本")) from error
    return found


def _locked(found: Version) -> Any:
    same = Version.objects.filter(network=found.network, rule=found.rule)
    return same.select_for_update(of=("self",), no_key=True).order_by("pk")


def _check_moves(found: Version, name: str, by: User, reason: str) -> None:
    """Refuse before others make room for it."""
    transition = Version.workflow.by_name[name]
    if not holds(by, transition.right, found):
        raise PermissionDenied(transition.right)
    why = refusal(found, transition, by, reason)
    if why is not None:
        raise Refused(str(why), where=f"rules {found.pk}")


def _retire(others: list[Version], by: User, batch: str) -> None:
    """Whatever stood for the rule gives way to the version that goes live."""
    now = timezone.now()
    for each in others:
        if each.state in (State.LIVE, State.TRIPPED):
            told: dict[str, Any] = {"rule": each.name, "from": each.state}
            if each.acts or each.shadowed:
                told["measured"] = measured.said(each)
            each.tripped_from, each.tripped_why = "", ""
            enter(each, Version.workflow.by_name["supersede"], now, by)
            each.save()
            record(by, [act_of(each, "rules.supersede", "", told)], at=now, batch=batch)


def _succeed(others: list[Version], by: User, was: str, batch: str) -> None:
    """Going back: the version that gave way to another comes back, unless one is live; none that a person stopped."""
    former = sorted((each for each in others if each.was_live and _gave_way(each)), key=_since)
    if not former or any(each.state == State.LIVE for each in others):
        return
    now, back = timezone.now(), former[-1]
    enter(back, Version.workflow.by_name["succeed"], now, by)
    back.save()
    record(by, [act_of(back, "rules.succeed", "", {"rule": back.name, "after": was})], at=now, batch=batch)


def _gave_way(version: Version) -> bool:
    """Whether it rests because a newer one took its place, rather than by somebody's judgement of it."""
    last = Entry.objects.about("version", version.pk).filter(action__in=_ENDS).order_by("-number").first()
    if version.state != State.RETIRED or last is None or last.action != "rules.supersede":
        return False
    return bool(last.data.get("from", State.LIVE) == State.LIVE)  # one that had tripped still waits for a person


def _since(version: Version) -> datetime:
    return version.moved_at


def _settled(found: Version) -> None:
    """What an act leaves behind on the row; a person who lets a rule act again gives it a fresh hour."""
    if found.state == State.LIVE:
        found.was_live = True
    if found.state != State.TRIPPED:
        found.tripped_from, found.tripped_why = "", ""
    found.save(update_fields=["was_live", "tripped_from", "tripped_why"])
    if found.acts:
        Spent.objects.filter(version=found).delete()


def budget(by: User, pk: int, proposals: int | None, measures: int | None, reason: str) -> Version:
    """A version's own hourly budgets; None for the default. Raises PermissionDenied, Refused."""
    with transaction.atomic():
        found: Version = Version.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if not may(by, "rules.release", found.network):
            raise PermissionDenied("rules.release")
        if not reason.strip():
            raise Refused(_("请填写理由"))
        if any(value is not None and not 0 <= value <= _MOST_BUDGET for value in (proposals, measures)):
            raise Refused(_("预算为 0 至 %(most)s") % {"most": _MOST_BUDGET})
        found.hourly_proposals, found.hourly_measures = proposals, measures
        found.save(update_fields=["hourly_proposals", "hourly_measures"])
        told = {"rule": found.name, "proposals": proposals, "measures": measures}
        record(by, [act_of(found, "rules.budget", reason, told)])
    return found


def trip(version: Version, why: Trip, data: dict[str, Any], now: datetime) -> bool:
    """Stop a rule that went too far: to shadow at once, loudly, until a person decides. Whether it did."""
    with transaction.atomic():
        found: Version = Version.objects.select_for_update(of=("self",), no_key=True).get(pk=version.pk)
        if not found.acts:
            return False
        did = measured.said(found)
        found.tripped_from, found.tripped_why = found.state, why
        enter(found, Version.workflow.by_name["trip"], now, None)
        found.save()
        told = {"rule": found.name, "why": str(why), "from": found.tripped_from, "measured": did, **data}
        record(None, [act_of(found, "rules.trip", str(why.label), told)], at=now)
        renew(found.network)
    _log.error("RULE TRIPPED 规则跳闸: %s in %s fell to shadow: %s %s", found.name, found.network, why, data)
    return True


def steps_left(version: Version) -> float:
    """Hours that the present step should still be watched before the next, 0 when it was long enough."""
    following = {State.SHADOW: "share1", State.SHARE1: "share10", State.SHARE10: "live"}.get(State(version.state))
    if following is None:
        return 0.0
    seen = (timezone.now() - version.moved_at).total_seconds() / 3600
    return max(0.0, terms().steps[following].hours - seen)
