"""Polymarket's Data API: who holds, traded and earned what (protocol section 6), in both of its versions."""

from collections.abc import Callable, Iterable, Iterator

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiMapping

from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import application
from dutchbook.exchange.servers.polymarket.answer_cache import AnswerCache
from dutchbook.exchange.servers.polymarket.data_boards import Boards
from dutchbook.exchange.servers.polymarket.data_positions import Positions
from dutchbook.exchange.servers.polymarket.data_query import (
    BadRequest,
    DataOptions,
    count,
    names,
    optional_user,
    page_v1,
    page_v2,
    required_user,
    word,
    yes_no,
)
from dutchbook.exchange.servers.polymarket.data_rows import KINDS, Deed, Holding, Rows
from dutchbook.exchange.servers.polymarket.data_wire import (
    Body,
    activity_v1,
    activity_v2,
    closed_v1,
    enveloped,
    position_v1,
    position_v2,
    trade_v1,
    trade_v2,
)

type Query = MultiMapping[str]
type Answer = Callable[[Query], bytes]

_SIDES = ("BUY", "SELL")
_TYPES = ("TRADE", *KINDS.values(), "TAKER_REBATE", "REFERRAL_REWARD", "MIGRATION", "TIP", "YIELD")
_SORTS: dict[str, Callable[[Holding], int]] = {
    "TOKENS": lambda one: one.position.size,
    "CURRENT": lambda one: one.value,
    "INITIAL": lambda one: one.position.cost,
    "CASHPNL": lambda one: one.unrealised,
    "PERCENTPNL": lambda one: one.unrealised * 1_000_000 // one.position.cost if one.position.cost else 0,
    "PRICE": lambda one: one.price,
    "AVGPRICE": lambda one: one.position.average,
    "REALIZEDPNL": lambda one: one.position.realised,
    "TIMESTAMP": lambda one: one.position.last,
}


