"""Decides whether the product holds in a month that changes: issue 5 once through, on a world with drift.

Two steady weeks; in the third a scheme begins that no rule was written for, and an honest trade that dials strangers
all day; then a holiday. Files arrive day by day, outcomes come late and not always right, as an operator's would. In
the fourth week a bad rule acts, on a budget that trips it; it is taken back with all it did, and a mended one follows.

    python benchmarks/bench_drift.py [SUBSCRIBERS]
"""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from fanzha import numbering
from fanzha.cli.planted import PROTECTIVE
from fanzha.detection.backtest.draft import find_draft
from fanzha.detection.backtest.report import Report as Trial
from fanzha.detection.backtest.run import run as backtest
from fanzha.detection.learning.drift import Report, drift
from fanzha.detection.learning.learn import learn
from fanzha.detection.learning.shelf import Lineage, Shelf
from fanzha.detection.models.learner import Settings
from fanzha.detection.outbox import Outbox
from fanzha.detection.outcomes import Outcome, Outcomes, of_entity, of_world
from fanzha.detection.pack import load_pack
from fanzha.detection.parity.parity import compare
from fanzha.detection.parity.report import Parity
from fanzha.detection.watch import Options, Watch
from fanzha.profiles.fields import EntityKind
from fanzha.records.importing import import_path
from fanzha.records.lake import Lake
from fanzha.world import make_world
from fanzha.world.drift import load_drift

SUBSCRIBERS, GANGS_TO_10K = 20_000, 20
NETWORK = "default"
DAY = 86_400
WRONG = 0.02  # of an analyst's decisions
TWO_WEEKS = [*range(7), 10, 11, 12, 13, 7, 8, 9]  # three days are delivered after the four that followed
FLOOD = "mass_dialling.flood"
NEW_SCHEME, NEW_TRADES = "voice_probe", ("group_courier", "group_clerk")

BAD = """
scheme: mass_dialling
defaults:
  legal: {zh: "反电信网络诈骗法第十一条", en: "Anti-Telecom and Online Fraud Law, art. 11"}
  source: "a first thought"
  as_of: 2026-11-22
  owner: "rules desk"
  exemptions: []
rules:
  - id: mass_dialling.flood
    version: 2
    family: volume
    title: {zh: 一小时呼出二十次以上且少有接听, en: "More than 20 calls an hour and few answered"}
    why: "machines dial fast and few people answer them"
    on: out
    when: out_1h > 20 and out_answered_1h < 20
    score: 62
    minimum: 10
    measure: limit
"""
MENDED = BAD.replace("version: 2", "version: 3").replace(
    "when: out_1h > 20 and out_answered_1h < 20",
    "when: >-\n      out_1h > 20 and out_answered_1h / out_1h <= 0.5 and out_new_24h / out_24h >= 0.7\n"
    "      and callbacks_24h / out_new_24h <= 0.1 and in_7d / out_7d <= 0.1",
)


