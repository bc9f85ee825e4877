"""Ids that are derived, so that REST and socket say the same and a seed gives the same ids again."""

from functools import lru_cache
from random import Random
from uuid import UUID, uuid5

_NAMESPACE = uuid5(UUID(int=0), "dutchbook/kalshi")


def trade_id(pair: int) -> str:
    """The id of a trade, which is the id of both its fills, from the number of its pair."""
    return str(uuid5(_NAMESPACE, f"pair/{pair}"))


def user_id(account: str) -> str:
    """What private bodies call the owner of an account."""
    return str(uuid5(_NAMESPACE, f"user/{account}"))


def fresh_id(rng: Random) -> str:
    """A new UUID of version 4."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def subaccount_of(account: str, number: int) -> str:
    """The exchange's account behind a member's subaccount; 0 is the member's own."""
    return f"{account}#{number}" if number else account


@lru_cache(maxsize=8_192)
def member_of(account: str) -> tuple[str, int]:
    """Whose account it is, and which subaccount."""
    member, mark, number = account.partition("#")
    return member, int(number) if mark else 0
