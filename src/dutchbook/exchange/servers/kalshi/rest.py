"""Kalshi's REST server: who may call what, what it costs, and how answers are written."""

import re
from collections.abc import Iterable, Sequence

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import Refused
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import application
from dutchbook.exchange.servers.kalshi import legacy
from dutchbook.exchange.servers.kalshi.accounting import Accounting
from dutchbook.exchange.servers.kalshi.api_keys import ApiKeys
from dutchbook.exchange.servers.kalshi.auth import SIGNATURE, ApiKey, AuthRefused, KalshiAuth
from dutchbook.exchange.servers.kalshi.batches import Batches
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.candlesticks import Candlesticks
from dutchbook.exchange.servers.kalshi.errors import ApiError, Fault
from dutchbook.exchange.servers.kalshi.events import Events
from dutchbook.exchange.servers.kalshi.exchange_info import ExchangeInfo
from dutchbook.exchange.servers.kalshi.lifecycle import MarketTimes
from dutchbook.exchange.servers.kalshi.live_tier import Tier
from dutchbook.exchange.servers.kalshi.market_bodies import MarketBodies
from dutchbook.exchange.servers.kalshi.market_data import MarketData
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.order_entry import OrderEntry
from dutchbook.exchange.servers.kalshi.order_groups import OrderGroups
from dutchbook.exchange.servers.kalshi.order_reads import OrderReads
from dutchbook.exchange.servers.kalshi.order_views import OrderViews
from dutchbook.exchange.servers.kalshi.parameters import Parameters
from dutchbook.exchange.servers.kalshi.portfolio import Portfolio
from dutchbook.exchange.servers.kalshi.rate_limits import BASE, COSTS, DEFAULT_COST, RateLimits
from dutchbook.exchange.servers.kalshi.refusals import in_words_of_kalshi
from dutchbook.exchange.servers.kalshi.shards import Shards
from dutchbook.exchange.servers.kalshi.subaccounts import Subaccounts
from dutchbook.exchange.servers.kalshi.transfers import Transfers
from dutchbook.exchange.servers.unhurried import Rows, written

_ENCODER = msgspec.json.Encoder(order="sorted")
"""Captured bodies have their members in alphabetical order."""
_ERRORS = msgspec.json.Encoder()
"""Captured errors have not."""
_MILLION = 1_000_000
_VARIABLE = re.compile(r"\{(\w+)\}")
_WORDS = {404: ("not_found", "not found"), 405: ("method_not_allowed", "method not allowed")}


