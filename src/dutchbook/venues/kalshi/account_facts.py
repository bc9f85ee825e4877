"""A whole account, read from the pages of several endpoints (protocol section 5); all of it, or an error.

A list that looks complete and is not would make the desk forget what it holds: so every page must be there, in a chain
of cursors, and every row must be readable.
"""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import msgspec

from dutchbook.domain.events import StatedPosition
from dutchbook.domain.identity import MarketId, kalshi_no, kalshi_yes
from dutchbook.domain.units import Money, Nanos, Size, money_of
from dutchbook.venues.kalshi import order_wire as wire
from dutchbook.venues.kalshi.numbers import instant, signed_size, ticker
from dutchbook.venues.kalshi.order_facts import FillFact, OrderFact, fill_fact, order_fact, signed_money
from dutchbook.venues.trading import Exchange

AS_OF = "/exchange/user_data_timestamp"
ORDER_LIST = "/portfolio/orders"
FILL_LIST = "/portfolio/fills"
POSITIONS = "/portfolio/positions"
BALANCE = "/portfolio/balance"
RESTING_VALUE = "/portfolio/summary/total_resting_order_value"
_CENT = 10_000

_decode_order = msgspec.json.Decoder(wire.OrderAnswer).decode
_decode_orders = msgspec.json.Decoder(wire.OrdersPage).decode
_decode_fills = msgspec.json.Decoder(wire.FillsPage).decode
_decode_positions = msgspec.json.Decoder(wire.PositionsPage).decode
_decode_balance = msgspec.json.Decoder(wire.Balance).decode
_decode_resting = msgspec.json.Decoder(wire.RestingValue).decode
_decode_as_of = msgspec.json.Decoder(wire.AsOf).decode


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An account. `cash` counts what orders reserve, `free` (by shard) does not; `looked_up` are orders read by id."""

    orders: tuple[OrderFact, ...]
    looked_up: tuple[OrderFact, ...]
    fills: tuple[FillFact, ...]
    positions: tuple[StatedPosition, ...]
    cash: Money
    free: Mapping[int, Money]
    as_of: Nanos


class QueryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What questions about one order found. `whole`: every answer came, so that what is not there was not found.

    A 404 is an answer, of an order that REST does not show (yet).
    """

    orders: tuple[OrderFact, ...]
    fills: tuple[FillFact, ...]
    whole: bool


def read_account(exchanges: Sequence[Exchange], subaccount: int) -> AccountFacts:
    """Raises ValueError (msgspec's is one) if anything is missing or unreadable."""
    by_path = _by_path(exchanges)
    singles = [_one(found) for path, found in by_path.items() if path.startswith(ORDER_LIST + "/")]
    balance = _decode_balance(_one(by_path.pop(BALANCE, [])).body)
    resting = _decode_resting(_one(by_path.pop(RESTING_VALUE, [])).body)
    free = _free(balance)
    as_of = instant(_decode_as_of(_one(by_path.pop(AS_OF, [])).body).as_of_time)
    if as_of is None:
        raise ValueError("the answers do not say as of when they are")
    return AccountFacts(
        orders=_orders(by_path.get(ORDER_LIST, []), subaccount),
        looked_up=tuple(order_fact(_decode_order(one.body).order, subaccount) for one in singles),
        fills=_fills(by_path.get(FILL_LIST, []), subaccount),
        positions=_positions(by_path.get(POSITIONS, [])),
        cash=Money(sum(free.values()) + _reserved(resting)),
        free=free,
        as_of=as_of,
    )


def read_query(exchanges: Sequence[Exchange], subaccount: int) -> QueryFacts:
    """Raises ValueError if an answer of success is unreadable."""
    orders: list[OrderFact] = []
    fills: tuple[FillFact, ...] = ()
    whole = bool(exchanges)
    for path, found in _by_path(exchanges).items():
        listed = path in (ORDER_LIST, FILL_LIST)
        if any(one.status != 200 and (listed or one.status != 404) for one in found):
            whole = False
        elif path == FILL_LIST:
            fills = _fills(found, subaccount)
        elif path == ORDER_LIST:
            orders += _orders(found, subaccount)
        elif found[0].status == 200:
            orders.append(order_fact(_decode_order(found[0].body).order, subaccount))
    return QueryFacts(orders=tuple(orders), fills=fills, whole=whole)


def _by_path(exchanges: Sequence[Exchange]) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        found.setdefault(exchange.path.partition("?")[0], []).append(exchange)
    return found


def _one(found: Sequence[Exchange]) -> Exchange:
    if len(found) != 1:
        raise ValueError("an answer is missing")
    return _checked(found[0])


def _checked(exchange: Exchange) -> Exchange:
    if exchange.status != 200:
        said = exchange.failure or exchange.body[:160]
        raise ValueError(f"{exchange.path} was answered {exchange.status or 'not at all'}: {said}")
    return exchange


def _pages[T](found: Sequence[Exchange], cursor_of: Callable[[T], str | None], decode: Callable[[str], T]) -> list[T]:
    """All pages of a list. Raises ValueError unless each names the cursor of the one before, and the last has none."""
    pages: list[T] = []
    cursor = ""
    for exchange in found:
        asked = parse_qs(urlsplit(_checked(exchange).path).query).get("cursor", [""])[0]
        if asked != cursor or (pages and not cursor):
            raise ValueError(f"{exchange.path} is not the page that follows")
        page = decode(exchange.body)
        pages.append(page)
        cursor = cursor_of(page) or ""
    if not pages or cursor:
        raise ValueError("a page is missing")
    return pages


def _orders(found: Sequence[Exchange], subaccount: int) -> tuple[OrderFact, ...]:
    pages = _pages(found, lambda page: page.cursor, _decode_orders)
    rows = {row.order_id: row for page in pages for row in page.orders}
    return tuple(order_fact(row, subaccount) for row in rows.values())


def _fills(found: Sequence[Exchange], subaccount: int) -> tuple[FillFact, ...]:
    """Oldest first: REST lists the newest first."""
    pages = _pages(found, lambda page: page.cursor, _decode_fills)
    facts = [fill_fact(row, subaccount) for page in pages for row in page.fills]
    facts.reverse()
    return tuple(sorted(facts, key=lambda fact: fact.at))


def _positions(found: Sequence[Exchange]) -> tuple[StatedPosition, ...]:
    pages = _pages(found, lambda page: page.cursor, _decode_positions)
    rows = {row.ticker: row for page in pages for row in page.market_positions}
    return tuple(stated for row in rows.values() if (stated := _position(row)) is not None)


def _position(row: wire.Position) -> StatedPosition | None:
    """YES and NO of a market are netted by the venue: one of them is held at most (protocol 3.7)."""
    market, size = ticker(row.ticker), signed_size(row.position_fp)
    cost = None if row.market_exposure_dollars is None else money_of(row.market_exposure_dollars)
    if not size:
        return None
    outcome = kalshi_yes(market) if size > 0 else kalshi_no(market)
    return StatedPosition(outcome, MarketId(market), Size(abs(size)), cost)


def _free(balance: wire.Balance) -> Mapping[int, Money]:
    if balance.balance_breakdown is None:
        return {0: signed_money(balance.balance_dollars)}
    return {row.exchange_index: signed_money(row.balance) for row in balance.balance_breakdown}


def _reserved(resting: wire.RestingValue) -> int:
    if resting.resting_order_value_breakdown is None:
        return resting.total_resting_order_value * _CENT
    return sum(signed_money(row.balance) for row in resting.resting_order_value_breakdown)
