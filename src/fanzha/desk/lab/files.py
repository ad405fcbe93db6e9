"""Decides how rules of the files become versions of the laboratory: once each, live, unless the desk went further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from fanzha.desk.audit.actions import Act, record
from fanzha.desk.lab.choices import Origin, State
from fanzha.desk.lab.models import Version
from fanzha.desk.lab.releasing import files
from fanzha.desk.organisations.models import Network
from fanzha.desk.workflow.actions import act_of, enter
from fanzha.detection.excerpt import excerpt
from fanzha.detection.rule import Rule


def take_files(now: datetime) -> int:
    """For a timer: take over what the files of the installation say, for every network; how many versions are new."""
    rules = files().rules
    return sum(sync(network, rules, now) for network in Network.objects.order_by("code"))


def ensure(network: str) -> None:
    """Take the files over if that was never done, so that a page shows what runs."""
    if not Version.objects.filter(network=network).exists():
        sync(Network.objects.get(code=network), files().rules, timezone.now())


def sync(network: Network, rules: Sequence[Rule], now: datetime) -> int:
    """Every version that the files hold and the desk does not know; one newer than a file's that runs succeeds it."""
    with transaction.atomic():
        Network.objects.select_for_update(no_key=True).get(pk=network.pk)
        rows = list(Version.objects.filter(network=network.code))
        known = {(row.rule, row.version): row for row in rows}
        live = {row.rule: row for row in rows if row.state in (State.LIVE, State.TRIPPED)}
        fresh = [rule for rule in rules if (rule.id, rule.version) not in known]
        gone = _gone(rows, {(rule.id, rule.version) for rule in rules})
        outdated = [live[rule.id] for rule in fresh if rule.id in live and live[rule.id].origin == Origin.FILES]
        retired = {row.pk: row for row in (*gone, *outdated)}
        was: dict[int, str] = {}
        for row in retired.values():
            was[row.pk], row.tripped_from, row.tripped_why = row.state, "", ""
            enter(row, Version.workflow.by_name["supersede"], now, None)
            row.save(update_fields=["state", "moved_at", "moved_by", "tripped_from", "tripped_why"])
        told = [(row, {"rule": row.name, "from": was[row.pk]}) for row in retired.values()]
        record(None, [act_of(row, "rules.supersede", "", data) for row, data in told], at=now)
        made = [version_of(rule, network, now, _first_state(rule, live)) for rule in fresh]
        Version.objects.bulk_create(made)
        if made:
            names = {"versions": [row.name for row in made][:200]}
            record(None, [Act("rules.files", "version", "", network.code, network.region, "", names)], at=now)
    return len(made)


def _gone(rows: Sequence[Version], present: set[tuple[str, int]]) -> list[Version]:
    """Versions of files that no file holds any more."""
    return [
        row
        for row in rows
        if row.origin == Origin.FILES and row.state == State.LIVE and (row.rule, row.version) not in present
    ]


def _first_state(rule: Rule, live: Mapping[str, Version]) -> State:
    """Live, as the files alone would have it; beside a version of the desk's own a file does not push itself in."""
    standing = live.get(rule.id)
    return State.LIVE if standing is None or standing.origin == Origin.FILES else State.RETIRED


def version_of(rule: Rule, network: Network, now: datetime, state: State) -> Version:
    """A version of a file, unsaved."""
    return Version(
        network=network.code, region=network.region, rule=rule.id, version=rule.version, text=excerpt(rule),
        scheme=rule.scheme, entity=rule.entity.name.lower(), zh=rule.title.zh, en=rule.title.en, cli=bool(rule.cli),
        origin=Origin.FILES, drafted_at=now, state=state, moved_at=now, was_live=True,
    )  # fmt: skip
