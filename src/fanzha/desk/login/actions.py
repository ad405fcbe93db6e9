"""Decides whether someone gets in: name and password, then a one-time code; every try is in the audit trail."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from fanzha import numbering
from fanzha.desk.audit.actions import Act, record, record_alone
from fanzha.desk.login import codes
from fanzha.desk.login.known import browser_of
from fanzha.desk.login.limits import begin_try, limits, strike_out
from fanzha.desk.login.models import FailedTry, OpenSession
from fanzha.desk.organisations.models import User
from fanzha.errors import Refused

_LOOPBACK = ("127.0.0.1", "::1")
_PENDING = "login.pending"
_ENROLLING = "login.enrolling"
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_TOUCH_EVERY = timedelta(minutes=1)
_DECOY = make_password("the time of a check is the same for an unknown name", salt="fanzha")


def check_name(request: HttpRequest, name: str, password: str) -> User:
    """The person of that name and password. Raises Refused, saying the same for a wrong name and a wrong password."""
    address = address_of(request)
    user = User.objects.filter(username__iexact=name, is_active=True).first()
    tried = _begin_try(request, user, name)
    right = check_password(password, user.password if user else _DECOY)
    if user is None or not right:
        _failed(user, name, address, "login.wrong_password")
        raise Refused(_("用户名或密码不正确"))
    strike_out(tried)
    return user


def begin(request: HttpRequest, user: User) -> bool:
    """After the password: whether they are in already (the demonstration on this machine), else a code is awaited."""
    if settings.DEMO and user.demo and address_of(request) in _LOOPBACK:
        enter(request, user)
        return True
    request.session[_PENDING] = [user.pk, timezone.now().timestamp()]
    return False


def pending(request: HttpRequest) -> User | None:
    """Who has given the password in this browser within the last window, and still owes a code."""
    kept = request.session.get(_PENDING)
    if not kept or timezone.now().timestamp() - kept[1] > limits().window_minutes * 60:
        return None
    return User.objects.filter(pk=kept[0], is_active=True).first()


def enrolling(request: HttpRequest) -> str:
    """The secret offered to someone who has none yet; it stays the same while they type it over."""
    secret = request.session.get(_ENROLLING) or codes.new_secret()
    request.session[_ENROLLING] = secret
    return str(secret)


def check_code(request: HttpRequest, user: User, code: str) -> None:
    """Let them in with the right code; the first one also keeps the offered secret. Raises Refused."""
    address = address_of(request)
    tried = _begin_try(request, user, user.username)
    if not user.totp:
        secret = request.session.get(_ENROLLING, "")
        if not secret or codes.matching_step(secret, code) is None:
            _failed(user, user.username, address, "login.wrong_code")
            raise Refused(_("验证码不正确"), hint=_("请核对手机时间是否准确"))
        codes.keep(user, secret)
        with transaction.atomic():
            user.save(update_fields=["totp", "totp_step"])
            record(user, [Act("login.code_enrolled", "user", str(user.pk))])
    if not codes.accept(user, code):
        _failed(user, user.username, address, "login.wrong_code")
        raise Refused(_("验证码不正确或已用过"), hint=_("等待下一个验证码"))
    strike_out(tried)
    enter(request, user)


def enter(request: HttpRequest, user: User) -> None:
    """Open a session under a fresh key, list it, and record it."""
    now = timezone.now()
    with transaction.atomic():
        login(request, user, backend=_BACKEND)
        for name in (_PENDING, _ENROLLING):
            request.session.pop(name, None)
        request.session.save()
        OpenSession.objects.create(
            user=user,
            key=hashed(request.session.session_key),
            address=address_of(request),
            agent=request.headers.get("User-Agent", "")[:200],
            begun=now,
            seen=now,
        )
        record(user, [Act("login.in", "user", str(user.pk), data={"address": address_of(request)})], at=now)


def leave(request: HttpRequest) -> None:
    """Sign out of this browser."""
    if isinstance(request.user, User):
        with transaction.atomic():
            OpenSession.objects.filter(key=hashed(request.session.session_key)).delete()
            record(request.user, [Act("login.out", "user", str(request.user.pk))])
    logout(request)


def end(user: User, pk: int) -> bool:
    """Sign a person out of another browser of theirs; whether it was there."""
    with transaction.atomic():
        gone, _each = OpenSession.objects.filter(user=user, pk=pk).delete()
        if gone:
            record(user, [Act("login.ended", "session", str(pk))])
    return gone > 0


def change_password(request: HttpRequest, user: User, current: str, new: str) -> None:
    """One of their own; every other browser is signed out. Raises Refused."""
    now, address = timezone.now(), address_of(request)
    tried = _begin_try(request, user, user.username)
    if not check_password(current, user.password):
        _failed(user, user.username, address, "login.wrong_password")
        raise Refused(_("当前口令不正确"))
    strike_out(tried)
    if current == new:
        raise Refused(_("新口令与当前口令相同"))
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    with transaction.atomic():
        user.set_password(new)
        user.password_due = False
        user.save(update_fields=["password", "password_due"])
        OpenSession.objects.filter(user=user).exclude(key=hashed(request.session.session_key)).delete()
        record(user, [Act("login.password_changed", "user", str(user.pk))], at=now)
    update_session_auth_hash(request, user)
    OpenSession.objects.filter(user=user).update(key=hashed(request.session.session_key))


def still_open(request: HttpRequest, now: datetime) -> bool:
    """Whether this browser's session is on the list and was used lately; notes the use."""
    session = OpenSession.objects.filter(key=hashed(request.session.session_key)).first()
    if session is None or now - session.seen > timedelta(minutes=limits().idle_minutes):
        return False
    if now - session.seen > _TOUCH_EVERY:
        OpenSession.objects.filter(pk=session.pk).update(seen=now)
    return True


def hashed(key: str | None) -> str:
    """What the list of sessions keeps of a key."""
    return hashlib.sha256((key or "").encode()).hexdigest()


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; a proxy's word is not taken, for anybody can say it."""
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


def forget_expired(now: datetime) -> None:
    """For a timer: sessions that ended, from the list and from the table."""
    OpenSession.objects.filter(seen__lt=now - timedelta(minutes=limits().idle_minutes)).delete()
    SessionStore.clear_expired()


def _begin_try(request: HttpRequest, user: User | None, typed: str) -> FailedTry:
    """By the name as we keep it: engines know more letters that are the same (ſ and s) than `lower` does."""
    name = user.username if user else typed
    return begin_try("name", name, address_of(request), timezone.now(), browser_of(request, "name", name))


def _failed(user: User | None, name: str, address: str, action: str) -> None:
    told = {"name": _masked(name[:60]), "address": address}
    record_alone(user, Act(action, "user", str(user.pk) if user else "", data=told))


def _masked(name: str) -> str:
    """What was typed for a name; some type their telephone number."""
    return numbering.mask(name) if numbering.parse(name).number > 0 else name
