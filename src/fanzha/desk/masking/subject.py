"""Decides how a number, device or cell is named in addresses: by a token that tells nothing and opens to us."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.http import Http404

from fanzha.desk.keys import derived
from fanzha.desk.masking.mask import mask


@dataclass(frozen=True)
class Subject:
    """Someone or something of one network. `value` is in full (+8613812345678, an IMEI, a cell's name).

    It has `network` and `region` like any row, so that `rights.holds` can be asked about it.
    """

    kind: str
    value: str
    network: str
    region: str

    @property
    def masked(self) -> str:
        """As everyone may see it."""
        return mask(self.kind, self.value)

    @property
    def token(self) -> str:
        """Always the same for the same subject (RFC 5297), and unreadable without the desk's key."""
        text = json.dumps([self.kind, self.value, self.network, self.region], ensure_ascii=False)
        return base64.urlsafe_b64encode(_cipher().encrypt(text.encode(), None)).decode().rstrip("=")

    @property
    def digest(self) -> str:
        """What tells two values apart in a table without telling them."""
        key, text = derived("subjects"), f"{self.kind}:{self.value}"
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def subject_of(token: str) -> Subject:
    """The subject behind a token. Raises Http404 for what we did not make."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        kind, value, network, region = json.loads(_cipher().decrypt(sealed, None))
    except (ValueError, InvalidTag) as error:
        raise Http404 from error
    return Subject(kind, value, network, region)


def _cipher() -> AESSIV:
    return AESSIV(derived("tokens") + derived("tokens, second half"))
