from __future__ import annotations

import socket

import pytest
from door import BLOCKED, Client

from fanzha.gateway.http.express import Asked, express

BODY = b'{"key":"k1","caller":"' + BLOCKED.encode() + b'","callee":"+8613900001234","at":1700000000000000}'


def request(*lines: str, body: bytes = BODY, start: str = "POST /v1/decide HTTP/1.1") -> bytes:
    return "\r\n".join((start, *lines, "", "")).encode() + body


def plain(token: str, body: bytes = BODY) -> bytes:
    return request("Host: x", f"Authorization: Bearer {token}", f"Content-Length: {len(body)}", body=body)


def test_what_could_be_read_in_two_ways_goes_the_long_way() -> None:
    size = f"content-length:{len(BODY)}"
    assert express(request("Host: x", "AUTHORIZATION: Bearer t", size), 999, 999) == Asked(b"Bearer t", BODY)
    for lines in (
        (size,), ("Host: x",), ("Host: x", size, size), ("Host: x", size, "Transfer-Encoding: chunked"),
        ("Host: x", size, "Connection: close"), ("Host: x", size, "Expect: 100-continue"), ("Host: x", size, "odd"),
        ("Host: x", size, " folded: y"), ("Host: x", "Content-Length: +5"), ("Host: x", "Content-Length: 9"),
    ):  # fmt: skip
        assert express(request(*lines), 999, 999) is None
    assert express(request("Host: x", size) + b"POST", 999, 999) is None
    assert express(request("Host: x", size, start="GET /v1/decide HTTP/1.1"), 999, 999) is None
    assert express(request("Host: x", size), 10, 999) is None
    assert express(request("Host: x", size), 999, 10) is None


@pytest.mark.parametrize("body", [BODY, b"{", b'{"calls":[' + BODY + b"]}"])
def test_both_ways_come_to_the_same_on_one_connection(client: Client, body: bytes) -> None:
    whole, wrong = plain(client.token, body), plain("wrong", body)
    with socket.create_connection(("127.0.0.1", client.port), timeout=60) as peer:
        found = []
        for data in (whole, wrong):
            for cut in (len(data), 40, len(data) - 5):  # in one piece, and the long way
                peer.sendall(data[:cut])
                if cut < len(data):
                    client.ask("GET", "/healthz")  # by now the first piece has been read
                    peer.sendall(data[cut:])
                found.append(answer(peer))
    assert found[0] == found[1] == found[2]
    assert found[3] == found[4] == found[5]
    assert found[0].startswith(b"HTTP/1.1 400" if body == b"{" else b"HTTP/1.1 200 OK")
    assert found[3].startswith(b"HTTP/1.1 401 Unauthorized")


def answer(peer: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += peer.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < size:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body
