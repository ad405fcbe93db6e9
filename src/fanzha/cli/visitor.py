"""Decides how the demonstration looks at its own desk: as a person with a browser would, by signing in."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request

from fanzha.errors import FanzhaError

_PATIENCE_S = 30.0
_TOKEN = "fanzha_csrf"


class Visitor:
    """One browser's worth of cookies at a desk of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._cookies = http.cookiejar.CookieJar()
        nobody = urllib.request.ProxyHandler({})  # a proxy of the environment knows nothing of this machine
        self._opener = urllib.request.build_opener(nobody, urllib.request.HTTPCookieProcessor(self._cookies))

    def up(self) -> bool:
        """Whether the desk answers."""
        try:
            return b"alive" in self._asked("healthz")
        except OSError:
            return False

    def sign_in(self, name: str) -> None:
        """With the demonstration's password. Raises FanzhaError where that fails."""
        from fanzha.desk.organisations.demo import PASSWORD

        try:
            self._asked("login/")
            token = next(cookie.value for cookie in self._cookies if cookie.name == _TOKEN) or ""
            self._asked("login/", {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token})
        except (OSError, StopIteration) as error:
            raise FanzhaError(f"{name} could not sign in (无法登录): {error}") from error

    def alerts(self) -> int:
        """How many the list shows. Raises FanzhaError where it is not shown."""
        try:
            return self._asked("alerts/").count(b'class="alert-row')
        except OSError as error:
            raise FanzhaError(f"the list of alerts is not shown (预警列表打不开): {error}") from error

    def _asked(self, path: str, form: dict[str, str] | None = None) -> bytes:
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        with self._opener.open(self._address + path, body, timeout=_PATIENCE_S) as answer:
            content: bytes = answer.read()
        return content