@dataclass
class Month:
    """A world, with drift or without, and the home of the operator who lives through it."""

    world: Path
    home: Path
    subscribers: int
    gangs: int
    days: int = 30
    changing: bool = True
    seed: int = 1
    settings: Settings | None = None  # of the learner; the shipped ones
    checked: int = 0  # trades' numbers whose holders are asked to verify again, and do, in a day

    def begin(self) -> None:
        """Make the world and load its reference tables; nothing has been judged yet."""
        made = make_world(
            self.world, subscribers=self.subscribers, days=self.days, gangs=self.gangs, start=load_drift().first,
            drift=self.changing, seed=self.seed,
        )  # fmt: skip
        print(f"world: {made.subscribers:,} subscribers, {made.calls:,} calls, {made.gangs} gangs", flush=True)
        with Lake(self.home) as lake:
            for kind in ("subscribers", "cells", "trunks"):
                import_path(lake, self.world / f"{kind}.parquet", kind=kind)

    def moment(self, day: int) -> datetime:
        """Midnight at which a day of the world begins."""
        first = load_drift().first + timedelta(days=day)
        return datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=8)

    @property
    def state(self) -> Path:
        """Where its watcher keeps its outbox."""
        return self.home / "watch" / NETWORK

    @property
    def rules(self) -> Path:
        """The folder of the operator's own rules."""
        return self.home / "rules"

    def live(self, days: list[int], rule: str = "") -> None:
        """Watch the files of these days, in this order, in one start; `rule` is a file that joins the pack before."""
        drop = self.home / "in"
        drop.mkdir(parents=True, exist_ok=True)
        if rule:
            self.write(rule)
        files = sorted((self.world / "calls").glob("*.parquet"))
        for turn, day in enumerate(days):
            (drop / f"{min(days):02d}-{turn:02d}-{files[day].name}").hardlink_to(files[day])
        with Lake(self.home) as lake:
            Watch(lake, load_pack([self.rules], NETWORK), drop, self.state, Options(once=True)).run()

    def write(self, rule: str) -> None:
        """Put a file of rules where the operator's own lie."""
        self.rules.mkdir(exist_ok=True)
        (self.rules / "mass_dialling.yaml").write_text(rule, encoding="utf-8")

    @cached_property
    def truth(self) -> dict[int, Outcome]:
        """Every number of the world, by its key."""
        return {row.key: row for row in of_world(self.world) if row.kind == EntityKind.NUMBER}

    @cached_property
    def believed(self) -> list[tuple[str, int]]:
        """Numbers that somebody believed, and when the first such call ended (epoch seconds)."""
        with duckdb.connect() as db:
            return db.execute(f"""select caller, min(epoch(ended))::bigint from '{self.world}/calls/*.parquet'
                join '{self.world}/truth/calls.parquet' t using (call_id)
                join '{self.world}/truth/numbers.parquet' n on n.number = caller
                where t.convinced and n.fraud group by 1 order by 1""").fetchall()

    def alerts(self) -> list[dict[str, Any]]:
        """Every alert on a number as it stands, but those that warn a victim."""
        outbox = Outbox(self.state / "outbox.sqlite")
        try:
            rows = outbox.newest()
        finally:
            outbox.close()
        return [row for row in rows if row["entity"]["kind"] == "number" and row["scheme"] not in PROTECTIVE]

    def outcomes(self, until: int) -> Outcomes:
        """What people had found out by the midnight that begins day `until`: late, and analysts not always right.

        Alerts are judged within a day and a half; the police tell two or three days after somebody believed a call; the
        honest whose calls were to be limited appeal a day or two later. Later words stand.
        """
        end, told = self.moment(until).timestamp(), []
        for alert in self.alerts():
            value, seen = alert["entity"]["value"], int(datetime.fromisoformat(alert["last_seen"]).timestamp())
            draw = np.random.default_rng([seen, int(alert["id"][:8], 16)])
            known = self.truth.get(_key(value))
            fraud = known is not None and known.fraud
            said = fraud != (draw.random() < WRONG)
            judged = seen + int(draw.uniform(0.1, 1.5) * DAY)
            told.append((value, judged, said, "confirmed" if said else "dismissed", seen))
            if not fraud and alert["score"] >= 85:
                told.append((value, judged + int(draw.uniform(0.5, 2) * DAY), False, "appeal", seen))
        for value, seen in self.believed:
            heard = seen + int(np.random.default_rng(seen).uniform(2, 3) * DAY)
            told.append((value, heard, True, "police", seen))
        told += self._checks(until)
        return Outcomes(
            of_entity(EntityKind.NUMBER, value, at=at, fraud=said, source=source, seen=seen)
            for value, at, said, source, seen in told
            if at < end
        )

    def _checks(self, until: int) -> list[tuple[str, int, bool, str, int]]:
        """Whoever was asked to verify again, and turned out honest."""
        trades = [row.value for row in self.truth.values() if not row.fraud and row.role != "ordinary"]
        told = []
        for day in range(until):
            for value in np.random.default_rng([self.seed, day]).choice(trades, self.checked):
                noon = int(self.moment(day).timestamp()) + DAY // 2
                told.append((str(value), noon + DAY // 4, False, "checked", noon))
        return told

    def learn(self, until: int) -> Lineage:
        """What `fanzha learn propose` does at the midnight that begins day `until`."""
        with Lake(self.home) as lake:
            return learn(
                lake, self.outcomes(until), home=self.home, network=NETWORK,
                made_at=self.moment(until).isoformat(), made_by="bench",
                settings=self.settings,
            )  # fmt: skip

    def release(self, number: int, until: int) -> None:
        """Let a version speak."""
        at = self.moment(until).isoformat()
        Shelf(self.home, NETWORK).release(number, by="li", approved_by="wang", why="bench", at=at)

    def drifted(self, until: int, number: int = 0) -> Report:
        """What `fanzha learn drift --to` says of the week before day `until`."""
        with Lake(self.home) as lake:
            return drift(lake, home=self.home, network=NETWORK, end=self.moment(until), number=number)

    def backtest(self, text: str, days: int) -> Trial:
        """What `fanzha backtest draft.yaml --days 30 --truth WORLD` says of a draft."""
        draft = self.home / "draft.yaml"
        draft.write_text(text, encoding="utf-8")
        with Lake(self.home) as lake:
            pack, end = load_pack([], NETWORK), self.moment(self.days)
            return backtest(
                lake, pack, find_draft(pack, str(draft)), network=NETWORK, start=end - timedelta(days=days), end=end,
                outcomes=Outcomes(self.truth.values()), seed=1, temporary=self.home / "tmp",
            )  # fmt: skip

    def parity(self, days: int = 7) -> Parity:
        """What `fanzha parity --days 7` says."""
        with Lake(self.home) as lake:
            pack = load_pack([self.rules], NETWORK)
            return compare(lake, pack, self.state, network=NETWORK, days=days, temporary=self.home / "tmp")


def _key(value: str) -> int:
    return int(numbering.parse(value).number)


def looked(month: Month, until: int, what: str) -> Report:
    """A look at drift, told."""
    from drift_words import tell_drift

    found = month.drifted(until)
    tell_drift(found, what)
    return found


def tell_people(month: Month) -> int:
    """Whom the alerts of the month are about; how many honest people were proposed for a stop."""
    best: dict[int, tuple[float, str]] = {}
    for alert in month.alerts():
        key = _key(alert["entity"]["value"])
        best[key] = max(best.get(key, (0.0, "")), (alert["score"], alert["band"]))
    with duckdb.connect() as db:
        rows = db.execute(f"""select number, scheme, role, fraud, calls_made from
            '{month.world}/truth/numbers.parquet' where fraud or role != 'ordinary'""").fetchall()
    stops = sum(
        score >= 90 and not (month.truth[key].fraud if key in month.truth else False)
        for key, (score, _) in best.items()
    )
    for name in (NEW_SCHEME, *NEW_TRADES):
        own = [row for row in rows if name in (row[1] if row[3] else None, row[2]) and row[4]]
        bands = Counter(best.get(_key(row[0]), (0.0, "none"))[1] for row in own)
        print(f"{name}: {len(own)} numbers, by their highest band: {dict(bands)}")
    fraud = [row for row in rows if row[3] and row[4] >= 50 and row[1] != NEW_SCHEME]
    found = sum(best.get(_key(row[0]), (0.0, ""))[0] >= 70 for row in fraud)
    print(f"other schemes: {found} of {len(fraud)} callers of 50 calls found at 70+")
    honest = [key for key in best if key in month.truth and not month.truth[key].fraud]
    high = sum(best[key][0] >= 70 for key in honest)
    print(f"honest: {len(honest)} alerted, {high} at 70+, {stops} proposed for a stop")
    roles = Counter(month.truth[key].role for key in honest if best[key][0] >= 70)
    print(f"  at 70+: {dict(roles.most_common())}", flush=True)
    return stops


def month_of(place: Path, subscribers: int, *, changing: bool = True, days: int = 30) -> Month:
    """A month that has not begun, in an empty place."""
    shutil.rmtree(place, ignore_errors=True)
    gangs = max(12, round(GANGS_TO_10K * subscribers / 10_000))
    return Month(place / "world", place, subscribers, gangs, days, changing)


def calm(subscribers: int) -> Report:
    """The same operator in a world where nothing changes: whether three weeks in the watch cries wolf."""
    from province import PLACE

    month = month_of(PLACE / f"calm-{subscribers}", subscribers, changing=False, days=21)
    month.begin()
    month.live(TWO_WEEKS)
    made = month.learn(14)
    month.release(made.number, 14)
    month.live(list(range(14, 21)))
    return looked(month, 21, "week three of a world that does not change")


def run(subscribers: int = SUBSCRIBERS) -> bool:
    """Once through; whether all that is promised was kept."""
    from drift_desk import Desk, lived, tell
    from drift_words import tell_model, tell_parity, tell_trial
    from memory import peak_gb
    from province import PLACE

    month = month_of(PLACE / f"drift-{subscribers}", subscribers)
    month.begin()
    cpu = time.process_time()

    month.live(TWO_WEEKS)
    first = month.learn(14)
    tell_model(first)
    month.release(first.number, 14)
    steady = looked(month, 14, "its own two weeks")

    month.live(list(range(14, 21)))
    changed = looked(month, 21, "week three: new scheme, new trade")
    desk = Desk(month.home, month.state / "outbox.sqlite", NETWORK)
    month.write(BAD)
    budget = lived(desk, FLOOD, range(21, 25), lambda day: month.live([day]))
    tell(budget)
    month.live([26, 25, 27, 28, 29], MENDED)  # a day late, another rule, a model that spoke before
    holiday = looked(month, 29, "the holiday")
    second = month.learn(30)
    tell_model(second)
    if second.contest.advice == "better":
        month.release(second.number, 30)
        looked(month, 30, "after it was released")

    stops = tell_people(month)
    for name, text in (("bad rule", BAD), ("mended", MENDED)):
        tell_trial(name, month.backtest(text, 30))
    parity = month.parity()
    tell_parity(parity)
    still = calm(subscribers)
    kept = {
        "week three noticed": changed.grade == "alarm" and changed.busy is not None and changed.busy.grade == "alarm",
        "the holiday noticed": holiday.grade != "steady" and any(each.grade != "steady" for each in holiday.fields),
        "no alarm where nothing changes": still.grade != "alarm",
        "steady before": steady.grade != "alarm",
        "no worse model advised": second.contest.advice != "worse",
        "no honest stop proposed": stops == 0,
        "the budget tripped, and all was taken back": budget.kept,
        "parity explained": parity.unexplained == 0,
    }
    for what, so in kept.items():
        print(f"{what}: {'kept' if so else 'MISSED'}")
    print(f"{time.process_time() - cpu:.0f} CPU-s after the world was made, peak {peak_gb():.2f} GB")
    return all(kept.values())


if __name__ == "__main__":
    sys.exit(0 if run(int(sys.argv[1]) if len(sys.argv) > 1 else SUBSCRIBERS) else 1)
