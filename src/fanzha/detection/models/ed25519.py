"""Signs and verifies bytes with Ed25519 (RFC 8032), so that a model can be checked by who could not have made it.

Written out because no cryptographic library is among our dependencies. Not constant in time: it signs files at rest on
the owner's machine and must not answer strangers over a network.
"""

from __future__ import annotations

import hashlib

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

# extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z
_Point = tuple[int, int, int, int]
_ZERO: _Point = (0, 1, 1, 0)


def public_key(secret: bytes) -> bytes:
    """The 32-byte public key of a 32-byte secret."""
    scalar, _ = _expand(secret)
    return _encode(_times(scalar, _BASE))


def sign(secret: bytes, message: bytes) -> bytes:
    """The 64-byte signature of `message`."""
    scalar, prefix = _expand(secret)
    public = _encode(_times(scalar, _BASE))
    nonce = _hash(prefix + message)
    commitment = _encode(_times(nonce, _BASE))
    answer = (nonce + _hash(commitment + public + message) * scalar) % _ORDER
    return commitment + answer.to_bytes(32, "little")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` of `message` was made with the secret of `public`; False for anything malformed."""
    if len(public) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    key, commitment = _decode(public), _decode(signature[:32])
    answer = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or answer >= _ORDER:
        return False
    challenge = _hash(signature[:32] + public + message)
    return _same(_times(answer, _BASE), _add(commitment, _times(challenge, key)))


def _expand(secret: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(secret).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return (scalar & ((1 << 254) - 8)) | (1 << 254), digest[32:]


def _hash(message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(message).digest(), "little") % _ORDER


def _add(first: _Point, second: _Point) -> _Point:
    a = (first[1] - first[0]) * (second[1] - second[0]) % _P
    b = (first[1] + first[0]) * (second[1] + second[0]) % _P
    c = 2 * first[3] * second[3] * _D % _P
    d = 2 * first[2] * second[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar: int, point: _Point) -> _Point:
    total = _ZERO
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _same(first: _Point, second: _Point) -> bool:
    x = (first[0] * second[2] - second[0] * first[2]) % _P
    y = (first[1] * second[2] - second[1] * first[2]) % _P
    return x == 0 and y == 0


def _encode(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def _decode(data: bytes) -> _Point | None:
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    x = _root(y, sign) if y < _P else None
    return None if x is None else (x, y, 1, x * y % _P)


def _root(y: int, sign: int) -> int | None:
    """The x of a point with this y and this lowest bit, or None where the curve has none."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    return _P - x if x & 1 != sign else x


def _base_point() -> _Point:
    y = 4 * pow(5, -1, _P) % _P
    x = _root(y, 0)
    assert x is not None
    return (x, y, 1, x * y % _P)


_BASE = _base_point()