class PolymarketData:
    """The Data API's server. Its `positions` count from its construction on: make it before anybody trades."""

    def __init__(
        self, exchange: Exchange, history: History, context: ServerContext, options: DataOptions | None = None
    ) -> None:
        self.options = options or DataOptions()
        self.positions = Positions(exchange)
        self._rows = Rows(exchange, history, self.positions)
        self._boards = Boards(self._rows, self.options, context)
        self._context = context
        self._cache = AnswerCache(context.clock)

    def application(self) -> web.Application:
        """The endpoints."""
        app = application(self._context, "polymarket data")
        answers: dict[str, Answer] = {
            "/": lambda _: b'{"data":"OK"}',
            "/trades": self._trades,
            "/activity": self._activity,
            "/positions": self._positions,
            "/closed-positions": self._closed,
            "/v2/trades": self._trades_v2,
            "/v2/activity": self._activity_v2,
            "/v2/activity/combos": lambda _: enveloped([], None),
            "/v2/positions": self._positions_v2,
            "/v2/positions/combos": lambda _: enveloped([], None),
            **self._boards.answers(),
        }
        for path, answer in answers.items():
            app.router.add_get(path, self._handler(path, answer))
        return app

    def _handler(self, path: str, answer: Answer) -> Handler:
        age = self.options.cached.get(path.removeprefix("/v2").removeprefix("/v1"), Nanos(0))

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                body = await self._cache.body(request, age, lambda: answer(request.query))
            except BadRequest as e:
                return web.Response(body=e.body, status=400, content_type="application/json")
            return web.Response(body=body, content_type="application/json")

        return handle

    # trades and activity

    def _trades(self, query: Query) -> bytes:
        rows, _ = page_v1(query, self.options).take(self._wanted_trades(query))
        return msgspec.json.encode([self._row(trade_v1, deed) for deed in rows])

    def _trades_v2(self, query: Query) -> bytes:
        rows, cursor = page_v2(query, self.options).take(self._wanted_trades(query))
        return enveloped([self._row(trade_v2, deed) for deed in rows], cursor)

    def _wanted_trades(self, query: Query) -> Iterator[Deed]:
        user = optional_user(query)
        markets = names(query, "market", "condition_id")
        side = word(query, "side", _SIDES)
        # Takers only is the default, but nobody is hidden his own trades by it.
        taker_only = yes_no(query, "takerOnly") is not False and user is None
        rows = self._rows.trades() if user is None else self._rows.trades_of(user)
        for deed in rows:
            if markets is not None and (deed.listing is None or deed.listing.id not in markets):
                continue
            if side is not None and (deed.side is None or deed.side.upper() != side):
                continue
            if deed.is_taker or not taker_only:
                yield deed

    def _activity(self, query: Query) -> bytes:
        rows, _ = page_v1(query, self.options).take(self._wanted_activity(query))
        return msgspec.json.encode([self._deed(activity_v1, deed) for deed in rows])

    def _activity_v2(self, query: Query) -> bytes:
        rows, cursor = page_v2(query, self.options).take(self._wanted_activity(query))
        return enveloped([self._deed(activity_v2, deed) for deed in rows], cursor)

    def _wanted_activity(self, query: Query) -> list[Deed]:
        user = required_user(query)
        markets = names(query, "market", "condition_id")
        kinds = names(query, "type")
        if kinds is not None and not kinds <= set(_TYPES):
            raise BadRequest("invalid query param 'type'")
        side = word(query, "side", _SIDES)
        start, end = count(query, "start", 0, 10**10), count(query, "end", 10**10, 10**10)
        deeds = [*self._rows.trades_of(user), *self._rows.funds_of(user)]
        wanted = [
            deed
            for deed in deeds
            if (kinds is None or deed.kind in kinds)
            and (markets is None or (deed.listing is not None and deed.listing.id in markets))
            and (side is None or (deed.side is not None and deed.side.upper() == side))
            and start <= deed.at // 10**9 <= end
        ]
        ascending = word(query, "sortDirection", ("ASC", "DESC")) == "ASC"
        return sorted(wanted, key=lambda deed: deed.at, reverse=not ascending)

    # positions

    def _positions(self, query: Query) -> bytes:
        rows, _ = page_v1(query, self.options).take(self._wanted_positions(query))
        return msgspec.json.encode([self._position(position_v1, one) for one in rows])

    def _positions_v2(self, query: Query) -> bytes:
        status = word(query, "status", ("OPEN", "CLOSED", "REDEEMABLE", "ALL"))
        if status in ("CLOSED", "ALL"):
            found = [one for one in self._of_user(query) if status == "ALL" or not one.position.size]
        else:
            found = list(self._wanted_positions(query))
        rows, cursor = page_v2(query, self.options).take(found)
        return enveloped([self._position(position_v2, one) for one in rows], cursor)

    def _closed(self, query: Query) -> bytes:
        rows, _ = page_v1(query, self.options).take([one for one in self._of_user(query) if not one.position.size])
        return msgspec.json.encode([self._position(closed_v1, one) for one in rows])

    def _wanted_positions(self, query: Query) -> Iterable[Holding]:
        redeemable, mergeable = yes_no(query, "redeemable"), yes_no(query, "mergeable")
        least = self._threshold(query)
        for one in self._of_user(query):
            if not one.position.size or one.position.size < least:
                continue
            if redeemable is not None and one.resolved is not redeemable:
                continue
            if mergeable is None or one.mergeable is mergeable:
                yield one

    def _of_user(self, query: Query) -> list[Holding]:
        markets = names(query, "market", "condition_id")
        holdings = self._rows.holdings(required_user(query))
        if markets is not None:
            holdings = [one for one in holdings if one.listing.id in markets]
        value = _SORTS[word(query, "sortBy", _SORTS) or "TOKENS"]
        ascending = word(query, "sortDirection", ("ASC", "DESC")) == "ASC"
        return sorted(holdings, key=lambda one: (value(one), one.position.outcome), reverse=not ascending)

    def _threshold(self, query: Query) -> int:
        """The smallest position shown, one contract unless the client says otherwise."""
        text = query.get("sizeThreshold") or query.get("size_threshold") or "1"
        try:
            return round(float(text) * 1_000_000)
        except (ValueError, OverflowError) as e:
            raise BadRequest("invalid query param 'sizeThreshold'") from e

    def _row(self, write: Callable[..., Body], deed: Deed) -> Body:
        if deed.listing is None:
            raise LookupError(f"a trade of {deed.account} without a market")
        return write(deed, self._rows.question(deed.listing))

    def _deed(self, write: Callable[..., Body], deed: Deed) -> Body:
        return write(deed, None if deed.listing is None else self._rows.question(deed.listing))

    def _position(self, write: Callable[..., Body], holding: Holding) -> Body:
        return write(holding, self._rows.question(holding.listing))
