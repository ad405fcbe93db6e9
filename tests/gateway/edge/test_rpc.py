"""JSON-RPC in datagrams: answers find their questions, lost ones are asked again, silence ends."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fanzha.errors import UsageError
from fanzha.gateway.edge.rpc import Rpc, RpcError

Reply = Callable[[dict[str, Any]], list[bytes]]


class Server:
    """Answers each question with the datagrams that `reply` makes of it."""

    def __init__(self, reply: Reply) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.asked: list[dict[str, Any]] = []
        self.reply = reply
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while True:
            data, source = self.socket.recvfrom(65536)
            if data == b"stop":
                return
            question = json.loads(data)
            self.asked.append(question)
            for answer in self.reply(question):
                self.socket.sendto(answer, source)

    def close(self) -> None:
        self.socket.sendto(b"stop", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], tuple[Server, Rpc]]]:
    opened: list[Server | Rpc] = []

    def start(reply: Reply) -> tuple[Server, Rpc]:
        server = Server(reply)
        rpc = Rpc(f"udp:127.0.0.1:{server.socket.getsockname()[1]}", patience=0.1)
        opened.extend((rpc, server))
        return server, rpc

    yield start
    for one in opened:
        one.close()


def right(question: dict[str, Any]) -> list[bytes]:
    return [json.dumps({"jsonrpc": "2.0", "result": question["params"], "id": question["id"]}).encode()]


def test_many_questions_are_answered_in_order(serve: Callable[[Reply], tuple[Server, Rpc]]) -> None:
    _, rpc = serve(right)
    answers = rpc.ask_all([("m", (f"k{n}", n)) for n in range(500)])
    assert answers == [[f"k{n}", n] for n in range(500)]


def test_a_lost_answer_is_asked_for_again_and_noise_is_passed_over(
    serve: Callable[[Reply], tuple[Server, Rpc]],
) -> None:
    seen: set[int] = set()

    def lossy(question: dict[str, Any]) -> list[bytes]:
        if question["id"] not in seen:
            seen.add(question["id"])
            return [b"\xff\x00", b"[]", b'{"id": "x"}', b'{"result": 1, "id": -5}']
        return right(question) * 2

    _, rpc = serve(lossy)
    assert rpc.ask_all([("m", (n,)) for n in range(20)]) == [[n] for n in range(20)]
    assert rpc.ask("m", 99) == [99]


def test_a_refusal_is_told_and_does_not_stop_the_others(serve: Callable[[Reply], tuple[Server, Rpc]]) -> None:
    def some(question: dict[str, Any]) -> list[bytes]:
        if question["params"] == [1]:
            return [json.dumps({"error": {"code": 500, "message": "no such table"}, "id": question["id"]}).encode()]
        return right(question)

    _, rpc = serve(some)
    first, second, third = rpc.ask_all([("m", (n,)) for n in range(3)])
    assert (first, third) == ([0], [2])
    assert isinstance(second, RpcError)
    assert "no such table" in str(second)
    with pytest.raises(RpcError, match="no such table"):
        rpc.ask("m", 1)


def test_silence_ends_in_an_error_that_says_what_to_do(serve: Callable[[Reply], tuple[Server, Rpc]]) -> None:
    server, rpc = serve(lambda _: [])
    with pytest.raises(RpcError, match="is the edge running"):
        rpc.ask("core.uptime")
    assert len(server.asked) == 3


@pytest.mark.parametrize("address", ["", "unix:", "udp:nowhere", "http://x", "127.0.0.1:80"])
def test_an_address_of_another_form_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="unix:/path"):
        Rpc(address)


def test_nobody_there_is_an_error(tmp_path: Any) -> None:
    with Rpc(f"unix:{tmp_path}/none.sock") as rpc, pytest.raises(RpcError, match="cannot be reached"):
        rpc.ask("core.uptime")