class KalshiRest:
    """Trade API v2. Listens to the exchange from its construction on, so build it before trading starts."""

    def __init__(
        self, exchange: Exchange, history: History, context: ServerContext, options: KalshiOptions | None = None
    ) -> None:
        self.options = options or KalshiOptions()
        self.auth = KalshiAuth(context.told, self.options)
        self._exchange = exchange
        self._history = history
        self._context = context
        self._limits = RateLimits(self.options)
        self._shards = Shards(exchange)
        self._views = OrderViews(exchange, history, self.options)
        self.auth.on_member(self._views.follow)
        self._endpoints = self._all_endpoints()

    def application(self) -> web.Application:
        """The application; every path begins with `/trade-api/v2`."""
        app = application(self._context, "kalshi", _said)
        for endpoint in _fixed_paths_first(self._endpoints):
            app.router.add_route(endpoint.method, BASE + endpoint.path, self._serving(endpoint))
        return app

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The whole route table."""
        return self._endpoints

    def _all_endpoints(self) -> list[Endpoint]:
        exchange, options, rng, shards = self._exchange, self.options, self._context.rng, self._shards
        times = MarketTimes(exchange)
        tier = Tier(times, options)
        bodies = MarketBodies(exchange, self._history, times)
        accounting = Accounting(exchange, options.positions_late)
        entry = OrderEntry(exchange, shards, rng, options)
        return [
            *ExchangeInfo(exchange, shards, options).endpoints(),
            *MarketData(exchange, self._history, bodies, times, tier).endpoints(),
            *Events(exchange, self._history, bodies, times).endpoints(),
            *Candlesticks(exchange, self._history, options).endpoints(),
            *Portfolio(exchange, self._history, accounting, shards, tier, options).endpoints(),
            *OrderReads(exchange, self._views, tier).endpoints(),
            *entry.endpoints(),
            *Batches(exchange, entry, shards, self._limits).endpoints(),
            *OrderGroups(exchange, shards, rng, options).endpoints(),
            *Subaccounts(exchange, shards, rng).endpoints(),
            *Transfers(exchange, shards, rng).endpoints(),
            *ApiKeys(self.auth, rng, options).endpoints(),
            *legacy.endpoints(),
        ]

    def _serving(self, endpoint: Endpoint) -> Handler:
        cost = COSTS.get((endpoint.method, _VARIABLE.sub(r":\1", endpoint.path)), DEFAULT_COST)

        async def serve(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            try:
                return self._written(await _whole(self._answer(endpoint, cost, request, body)))
            except ApiError as error:
                return _json(error.status, _ERRORS.encode(error.body))
            except AuthRefused as refused:
                return _json(refused.status, refused.body)
            except Refused as refused:
                worded = in_words_of_kalshi(refused, self.options)
                return _json(worded.status, _ERRORS.encode(worded.body))

        return serve

    def _answer(self, endpoint: Endpoint, cost: int, request: web.Request, body: bytes) -> Answer:
        now = self._context.told()
        key = self._let_in(endpoint, request)
        query = {name: request.query.getall(name) for name in request.query}
        call = Call(
            path=request.match_info,
            query=Parameters(endpoint.operation, query),
            body=body,
            content_type=request.content_type if "Content-Type" in request.headers else "",
            key=key,
            now=now,
        )
        if endpoint.billed:
            self._bill(endpoint, cost, call)
        return endpoint.handler(call)

    def _written(self, answer: Answer) -> web.Response:
        body = answer.body
        if body is None:
            return web.Response(status=answer.status)
        share = self.options.unknown_fields
        if share and isinstance(body, dict) and self._context.rng.randrange(_MILLION) < share:
            body = {**body, "unknown_field": {"of": "the future"}}
        return _json(answer.status, _ENCODER.encode(body))

    def _let_in(self, endpoint: Endpoint, request: web.Request) -> ApiKey | None:
        """The key that signed; None for a reader of public data without one. Raises AuthRefused, or ApiError 403.

        That signed calls of public endpoints must be signed rightly is an assumption.
        """
        if not endpoint.scope and SIGNATURE not in request.headers:
            return None
        key = self.auth.identify(request.method, request.raw_path.partition("?")[0], request.headers)
        if endpoint.scope and not key.allows(endpoint.scope):
            raise Fault(403, "forbidden", details=f"the key has no scope {endpoint.scope}")
        return key

    def _bill(self, endpoint: Endpoint, cost: int, call: Call) -> None:
        if not endpoint.writes:
            self._limits.read(call.member, cost, call.now)
            return
        named = call.query.integer("exchange_index")
        self._limits.write(call.member, cost, call.now, self._shards.billed(_named_shard(call) or named))


def _named_shard(call: Call) -> int | None:
    """The `exchange_index` of a body, if it is one that can be read; its faults are told later."""
    if not call.body:
        return None
    try:
        body = msgspec.json.decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    shard = body.get("exchange_index") if isinstance(body, dict) else None
    return shard if isinstance(shard, int) else None


async def _whole(answer: Answer) -> Answer:
    """An answer whose rows are all written."""
    body = answer.body
    if not isinstance(body, dict):
        return answer
    lists = {name: await written(value, _ENCODER) for name, value in body.items() if isinstance(value, Rows)}
    return Answer({**body, **lists}, answer.status) if lists else answer


def _fixed_paths_first(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """`/markets/trades` before `/markets/{ticker}`."""
    return sorted(endpoints, key=lambda endpoint: endpoint.path.count("{"))


def _json(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")


def _said(status: int, request: web.Request) -> web.StreamResponse:  # noqa: ARG001
    """Statuses that no endpoint gave; the bodies for unknown paths and methods were not captured."""
    code, message = _WORDS.get(status, ("internal_server_error" if status >= 500 else "bad_request", "error"))
    return _json(status, _ERRORS.encode({"error": {"code": code, "message": message}}))
