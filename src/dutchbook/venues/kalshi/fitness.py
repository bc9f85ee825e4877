"""Reads that tell whether an account is fit to trade: tier, rights of the key, cash (sections 1.6, 5, 7)."""

from collections.abc import Callable, Mapping

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Money, money_of
from dutchbook.venues.http import HttpReader, Parameters, Question
from dutchbook.venues.kalshi.limits import COST, READ


class Rate(msgspec.Struct, frozen=True):
    """Tokens a second, and how many are saved up at most. An ordinary call costs ten."""

    refill_rate: int
    bucket_capacity: int


class AccountLimits(msgspec.Struct, frozen=True):
    """How often an account may ask and order."""

    usage_tier: str
    read: Rate
    write: Rate


class KeyRights(msgspec.Struct, frozen=True):
    """An API key of the account and what it may do."""

    api_key_id: str
    scopes: tuple[str, ...] = ()
    api_key_region_expiration_ts: int | None = None

    @property
    def may_trade(self) -> bool:
        """Whether it may place orders. A key that names no scopes may do everything."""
        return not self.scopes or not {"write", "write::trade"}.isdisjoint(self.scopes)


class _Keys(msgspec.Struct, frozen=True):
    api_keys: tuple[KeyRights, ...]


class _Row(msgspec.Struct, frozen=True):
    balance: str
    exchange_index: int


class _Balance(msgspec.Struct, frozen=True):
    balance_dollars: str
    balance_breakdown: tuple[_Row, ...] | None = None


class KalshiFitness:
    """What a key may read of its account. `reader` signs its requests. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader, subaccount: int = 0) -> None:
        self._reader = reader
        self._account = (("subaccount", str(subaccount)),) if subaccount else ()

    async def limits(self) -> AccountLimits:
        """The tier."""
        return await self._reader.read(_question("/account/limits"), lambda body: _read(_decode_limits, body))

    async def rights(self, key_id: str) -> KeyRights | None:
        """What one of the account's keys may do; None if it is not listed."""
        found = await self._reader.read(_question("/api_keys"), lambda body: _read(_decode_keys, body))
        return next((key for key in found.api_keys if key.api_key_id == key_id), None)

    async def cash(self) -> Mapping[int, Money]:
        """Cash by shard, of the subaccount: an order is paid from the shard of its market."""
        return await self._reader.read(_question("/portfolio/balance", self._account), _cash)


def _question(path: str, parameters: Parameters = ()) -> Question:
    return Question(path=path, groups=(READ,), parameters=parameters, tokens=COST)


def _cash(body: bytes) -> Mapping[int, Money]:
    found = _read(_decode_balance, body)
    rows = found.balance_breakdown or (_Row(found.balance_dollars, 0),)
    try:
        return {row.exchange_index: money_of(row.balance) for row in rows}
    except ValueError as error:
        raise WireError(Venue.KALSHI, f"no balance: {error}", body) from error


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    """Raises WireError, in place of whatever the decoder raises."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.KALSHI, f"no answer of this kind: {error}", body) from error


_decode_limits = msgspec.json.Decoder(AccountLimits).decode
_decode_keys = msgspec.json.Decoder(_Keys).decode
_decode_balance = msgspec.json.Decoder(_Balance).decode
