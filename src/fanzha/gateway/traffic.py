"""Decides how what came through a worker's doors is told on the metrics page: every message once, every answer once."""

from __future__ import annotations

from collections.abc import Mapping

from fanzha.gateway.metrics import Metric, Registry
from fanzha.gateway.sip.responder import ELSEWHERE

# Each received message is exactly one of these.
KINDS = (
    "invite", "options", "cancel", "notify", "ack", "retransmission", "malformed", "unanswerable", "ignored",
    "stranger", "flood", "other", *sorted(method.lower() for method in ELSEWHERE),
)  # fmt: skip
EVENTS = (
    "reinvite", "nobody_called", "failed", "report_unread", "report_unkept", "report_later", "report_brought",
    "undelivered", "connection_refused", "connection_overdue", "stream_broken",
)  # fmt: skip
_CLASS = {"2": "success", "3": "redirect", "4": "client_error", "5": "server_error", "6": "refused"}
_SIP = "fanzha_sip_answers_total"
_HTTP = "fanzha_http_answers_total"
TRAFFIC = (
    Metric(name="fanzha_sip_messages_total", help="SIP messages received (SIP消息).", label="kind", values=KINDS),
    Metric(
        name=_SIP,
        help="SIP answers by class; a call goes on with 404 or 503.",
        label="class",
        values=tuple(_CLASS.values()),
    ),
    Metric(name="fanzha_sip_events_total", help="What was out of the ordinary.", label="what", values=EVENTS),
    Metric(name=_HTTP, help="HTTP answers of /v1/decide by class.", label="class", values=tuple(_CLASS.values())[:-1]),
    Metric(name="fanzha_http_other_total", help="HTTP requests for anything but verdicts."),
    Metric(name="fanzha_http_idle_closed_total", help="Idle connections closed, longest first, to make room."),
    Metric(name="fanzha_live_unheard_total", help="Verdicts that fanzha hep did not hear of."),
)


class Traffic:
    """Puts one worker's counts on the page: what has come since it was last asked to."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._before: dict[str, int] = {}

    def tell(self, sip: Mapping[str, int], http: Mapping[str, int], unheard: int) -> None:
        """sip, http, unheard: since the process began."""
        now = {**{f"sip {name}": count for name, count in sip.items()}, "unheard": unheard}
        now |= {f"http {name}": count for name, count in http.items()}
        for name, count in now.items():
            if new := count - self._before.get(name, 0):
                self._add(name, new)
        self._before = now

    def _add(self, name: str, new: int) -> None:
        door, _, what = name.partition(" ")
        add = self._registry.add
        if name == "unheard":
            add("fanzha_live_unheard_total", amount=new)
        elif name in ("http other", "http idle_closed"):
            add(f"fanzha_http_{what}_total", amount=new)
        elif what.startswith(("answered_", "decide_")):
            add(_SIP if door == "sip" else _HTTP, _CLASS[what.rpartition("_")[2][0]], new)
        elif what in EVENTS:
            add("fanzha_sip_events_total", what, new)
        elif what in KINDS:
            add("fanzha_sip_messages_total", what, new)
