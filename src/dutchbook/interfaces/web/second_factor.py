"""One-time codes of a second factor, RFC 6238: six digits, new every thirty seconds, as authenticator programs show."""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote

STEP_S = 30
_DIGITS = 6
_DRIFT = 1
"""Steps that a phone's clock may be off."""


def new_secret() -> str:
    """A secret of 160 bits, as authenticator programs take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, now_s: int) -> str:
    """The code of a moment, in seconds since 1970.

    >>> code_at(base64.b32encode(b"12345678901234567890").decode(), 59)
    '287082'
    """
    counter = (now_s // STEP_S).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), counter, hashlib.sha1)
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def step_of(secret: str, code: str, now_s: int) -> int | None:
    """Which step's code it is, of those that may be meant now; None if of none. A step is to be used once."""
    for step in range(max(0, now_s // STEP_S - _DRIFT), now_s // STEP_S + _DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step * STEP_S).encode(), code.encode()):
            return step
    return None


def address(secret: str, user: str) -> str:
    """What authenticator programs read from a QR code."""
    return f"otpauth://totp/dutchbook:{quote(user)}?secret={secret}&issuer=dutchbook"
