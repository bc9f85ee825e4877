"""Polymarket's names: condition ids (`0x` and hex digits) and token ids (up to 78 decimal digits, to us a text)."""

import re

from dutchbook.domain.identity import MarketId, OutcomeId

_TOKEN = re.compile(r"[0-9]{1,78}", re.ASCII)
_CONDITION = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)


def token(text: str) -> OutcomeId:
    """A token id. Raises ValueError for anything else."""
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"{text[:90]!r} is no token id")
    return OutcomeId(text)


def condition(text: str) -> MarketId:
    """A condition id. Raises ValueError for anything else."""
    if not _CONDITION.fullmatch(text):
        raise ValueError(f"{text[:90]!r} is no condition id")
    return MarketId(text)
