"""Decides whether a one-time code is right (TOTP, RFC 6238), and keeps the secret behind it encrypted."""

from __future__ import annotations

import base64
import time

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from fanzha.desk.keys import derived
from fanzha.desk.organisations.models import User

ISSUER = "Fanzha"
_STEP = 30
_SLACK = 1  # steps that a telephone's clock may be off


def new_secret() -> str:
    """A fresh secret in base 32."""
    return pyotp.random_base32()


def keep(user: User, secret: str) -> None:
    """Give a person this secret (unsaved)."""
    sealed = _cipher().encrypt(secret.encode(), [str(user.pk).encode()])
    user.totp, user.totp_step = base64.b64encode(sealed).decode(), 0


def address_of(user: User, secret: str) -> str:
    """The otpauth:// address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)


def accept(user: User, code: str, *, now: float | None = None) -> bool:
    """Whether `code` is the person's at this moment and was not used before; it is then used up (saved)."""
    secret = _secret(user)
    step = matching_step(secret, code, now) if secret else None
    if step is None:
        return False
    used = User.objects.filter(pk=user.pk, totp_step__lt=step).update(totp_step=step)
    return used == 1


def matching_step(secret: str, code: str, now: float | None = None) -> int | None:
    """The time step whose code this is, among those near now; None for a wrong code."""
    current = int((time.time() if now is None else now) // _STEP)
    totp = pyotp.TOTP(secret)
    text = code.replace(" ", "")
    near = range(current - _SLACK, current + _SLACK + 1)
    return next((step for step in near if pyotp.utils.strings_equal(totp.generate_otp(step), text)), None)


def _secret(user: User) -> str:
    if not user.totp:
        return ""
    try:
        return _cipher().decrypt(base64.b64decode(user.totp), [str(user.pk).encode()]).decode()
    except (InvalidTag, ValueError):
        return ""


def _cipher() -> AESSIV:
    return AESSIV(derived("codes") + derived("codes, second half"))
