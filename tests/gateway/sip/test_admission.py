from __future__ import annotations

import pytest
from messages import message
from sham import SEED, Sham, edges

from fanzha.errors import UsageError
from fanzha.gateway.sip.admission import Admission, Admitted, read_networks
from fanzha.gateway.sip.responder import Responder
from fanzha.gateway.sip.words import sip_words


def test_strangers_get_silence_and_are_counted() -> None:
    to = Responder(Sham(), sip_words(), SEED, Admission(read_networks(["10.0.0.0/8"]), sip_words()), edges())
    assert to.receive(message(), ("192.0.2.1", 5060), 0.0) is None
    assert to.receive(message(), ("10.1.2.3", 5060), 0.0) is not None
    assert (to.counts["stranger"], to.counts["invite"]) == (1, 1)


def test_one_address_is_bounded_and_others_are_not_hurt() -> None:
    words = sip_words()
    gate = Admission(read_networks(["10.0.0.0/8", "::1"]), words)
    heard = sum(gate.admit("10.0.0.1", 0.0) is Admitted.YES for _ in range(words.address_burst + 500))
    assert heard == words.address_burst
    assert gate.admit("10.0.0.1", 0.0) is Admitted.FLOOD
    assert gate.admit("10.0.0.2", 0.0) is Admitted.YES
    assert gate.admit("::1", 0.0) is Admitted.YES
    heard = sum(gate.admit("10.0.0.1", 1.0) is Admitted.YES for _ in range(words.address_burst))
    assert heard == words.address_rate


def test_spoofed_addresses_take_bounded_memory() -> None:
    words = sip_words()
    gate = Admission(read_networks(["10.0.0.0/8"]), words)
    for at in range(words.addresses + 100):
        gate.admit(f"10.{at >> 16}.{at >> 8 & 255}.{at & 255}", 0.0)
        gate.admit(f"11.{at >> 16}.{at >> 8 & 255}.{at & 255}", 0.0)
    assert len(gate._buckets) <= words.addresses
    assert len(gate.known) <= words.addresses


def test_an_ipv4_peer_on_a_dual_socket_and_a_scoped_address_are_known() -> None:
    gate = Admission(read_networks(["10.0.0.1", "fe80::/10"]), sip_words())
    assert "::ffff:10.0.0.1" in gate.known
    assert "fe80::1%eth0" in gate.known
    assert "nonsense" not in gate.known


def test_a_new_list_holds_at_once() -> None:
    gate = Admission(read_networks(["10.0.0.1"]), sip_words())
    assert gate.admit("10.0.0.1", 0.0) is Admitted.YES
    assert gate.admit("10.0.0.2", 0.0) is Admitted.STRANGER
    gate.allow(read_networks(["10.0.0.2"]))
    assert gate.admit("10.0.0.1", 0.0) is Admitted.STRANGER
    assert gate.admit("10.0.0.2", 0.0) is Admitted.YES


def test_what_is_no_network_is_told_with_its_place() -> None:
    with pytest.raises(UsageError, match="peers:3: '10.0.0.300'"):
        read_networks(["10.0.0.300"], where="peers:3")
