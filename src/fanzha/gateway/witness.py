"""Decides what is kept of every verdict: a record, its counts on the metrics page, an answer to whoever asks why.

One witness a process. Nothing here may hold a call up or raise: what cannot be kept is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fanzha.gateway.checks import MALFORMED
from fanzha.gateway.counters import Counters
from fanzha.gateway.failure import Cause, Check
from fanzha.gateway.inquiry import Inquiry
from fanzha.gateway.live.event import DialogState
from fanzha.gateway.metrics import Metric, Registry, Sample
from fanzha.gateway.reasons import codes
from fanzha.gateway.segment import Line
from fanzha.gateway.verdict import Verdict
from fanzha.gateway.verdictlog import VerdictLog
from fanzha.policy import Action, Policy

# What a verdict may name as missing, in `degraded`.
MISSING = (
    MALFORMED, "policy", "policy.age", "trunk", "trunk.contract", "trunk.area", "ingress", "roaming", "plan.age",
    "counters", "counters.concurrent", "counters.duration", "counters.restarted", "counters.caller",
    *(f"{check}.{cause}" for check in Check for cause in (Cause.LATE, Cause.ERROR)),
)  # fmt: skip
_BOUNDS = (25e-6, 50e-6, 100e-6, 250e-6, 1e-3, 5e-3, 25e-3, 0.1)  # seconds
_AT_ONCE = 16  # verdicts that wait to be counted and written, till the next tick at the latest: 50 us together
_ACTIONS = tuple(action.name.lower() for action in Action)


def metrics() -> tuple[Metric, ...]:
    """What is counted of verdicts. A worker that counts more declares it beside these."""
    return (
        Metric(name="fanzha_verdicts_total", help="Calls judged, by answer (裁决).", label="action", values=_ACTIONS),
        Metric(name="fanzha_reasons_total", help="Reasons given (理由).", label="code", values=codes()),
        Metric(
            name="fanzha_degraded_total", help="Verdicts without something (降级).", label="missing", values=MISSING
        ),
        Metric(name="fanzha_decide_seconds", help="Time to a verdict.", kind="histogram", bounds=_BOUNDS),
        Metric(
            name="fanzha_call_events_total",
            help="Courses of calls that switches reported.",
            label="state",
            values=tuple(DialogState),
        ),
        Metric(
            name="fanzha_verdict_log_total",
            help="Verdicts written, refused by the disk, removed with age; segments torn; faults of the folder.",
            label="what",
            values=("written", "failed", "removed", "torn", "faults"),
        ),
    )


class Witness:
    """Keeps verdicts. folder: where the processes of a gateway meet, None keeps nothing on disk."""

    def __init__(self, folder: Path | None, *, now: int, more: Iterable[Metric] = ()) -> None:
        """now: UTC microseconds. more: what else the worker counts, in `registry`. Raises StorageError."""
        self.registry = Registry((*metrics(), *more), folder / "metrics" if folder is not None else None)
        self._log = VerdictLog(folder / "verdicts", now=now) if folder is not None else None
        self._counted: dict[str, int] = {}
        self._waiting: list[tuple[Inquiry, Verdict]] = []

    def keep(self, asked: Inquiry, verdict: Verdict) -> None:
        """One verdict. What it costs to count and write many of them at once is half of one by one, and the caller need
        not wait for it."""
        self._waiting.append((asked, verdict))
        if len(self._waiting) >= _AT_ONCE:
            self._settle()

    def _settle(self) -> None:
        """Count what waits, and pass it on to the log."""
        waiting = tuple(self._waiting)
        try:
            self._count_and_write(waiting)
        finally:
            del self._waiting[: len(waiting)]  # last, so that `said` finds them here or there

    def _count_and_write(self, waiting: tuple[tuple[Inquiry, Verdict], ...]) -> None:
        told: Counter[tuple[Action, tuple[str, ...], tuple[str, ...]]] = Counter()
        taken: Counter[int] = Counter()
        for asked, verdict in waiting:
            told[verdict.action, tuple([reason.code for reason in verdict.reasons]), verdict.degraded] += 1
            taken[verdict.micros] += 1
            if self._log is not None:
                self._log.append(_line(asked, verdict), asked.call_hash, verdict.at)
        add = self.registry.add
        for (action, given, degraded), times in told.items():
            add("fanzha_verdicts_total", _ACTIONS[action], times)
            for code in given:
                add("fanzha_reasons_total", code, times)
            for missing in degraded:
                add("fanzha_degraded_total", missing, times)
        for micros, times in taken.items():
            self.registry.observe("fanzha_decide_seconds", micros / 1e6, times)

    def event(self, state: DialogState) -> None:
        """A switch reported a call's course."""
        self.registry.add("fanzha_call_events_total", state)

    def said(self, key: str) -> list[Verdict]:
        """What was said about the call of this key, newest first; may be asked in another thread."""
        if self._log is None:
            return []
        waiting = [verdict for asked, verdict in reversed(tuple(self._waiting)) if asked.call.key == key]
        return list(dict.fromkeys([*waiting, *(line.verdict for line in self._log.said(key))]))

    def tick(self, now: int) -> None:
        """Some times a second: write what has gathered."""
        self._settle()
        if self._log is None:
            return
        self._log.tick(now)
        self._count(self._log)

    def _count(self, log: VerdictLog) -> None:
        for what, count in log.counts.items():
            if new := count - self._counted.get(what, 0):
                self.registry.add("fanzha_verdict_log_total", what, new)
                self._counted[what] = count

    def close(self) -> None:
        """Before the process ends."""
        self._settle()
        if self._log is not None:
            self._log.close()
            self._count(self._log)

    def page(self, policy: Policy | None, counters: Counters | None, now: int, refused: int = 0) -> str:
        """The metrics page of the host; now: UTC microseconds. refused: policy messages that were not taken."""
        self._settle()
        return self.registry.page((*_policy(policy, now, refused), *_counters(counters)))


