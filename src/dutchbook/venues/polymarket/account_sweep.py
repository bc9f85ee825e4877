"""The whole account in one reading: open orders, trades, cash and shares, each page of each list, or nothing.

An incomplete list looks like a complete one: a page that is missing, an answer that is none, or one row that cannot be
mapped make the whole reading void.
"""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec

from dutchbook.domain.events import StatedOrder, StatedPosition
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import OrderId
from dutchbook.domain.units import Money, Size, exact, price_of, size_of
from dutchbook.venues.polymarket.order_wire import (
    LAST_CURSOR,
    OpenOrder,
    OrdersPage,
    Trade,
    TradesPage,
    read_balance,
    read_orders_page,
    read_trades_page,
)
from dutchbook.venues.polymarket.own_trades import side_of
from dutchbook.venues.trading import Exchange

type MarketOf = Callable[[MarketId], Market | None]
type MarketHolding = Callable[[OutcomeId], Market | None]

ORDERS = "/data/orders"
TRADES = "/data/trades"
BALANCE = "/balance-allowance"
_LONGEST_BALANCE = 18
"""Digits: a trillion dollars."""


class Reading(msgspec.Struct, frozen=True):
    """What the venue said, as it said it. `balances` are base units by token."""

    orders: tuple[OpenOrder, ...]
    trades: tuple[Trade, ...]
    cash: Money
    balances: tuple[tuple[OutcomeId, Size], ...]


def read_account(exchanges: Sequence[Exchange]) -> Reading:
    """All answers of a sweep. Raises ValueError (or msgspec's) if one is missing, incomplete or unreadable."""
    cash: Money | None = None
    balances: list[tuple[OutcomeId, Size]] = []
    for exchange in exchanges:
        if _place(exchange) != BALANCE:
            continue
        amount = _base_units(read_balance(_body(exchange)).balance)
        token = _query(exchange, "token_id")
        if token:
            balances.append((OutcomeId(token), Size(amount)))
        else:
            cash = Money(amount)
    if cash is None:
        raise ValueError("the balance of collateral is missing")
    return Reading(read_orders(exchanges), read_trades(exchanges), cash, tuple(balances))


def read_orders(exchanges: Sequence[Exchange]) -> tuple[OpenOrder, ...]:
    """The rows of all pages of open orders. Raises ValueError if a page is missing."""
    pages = [read_orders_page(_body(exchange)) for exchange in exchanges if _place(exchange) == ORDERS]
    _check_whole(ORDERS, pages)
    return tuple(row for page in pages for row in page.data)


def read_trades(exchanges: Sequence[Exchange]) -> tuple[Trade, ...]:
    """The rows of all pages of trades, oldest first. Raises ValueError if a page is missing."""
    pages = [read_trades_page(_body(exchange)) for exchange in exchanges if _place(exchange) == TRADES]
    _check_whole(TRADES, pages)
    rows = {row.id: row for page in pages for row in page.data}  # pages shift while they are read
    return tuple(sorted(rows.values(), key=lambda row: (exact(row.matched_s, 0), row.id)))


def stated_order(row: OpenOrder, market_of: MarketOf, order: OrderId | None) -> StatedOrder:
    """A row as we say it. Raises ValueError for what cannot be mapped."""
    market = _market(row.market, row.asset_id, market_of)
    return StatedOrder(
        venue_id=row.id,
        outcome=OutcomeId(row.asset_id),
        market=market.id,
        side=side_of(row.side),
        price=price_of(row.price),
        size=size_of(row.original_size),
        filled=size_of(row.size_matched or "0"),
        order=order,
    )


def stated_positions(reading: Reading, holding: MarketHolding) -> tuple[StatedPosition, ...]:
    """What is held. Raises ValueError for a token of no market that we know."""
    found: list[StatedPosition] = []
    for token, size in reading.balances:
        if not size:
            continue
        market = holding(token)
        if market is None:
            raise ValueError(f"token {token} is held, and belongs to no known market")
        found.append(StatedPosition(token, market.id, size))
    return tuple(found)


def market_of_trade(trade: Trade, market_of: MarketOf) -> Market:
    """Raises ValueError if nobody knows the market."""
    return _market(trade.market, trade.asset_id, market_of)


def _market(id_: str, token: str, market_of: MarketOf) -> Market:
    market = market_of(MarketId(id_))
    if market is None:
        raise ValueError(f"market {id_[:90]} is not known")
    if token not in (market.yes, market.no):
        raise ValueError(f"token {token[:90]} does not belong to market {market.id}")
    return market


def _base_units(text: str) -> int:
    """A whole number of millionths. Raises ValueError for anything else."""
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_BALANCE:
        raise ValueError(f"{text[:80]!r} is no number of base units")
    return int(text)


def _check_whole(path: str, pages: Sequence[OrdersPage | TradesPage]) -> None:
    if not pages or pages[-1].next_cursor != LAST_CURSOR:
        raise ValueError(f"{path}: the last page is missing")


def _body(exchange: Exchange) -> str:
    if exchange.status != 200:
        said = " ".join(exchange.body.split())[:200] if exchange.status else exchange.failure
        raise ValueError(f"{exchange.path}: {exchange.status or 'no answer'} {said}")
    return exchange.body


def _place(exchange: Exchange) -> str:
    return urlsplit(exchange.path).path


def _query(exchange: Exchange, name: str) -> str:
    return parse_qs(urlsplit(exchange.path).query).get(name, [""])[0]
