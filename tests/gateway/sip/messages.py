"""SIP messages for tests: a plain INVITE and ways to change one thing of it."""

from __future__ import annotations

CALLER, CALLEE = "+8613812345678", "+8613900001234"
PEER = ("127.0.0.1", 15060)


def message(
    method: str = "INVITE",
    uri: str = f"sip:{CALLEE}@127.0.0.1:5070;user=phone",
    *more: str,
    drop: tuple[str, ...] = (),
    body: bytes = b"",
    **fields: str,
) -> bytes:
    """A request; `fields` replace the standing ones (call_id="x"), `more` are whole lines put before the last."""
    standing = {
        "Via": "SIP/2.0/UDP 127.0.0.1:15060;branch=z9hG4bKa1f3.1;rport",
        "Max-Forwards": "70",
        "From": f'"A" <sip:{CALLER}@192.0.2.1>;tag=f1',
        "To": f"<sip:{CALLEE}@192.0.2.9>",
        "Call-ID": "c1@192.0.2.1",
        "CSeq": f"1 {method}",
        "Content-Length": str(len(body)),
    }
    for name, value in fields.items():
        standing[next(key for key in standing if key.lower().replace("-", "_") == name)] = value
    lines = [f"{name}: {value}" for name, value in standing.items() if name not in drop]
    return "\r\n".join([f"{method} {uri} SIP/2.0", *lines[:-1], *more, *lines[-1:], "", ""]).encode() + body


def code_of(answer: bytes) -> int:
    """The status code of an answer."""
    return int(answer.split(b" ", 2)[1])


def header(answer: bytes, name: str) -> list[str]:
    """All lines of that header in an answer."""
    head = answer.partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape")
    pairs = [line.partition(": ") for line in head.split("\r\n")[1:]]
    return [value for key, _, value in pairs if key.lower() == name.lower()]