def _line(asked: Inquiry, verdict: Verdict) -> Line:
    return Line(
        call=asked.call,
        verdict=verdict,
        caller=asked.caller.number,
        callee=asked.callee.number,
        trunk=asked.trunk_name or "",
        ingress=asked.ingress,
        region=asked.region,
    )


def _policy(policy: Policy | None, now: int, refused: int) -> list[Sample]:
    samples = [
        Sample(name="fanzha_policy_loaded", help="Whether a policy is in force (策略).", value=policy is not None),
        Sample(name="fanzha_policy_version", help="Its number.", value=policy.version if policy else 0),
        Sample(
            name="fanzha_policy_refused_total", help="Messages not taken (策略被拒).", value=refused, kind="counter"
        ),
    ]
    if policy is not None:
        age = max(0, now - policy.compiled_at) / 1e6
        samples.append(Sample(name="fanzha_policy_age_seconds", help="Since it was published.", value=age))
    return samples


def _counters(counters: Counters | None) -> list[Sample]:
    """What all processes have counted together, in the memory that they share."""
    if counters is None:
        return []
    words = {
        "evicted": "Callers and trunks forgotten for others (淘汰).",
        "crowded": "Calls not counted because many processes were at one slot.",
        "late": "Calls older than their bucket.",
        "untracked": "Calls whose end cannot be counted, for want of room or a key of their own.",
        "expired": "Calls taken for ended without word from the edge.",
        "ended": "Ends counted.",
        "strays": "Words from the edge about calls that are not known.",
        "repeats": "Calls asked about again.",
    }
    rows = [
        Sample(name=f"fanzha_counters_{name}_total", help=words[name], value=value, kind="counter")
        for name, value in counters.told().items()
    ]
    shared = "Whether all gateways of this host and state folder count together (计数共享)."
    return [
        *rows,
        Sample(name="fanzha_counters_bytes", help="Memory of the counters.", value=counters.bytes),
        Sample(name="fanzha_counters_shared", help=shared, value=counters.path is not None),
    ]
