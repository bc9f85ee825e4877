"""Markets as the CLOB describes them: `/markets/{id}` at length, `/clob-markets/{id}` in short keys, tick sizes."""

from collections.abc import Callable

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import FeeSchedule, Market, MarketStatus, PriceGrid
from dutchbook.domain.units import ONE, Price, Size
from dutchbook.venues.polymarket.gamma import instant
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.terms import (
    MIN_NOTIONAL,
    fees_of,
    fees_without_schedule,
    min_size_of,
    tick_of,
)


class Token(msgspec.Struct, frozen=True):
    """One outcome in the long form."""

    token_id: str
    outcome: str
    winner: bool | None = None


class LongMarket(msgspec.Struct, frozen=True, kw_only=True):
    """The long form. Numbers are JSON numbers, kept as texts; `taker_base_fee` is a flag, not a fee."""

    condition_id: str
    tokens: tuple[Token, ...]
    minimum_tick_size: msgspec.Raw
    minimum_order_size: msgspec.Raw
    question: str = ""
    description: str = ""
    market_slug: str = ""
    end_date_iso: str | None = None
    accepting_order_timestamp: str | None = None
    active: bool = False
    closed: bool = False
    archived: bool = False
    accepting_orders: bool = False
    enable_order_book: bool = False
    neg_risk: bool = False
    neg_risk_market_id: str = ""
    is_50_50_outcome: bool = False
    taker_base_fee: msgspec.Raw = msgspec.Raw(b"0")


class ShortToken(msgspec.Struct, frozen=True):
    """One outcome in the short form."""

    t: str
    o: str = ""


class ShortFees(msgspec.Struct, frozen=True):
    """Rate, exponent, taker only."""

    r: msgspec.Raw
    e: msgspec.Raw = msgspec.Raw(b"1")
    to: bool = True


class ShortMarket(msgspec.Struct, frozen=True):
    """The short form: what one needs to trade, and nothing to read."""

    c: str
    t: tuple[ShortToken, ...]
    mos: msgspec.Raw
    mts: msgspec.Raw
    ao: bool = False
    nr: bool = False
    fd: ShortFees | None = None


class TickSize(msgspec.Struct, frozen=True):
    """The answer of `/tick-size`."""

    minimum_tick_size: msgspec.Raw


class TradingTerms(msgspec.Struct, frozen=True):
    """The terms of a market from the short form; `fees` is None where it does not say."""

    market: MarketId
    outcomes: tuple[OutcomeId, OutcomeId]
    grid: PriceGrid
    min_size: Size
    neg_risk: bool
    accepts_orders: bool
    fees: FeeSchedule | None

    def applied_to(self, market: Market) -> Market:
        """The market with these terms. Raises ValueError if they are another market's."""
        if market.id != self.market or (market.yes, market.no) != self.outcomes:
            raise ValueError(f"terms of {self.market} do not fit {market.id}")
        fees = market.fees if self.fees is None else self.fees
        return msgspec.structs.replace(
            market, grid=self.grid, min_size=self.min_size, neg_risk=self.neg_risk, fees=fees
        )


_decode_long = msgspec.json.Decoder(LongMarket).decode
_decode_short = msgspec.json.Decoder(ShortMarket).decode
_decode_tick = msgspec.json.Decoder(TickSize).decode


def decode_market(body: bytes) -> Market:
    """A market from the long form. Its question is the negRisk market, or the market itself. Raises WireError."""
    return _read(body, lambda: _long(_decode_long(body)))


def decode_terms(body: bytes) -> TradingTerms:
    """The terms of trade from the short form. Raises WireError."""
    return _read(body, lambda: _short(_decode_short(body)))


def decode_tick_size(body: bytes) -> PriceGrid:
    """The grid from an answer of `/tick-size`. Raises WireError."""
    return _read(body, lambda: PriceGrid.uniform(tick_of(_plain(_decode_tick(body).minimum_tick_size))))


def _read[T](body: bytes, read: Callable[[], T]) -> T:
    try:
        return read()
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(Venue.POLYMARKET, f"no CLOB answer: {error}", body) from error


def _long(said: LongMarket) -> Market:
    if len(said.tokens) != 2:
        raise ValueError("a market has two tokens")
    first, second = said.tokens
    payout = _payout(said)
    return Market(
        id=condition(said.condition_id),
        venue=Venue.POLYMARKET,
        question=QuestionId(said.neg_risk_market_id or said.market_slug or said.condition_id),
        title=said.question,
        yes=token(first.token_id),
        no=token(second.token_id),
        labels=(first.outcome, second.outcome),
        grid=PriceGrid.uniform(tick_of(_plain(said.minimum_tick_size))),
        min_size=min_size_of(_plain(said.minimum_order_size)),
        min_notional=MIN_NOTIONAL,
        fees=fees_without_schedule(enabled=_plain(said.taker_base_fee) != "0"),
        status=_status(said, payout),
        opens=instant(said.accepting_order_timestamp),
        settles=instant(said.end_date_iso),
        neg_risk=said.neg_risk,
        payout=payout,
        rules=said.description,
    )


def _short(said: ShortMarket) -> TradingTerms:
    if len(said.t) != 2:
        raise ValueError("a market has two tokens")
    fees = None
    if said.fd is not None:
        fees = fees_of(_plain(said.fd.r), _plain(said.fd.e), taker_only=said.fd.to)
    return TradingTerms(
        market=condition(said.c),
        outcomes=(token(said.t[0].t), token(said.t[1].t)),
        grid=PriceGrid.uniform(tick_of(_plain(said.mts))),
        min_size=min_size_of(_plain(said.mos)),
        neg_risk=said.nr,
        accepts_orders=said.ao,
        fees=fees,
    )


def _status(said: LongMarket, payout: Price | None) -> MarketStatus:
    if payout is not None:
        return MarketStatus.RESOLVED
    if said.closed or said.archived:
        return MarketStatus.CLOSED
    if not said.active:
        return MarketStatus.UNOPENED
    return MarketStatus.OPEN if said.accepting_orders and said.enable_order_book else MarketStatus.PAUSED


def _payout(said: LongMarket) -> Price | None:
    winners = [index for index, one in enumerate(said.tokens) if one.winner]
    if not said.closed or len(winners) != 1:
        return Price(ONE // 2) if said.closed and said.is_50_50_outcome else None
    return ONE if winners[0] == 0 else Price(0)


def _plain(raw: msgspec.Raw) -> str:
    return str(bytes(raw), "utf-8").strip('"')
