"""Reading one's own account: one order, one trade, or everything, each list to its last page.

Reads may be repeated, and are. What still fails is handed on as it is: the codec says what it means.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from urllib.parse import urlencode

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.backoff import Backoff
from dutchbook.venues.budget import Bill
from dutchbook.venues.polymarket import order_limits as limits
from dutchbook.venues.polymarket.account import PolymarketAccount
from dutchbook.venues.polymarket.account_sweep import BALANCE, ORDERS, TRADES, read_account
from dutchbook.venues.polymarket.contracts import Exchange as Contract
from dutchbook.venues.polymarket.contracts import exchange_of
from dutchbook.venues.polymarket.order_wire import LAST_CURSOR
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Exchange

type Get = Callable[[str, Sequence[Bill]], Awaitable[Exchange]]
"""One GET, by its path with its query, when the limits let it."""

OVERLAP = Nanos(900 * SECOND)
"""How far back trades are read again: they settle late, and are listed by the time at which they were matched."""
_TRIES = 4
_SWEEPS = 3
_MOST_PAGES = 2_000
_MOST_RENEWED = 25
"""Balances that the venue is told to look up again; it lets us ask for few. Our own trades renew them by themselves."""
_MARGIN_S = 60
"""How far the venue's clock may be behind ours where we ask for trades after a time."""
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Page(msgspec.Struct, frozen=True):
    next_cursor: str = LAST_CURSOR


class _Tokens(msgspec.Struct, frozen=True):
    asset_id: str = ""
    maker_orders: tuple["_Tokens", ...] | None = ()


class _TokenPage(msgspec.Struct, frozen=True):
    data: tuple[_Tokens, ...] = ()


_read_page = msgspec.json.Decoder(_Page).decode
_read_tokens = msgspec.json.Decoder(_TokenPage).decode


class PrivateReads:
    """What the account's owner may ask."""

    def __init__(self, get: Get, account: PolymarketAccount, around: Surroundings) -> None:
        self._get = get
        self._account = account
        self._around = around

    async def order(self, venue_id: str, market: MarketId, since: Nanos) -> tuple[Exchange, ...]:
        """An order among those that are open, and then the trades of its market since it was made.

        In this order: of an order that is gone, all trades are there when they are read.
        """
        open_ = await self._get(f"/data/order/{venue_id}", _bills(limits.DATA_ORDERS))
        return (open_, *await self._trades(since // SECOND - _MARGIN_S, market=market))

    async def trade(self, trade: str) -> tuple[Exchange, ...]:
        """One trade by its id."""
        return await self._pages(TRADES, (("id", trade),), limits.DATA_TRADES)

    async def account(self, since: Nanos, held: Iterable[OutcomeId]) -> tuple[Exchange, ...]:
        """Open orders, trades since a time, cash, and the shares of `held` and of all that orders or trades name.

        Read again as a whole where something was incomplete or unreadable.
        """
        backoff = Backoff(self._around.rng)
        held = tuple(held)  # asked for again at each try: what is told once would be missing from the second
        for _ in range(_SWEEPS - 1):
            exchanges = await self._account_once(since, held)
            try:
                read_account(exchanges)
            except (ValueError, msgspec.MsgspecError, RecursionError):
                await self._around.sleep(backoff.next_s())
            else:
                return exchanges
        return await self._account_once(since, held)

    async def _account_once(self, since: Nanos, held: Iterable[OutcomeId]) -> tuple[Exchange, ...]:
        orders = await self._pages(ORDERS, (), limits.DATA_ORDERS)
        trades = await self._trades((since - OVERLAP) // SECOND)
        kind = str(int(self._account.signature_type))
        asked: list[tuple[tuple[str, str], ...]] = [(("asset_type", "COLLATERAL"), ("signature_type", kind))]
        for token in sorted({*held, *_named((*orders, *trades))}):
            v3 = exchange_of(int(token), neg_risk=False) is Contract.V3
            asset = "CONDITIONAL-V2" if v3 else "CONDITIONAL"
            asked.append((("asset_type", asset), ("token_id", token), ("signature_type", kind)))
        balances = [self._balance(query, renew=place < _MOST_RENEWED) for place, query in enumerate(asked)]
        return (*orders, *trades, *await asyncio.gather(*balances))

    async def _balance(self, query: Sequence[tuple[str, str]], *, renew: bool) -> Exchange:
        """A balance. The venue's own view of the chain is a cache, until it is told to look again."""
        if renew:
            await self._patiently(f"{BALANCE}/update?{urlencode(query)}", limits.BALANCE_UPDATE)
        return await self._patiently(f"{BALANCE}?{urlencode(query)}", limits.BALANCE)

    async def _trades(self, after_s: int, market: str = "") -> tuple[Exchange, ...]:
        query = [("maker_address", self._account.funder), ("after", str(max(0, after_s)))]
        if market:
            query.append(("market", market))
        return await self._pages(TRADES, query, limits.DATA_TRADES)

    async def _pages(self, path: str, query: Sequence[tuple[str, str]], groups: Sequence[str]) -> tuple[Exchange, ...]:
        """All pages of a list, or those up to one that is none."""
        pages: list[Exchange] = []
        cursor = ""
        while len(pages) < _MOST_PAGES:
            with_cursor = [*query, ("next_cursor", cursor)] if cursor else query
            page = await self._patiently(f"{path}?{urlencode(with_cursor)}" if with_cursor else path, groups)
            pages.append(page)
            following = _next_cursor(page)
            if following in (LAST_CURSOR, cursor, ""):
                break
            cursor = following
        return tuple(pages)

    async def _patiently(self, path: str, groups: Sequence[str]) -> Exchange:
        backoff = Backoff(self._around.rng)
        bills = _bills(groups)
        for _ in range(_TRIES - 1):
            exchange = await self._get(path, bills)
            if exchange.status is not None and exchange.status not in _AGAIN:
                return exchange
            await self._around.sleep(max(backoff.next_s(), min(exchange.retry_after_s or 0.0, 30.0)))
        return await self._get(path, bills)


def _next_cursor(page: Exchange) -> str:
    """Where the list goes on. A page that is none ends it: the codec sees that its end is missing."""
    if page.status != 200:
        return ""
    try:
        return _read_page(page.body).next_cursor
    except (msgspec.MsgspecError, RecursionError):
        return ""


def _named(exchanges: Iterable[Exchange]) -> set[OutcomeId]:
    """All tokens that rows of orders and trades name."""
    found: set[OutcomeId] = set()
    for exchange in exchanges:
        try:
            rows = _read_tokens(exchange.body).data
        except (msgspec.MsgspecError, RecursionError):
            continue  # the codec refuses the whole reading
        for row in rows:
            for each in (row, *(row.maker_orders or ())):
                if each.asset_id.isascii() and each.asset_id.isdigit():
                    found.add(OutcomeId(each.asset_id))
    return found


def _bills(groups: Sequence[str]) -> tuple[Bill, ...]:
    return tuple((group, 1) for group in groups)
