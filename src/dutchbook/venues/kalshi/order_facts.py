"""Kalshi's orders and fills as facts in our units, whichever channel told of them; and its refusals in one line."""

import re
from collections.abc import Mapping

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, kalshi_no, kalshi_yes
from dutchbook.domain.units import MONEY_DECIMALS, Money, Nanos, Price, Size, complement, exact, size_of
from dutchbook.venues.kalshi import order_wire as wire
from dutchbook.venues.kalshi.numbers import instant, nanos_of, positive_size, quote_price, ticker

_RESTING, _ENDED = "resting", frozenset({"canceled", "executed"})
EXPIRY = "ExpiryCancel"
_SHOWN = 160
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class OrderFact(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it was at some moment. `price` is on the YES leg; `ended` orders rest no more."""

    order_id: str
    client_id: str
    market: MarketId
    bid: bool
    price: Price
    size: Size
    filled: Size
    ended: bool
    expired: bool
    reason: str
    group: str

    @property
    def name(self) -> str:
        """Its name as the desk knows it: the client's where there is one."""
        return self.client_id or self.order_id


class FillFact(msgspec.Struct, frozen=True, kw_only=True):
    """A trade of ours. `price` is on the YES leg. Over REST it names no client id."""

    id: str
    order_id: str
    client_id: str
    market: MarketId
    bid: bool
    price: Price
    size: Size
    fee: Money
    maker: bool
    at: Nanos

    @property
    def outcome(self) -> OutcomeId:
        """The outcome of which there is more afterwards, or less of the other."""
        return kalshi_yes(self.market) if self.bid else kalshi_no(self.market)

    @property
    def outcome_price(self) -> Price:
        return self.price if self.bid else complement(self.price)


def order_fact(said: wire.Order, subaccount: int = 0) -> OrderFact:
    """Raises ValueError for what cannot be read, or belongs to another subaccount."""
    _check_subaccount(said.subaccount_number, subaccount)
    if said.status != _RESTING and said.status not in _ENDED:
        raise ValueError(f"{said.status!r} is no status of an order")
    expires = instant(said.expiration_time) if said.expiration_time else None
    updated = instant(said.last_update_time) if said.last_update_time else None
    over = said.status == "canceled" and expires is not None and updated is not None and updated >= expires
    return OrderFact(
        order_id=venue_name(said.order_id),
        client_id=said.client_order_id or "",
        market=ticker(said.ticker),
        bid=said.book_side == "bid",
        price=quote_price(said.yes_price_dollars),
        size=size_of(said.initial_count_fp),
        filled=size_of(said.fill_count_fp),
        ended=said.status in _ENDED,
        expired=said.last_update_reason == EXPIRY or (over and not said.last_update_reason),
        reason=said.last_update_reason or "",
        group=said.order_group_id or "",
    )


def fill_fact(said: wire.Fill, subaccount: int = 0) -> FillFact:
    """Raises ValueError for what cannot be read, or belongs to another subaccount."""
    _check_subaccount(said.subaccount_number, subaccount)
    _check_subaccount(said.subaccount, subaccount)
    at = nanos_of(said.ts_ms) if said.ts_ms is not None else instant(said.created_time or "")
    if at is None:
        raise ValueError("a fill without its time")
    return FillFact(
        id=venue_name(said.trade_id or said.fill_id or ""),
        order_id=venue_name(said.order_id),
        client_id=said.client_order_id or "",
        market=ticker(said.ticker or said.market_ticker or ""),
        bid=said.book_side == "bid",
        price=quote_price(said.yes_price_dollars),
        size=positive_size(said.count_fp),
        fee=signed_money(said.fee_cost),
        maker=not said.is_taker,
        at=at,
    )


def venue_name(text: str) -> str:
    """An id that the venue gave: it will be part of paths. Raises ValueError for what cannot be one."""
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is no id")
    return text


def signed_money(text: str) -> Money:
    """An amount of dollars that may be below 0."""
    return Money(-exact(text[1:], MONEY_DECIMALS) if text.startswith("-") else exact(text, MONEY_DECIMALS))


def elsewhere(said: wire.Order | wire.Fill, subaccount: int) -> bool:
    """Whether news of the private socket are about another subaccount: it tells of all that a key can see."""
    numbers = (said.subaccount_number, said.subaccount if isinstance(said, wire.Fill) else None)
    return any(number is not None and number != subaccount for number in numbers)


def _check_subaccount(said: int | None, ours: int) -> None:
    if said is not None and said != ours:
        raise ValueError(f"it is of subaccount {said}, this desk trades on {ours}")


class _Body(msgspec.Struct, frozen=True):
    """All shapes of a refusal in one (protocol 7.1)."""

    error: wire.Error | str | None = None
    code: str = ""
    message: str = ""
    details: str = ""
    msg: str = ""


_decode_body = msgspec.json.Decoder(_Body).decode


def words_of(body: str) -> wire.Error:
    """What a refusal says for itself, in whichever shape; empty words where it says nothing that can be read."""
    try:
        said = _decode_body(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        text = " ".join(body[: 4 * _SHOWN].split())
        return wire.Error(message="" if text.startswith("<") else text[:_SHOWN])
    if isinstance(said.error, wire.Error):
        return said.error
    return wire.Error(said.code, said.error or said.message or said.msg, said.details)


_ADVICE: Mapping[str, str] = {
    "header_timestamp_expired": "set this machine's clock",
    "authentication_error": "check the key and that it belongs to this environment",
    "insufficient_balance": "each shard has cash of its own",
    "deprecated_v1_order_endpoint": "dutchbook needs an update",
}


def in_words(error: wire.Error) -> str:
    """A refusal in one line, with what to do where that is known."""
    message = "" if error.message.replace(" ", "_") == error.code else error.message
    said = " ".join(part for part in (error.code, message, f"({error.details})" if error.details else "") if part)
    advice = _ADVICE.get(error.code)
    line = f"{said} - {advice}" if advice else said
    return " ".join(line.split())[: 2 * _SHOWN]
