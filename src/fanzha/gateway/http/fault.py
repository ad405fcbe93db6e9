"""Decides how HTTP tells what went wrong: one JSON shape with what, where and what to do, in Chinese and English."""

from __future__ import annotations

import msgspec


class Words(msgspec.Struct, frozen=True):
    """A sentence in both languages."""

    zh: str
    en: str


class Fault(Exception):
    """An answer other than success. where: field, parameter or path. headers: of the answer."""

    def __init__(
        self,
        status: int,
        code: str,
        what: Words,
        *,
        where: str = "",
        hint: Words | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(what.en)
        self.status = status
        self.code = code
        self.what = what
        self.where = where
        self.hint = hint or Words("", "")
        self.headers = headers

    def body(self) -> bytes:
        """The JSON that is sent."""
        return msgspec.json.encode(
            {"error": {"code": self.code, "what": self.what, "where": self.where, "hint": self.hint}}
        )


def bad_body(error: msgspec.MsgspecError | UnicodeDecodeError) -> Fault:
    """400 for JSON that is none, or not as it should be; `where` is the path of the field."""
    text, _, path = str(error).partition(" - at `")
    what = Words(f"请求体不符合要求：{text}", f"the body is not as it should be: {text}")
    return Fault(400, "bad_body", what, where=path.rstrip("`"), hint=Words("见 /openapi.json", "see /openapi.json"))


def too_large(most: int) -> Fault:
    """413."""
    what = Words(f"请求体超过 {most:,} 字节", f"the body is larger than {most:,} bytes")
    return Fault(413, "too_large", what, hint=Words("分成几次发送", "send it in parts"))


NO_HTTP = Fault(
    400,
    "no_http",
    Words("不是有效的HTTP请求", "this is no HTTP request that can be read"),
    hint=Words(
        "检查请求行、Content-Length 与 Transfer-Encoding", "look at the first line, Content-Length, Transfer-Encoding"
    ),
)
FULL = Fault(
    503,
    "full",
    Words("同时处理的请求已满", "as much is under way as one worker may have"),
    hint=Words("稍后再试，少开连接", "try again, with fewer connections"),
    headers=(("connection", "close"), ("retry-after", "1")),
)
NOT_ALLOWED = Words("此路径不接受这个方法", "this path does not take that method")
NOT_FOUND = Words("没有这个路径", "there is no such path")
