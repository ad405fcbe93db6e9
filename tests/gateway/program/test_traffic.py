from __future__ import annotations

from messages import PEER, message
from sham import Sham, responder
from torture import INVALID, VALID

from fanzha.gateway.metrics import Registry
from fanzha.gateway.traffic import EVENTS, KINDS, TRAFFIC, Traffic


def test_every_message_is_counted_as_exactly_one_kind_and_every_answer_once() -> None:
    to = responder(Sham())
    messages = [data for _, data, _ in (*VALID, *INVALID)]
    messages += [message(method, call_id=method) for method in ("ACK", "CANCEL", "BYE", "OPTIONS", "NOTIFY", "FOO")]
    messages += [message(), message(), b"\r\n\r\n", message(uri="sip:gw.cn", call_id="nobody")]
    answered = sum(to.receive(data, PEER, 0.0) is not None for data in messages)
    assert to.receive(message(), ("203.0.113.1", 1), 0.0) is None
    traffic = Traffic(registry := Registry(TRAFFIC))
    http = {"decide": 3, "decide_200": 2, "decide_400": 1, "other": 5, "idle_closed": 4}
    for _ in range(2):
        traffic.tell(to.counts, http, 7)
    values = _page(registry)
    kinds = [values[f'fanzha_sip_messages_total{{kind="{kind}"}}'] for kind in KINDS]
    assert sum(kinds) == len(messages) + 1 == to.counts["received"]
    answers = sum(count for name, count in values.items() if name.startswith("fanzha_sip_answers_total"))
    assert answers == answered - to.counts["retransmission"]
    assert values['fanzha_http_answers_total{class="success"}'] == 2
    assert (values["fanzha_http_other_total"], values["fanzha_http_idle_closed_total"]) == (5, 4)
    assert values["fanzha_live_unheard_total"] == 7
    named = {name for name in to.counts if not name.startswith("answered_")} - {"received"}
    assert named <= {*KINDS, *EVENTS}
    assert not any('"other"' in name and count for name, count in values.items() if "messages" not in name)


def _page(registry: Registry) -> dict[str, float]:
    rows = [line.rpartition(" ") for line in registry.page().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in rows}
