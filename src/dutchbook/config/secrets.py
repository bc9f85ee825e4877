"""Keeping secrets out of settings files, and out of every message about them."""

import re

_SECRET_NAME = re.compile(
    r"private_?key|secret|password|passphrase|passwd|api_?key|mnemonic|seed_?phrase|(?:^|_)token$|credential",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"-----BEGIN|^(?:0x)?[0-9a-fA-F]{64}$")
_LONG_WORD = re.compile(r"[^\s.'\"]{25,}")


def names_secret(key: str) -> bool:
    """Whether a key of this name would hold a secret."""
    return _SECRET_NAME.search(key) is not None


def looks_secret(value: str) -> bool:
    """Whether a value has the shape of a private key."""
    return _SECRET_VALUE.search(value.strip()) is not None


def without_secrets(text: str) -> str:
    """A message without what may be a secret: no setting has a value that is one word of 25 characters or more."""
    return _LONG_WORD.sub("(not shown)", text)
