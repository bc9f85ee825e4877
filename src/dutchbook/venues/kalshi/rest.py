"""Reads of Kalshi's public REST interface (protocol section 4)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import Literal

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookSnapshot, TradePrinted
from dutchbook.domain.identity import MarketId, QuestionId, Venue
from dutchbook.domain.markets import KalshiFees
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.kalshi import markets
from dutchbook.venues.kalshi.limits import COST, READ
from dutchbook.venues.kalshi.numbers import instant, positive_size, quote_price, ticker, yes_outcome
from dutchbook.venues.kalshi.orderbook import OrderBooks

MOST_BOOKS = 100
"""Books that one request may ask for."""
MOST_TRADES = 1_000

_NO_FEES: Mapping[QuestionId, KalshiFees] = {}


class ExchangeStatus(msgspec.Struct, frozen=True):
    """Whether anything works, and whether orders are taken. A trading pause lets cancels through."""

    exchange_active: bool
    trading_active: bool
    exchange_estimated_resume_time: str | None = None


class _Trade(msgspec.Struct, frozen=True):
    trade_id: str
    ticker: str
    count_fp: str
    yes_price_dollars: str
    created_time: str
    taker_outcome_side: Literal["yes", "no"] | None = None
    taker_side: Literal["yes", "no"] | None = None
    is_block_trade: bool = False


class _Trades(msgspec.Struct, frozen=True):
    trades: tuple[_Trade, ...]
    cursor: str | None = None


_decode_status = msgspec.json.Decoder(ExchangeStatus).decode
_decode_trades = msgspec.json.Decoder(_Trades).decode


class KalshiRest:
    """Public reads. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._books = OrderBooks()

    async def status(self) -> ExchangeStatus:
        """Whether the exchange works and trades."""
        return await self._reader.read(_question("/exchange/status"), lambda body: _read(_decode_status, body))

    async def book(self, market: MarketId) -> BookSnapshot:
        """The book of one market, as its YES. Without a sequence number: for a look, never to splice into a feed."""
        question = _question(f"/markets/{ticker(market)}/orderbook")
        return await self._reader.read(question, lambda body: self._books.one(body, market, self._clock.now()))

    async def books(self, wanted: Sequence[MarketId]) -> tuple[BookSnapshot, ...]:
        """The books of several markets, as their YES; those of unknown ones may be missing."""
        found: list[BookSnapshot] = []
        for some in batched(dict.fromkeys(wanted), MOST_BOOKS):
            question = _question("/markets/orderbooks", *(("tickers", ticker(one)) for one in some))
            found += await self._reader.read(question, lambda body: self._books.many(body, self._clock.now()))
        return tuple(found)

    async def market(self, market: MarketId, fees: Mapping[QuestionId, KalshiFees] = _NO_FEES) -> markets.Listing:
        """One market, whatever its state. Fees of events that are not given are assumed to be the dearest."""
        question = _question(f"/markets/{ticker(market)}")
        return await self._reader.read(question, lambda body: markets.decode_markets(body, fees))

    async def trades(self, market: MarketId, since: Nanos | None = None) -> tuple[TradePrinted, ...]:
        """The latest prints of a market, a thousand at most, newest first; block trades left out."""
        parameters = [("ticker", ticker(market)), ("limit", str(MOST_TRADES))]
        if since is not None:
            parameters.append(("min_ts", str(since // SECOND)))
        received = self._clock.now()
        return await self._reader.read(
            _question("/markets/trades", *parameters), lambda body: _read(lambda said: _prints(said, received), body)
        )


def _question(path: str, *parameters: tuple[str, str]) -> Question:
    return Question(path=path, groups=(READ,), parameters=parameters, tokens=COST)


def _prints(body: bytes, received: Nanos) -> tuple[TradePrinted, ...]:
    return tuple(_print(trade, received) for trade in _decode_trades(body).trades if not trade.is_block_trade)


def _print(trade: _Trade, received: Nanos) -> TradePrinted:
    side = trade.taker_outcome_side or trade.taker_side
    if side is None:
        raise ValueError(f"trade {trade.trade_id} does not say what the taker got")
    return TradePrinted(
        outcome=yes_outcome(trade.ticker),
        price=quote_price(trade.yes_price_dollars),
        size=positive_size(trade.count_fp),
        taker=Side.BUY if side == "yes" else Side.SELL,
        received=received,
        at=instant(trade.created_time),
        venue_id=trade.trade_id,
    )


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    """Raises WireError, in place of whatever the decoder raises."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.KALSHI, f"no answer of this kind: {error}", body) from error
