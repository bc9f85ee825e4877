"""Polymarket's CLOB over HTTP: every path of sections 2.1 and 2.2, and who answers it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import NewOrder
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import application
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.account import Accounts
from dutchbook.exchange.servers.polymarket.account_balances import Balances
from dutchbook.exchange.servers.polymarket.account_heartbeats import Heartbeats
from dutchbook.exchange.servers.polymarket.account_keys import Keys
from dutchbook.exchange.servers.polymarket.account_notifications import Notifications
from dutchbook.exchange.servers.polymarket.account_rows import Fills
from dutchbook.exchange.servers.polymarket.auth import PolymarketAuth
from dutchbook.exchange.servers.polymarket.builder_api import Builders
from dutchbook.exchange.servers.polymarket.clob_books import Books
from dutchbook.exchange.servers.polymarket.clob_errors import answer
from dutchbook.exchange.servers.polymarket.clob_gate import Gate
from dutchbook.exchange.servers.polymarket.clob_history import PricesHistory
from dutchbook.exchange.servers.polymarket.clob_markets import Markets
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.clob_orders import OrderDesk
from dutchbook.exchange.servers.polymarket.frames import BookTexts
from dutchbook.exchange.servers.polymarket.rewards_api import RewardsApi

_LOOK_S = 0.25
_LOOK_SIMULATED_S = 1.0
"""How often silence of heartbeats is looked for while nobody asks anything, in real seconds."""


class PolymarketClob:
    """The CLOB of one exchange. `auth` is shared with the user channel, `books` with the market channel."""

    def __init__(
        self,
        exchange: Exchange,
        history: History,
        context: ServerContext,
        options: ClobOptions | None = None,
        books: BookTexts | None = None,
    ) -> None:
        self.options = options or ClobOptions()
        self.auth = PolymarketAuth(context.clock, context.rng, self.options, exchange.accounts)
        self.books = books or BookTexts(exchange, lambda: context.switchboard.skew(context.venue))
        self._context = context
        self._gate = Gate(exchange, context, self.auth, self.options)
        self._fills = Fills(exchange, self.auth)
        self._desk = OrderDesk(exchange, context, self.auth, self._gate, self._fills, self.options)
        self._heartbeats = Heartbeats(context.clock, self._desk.cancel_silently, self.options)
        self._markets = Markets(exchange, history, self.options)
        self._prices = Books(exchange, history, self.books, self.options)
        self._history = PricesHistory(exchange, history, context.clock, self.options)
        self._accounts = Accounts(exchange, history, self.auth, self._fills, self.options)
        self._balances = Balances(exchange, self.auth, context.clock, self.options)
        self._notifications = Notifications(exchange, history, self.auth)
        self._keys = Keys(self.auth)
        self._builders = Builders(exchange, history, self.auth, self._desk, self.options)
        self._rewards = RewardsApi(exchange, history, self.auth, context.clock, self.options)

    def on_killed(self, listener: Callable[[NewOrder, str], None]) -> None:
        """Call `listener` with every order that was killed at once, and the reason: for the user channel."""
        self._desk.killed.append(listener)

    def advance(self) -> None:
        """What is due by the clock on this side of the engine: silent heartbeats, the end of post-only mode."""
        self._gate.watch_mode()
        self._heartbeats.advance()

    def next_due(self) -> Nanos | None:
        """When `advance` has something to do next."""
        return self._heartbeats.next_due()

    def application(self) -> web.Application:
        """All routes. Serving it also keeps `advance` going."""
        app = application(self._context, "clob", _say)
        app.cleanup_ctx.append(self._kept_going)
        self._add_public(app.router)
        self._add_prices(app.router)
        self._add_trading(app.router)
        self._add_private(app.router)
        self._add_keys(app.router)
        self._add_rewards(app.router)
        return app

    async def _kept_going(self, _app: web.Application) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._keep_going())
            yield
            task.cancel()

    async def _keep_going(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SIMULATED_S if self._context.own_network else _LOOK_S)
            self.advance()

    def _add_public(self, router: web.UrlDispatcher) -> None:
        gate, markets = self._gate, self._markets
        router.add_get("/ok", gate.open(["ok"], lambda _: answer("OK")))
        router.add_get("/time", gate.open([], lambda _: answer(self._context.told() // SECOND)))
        router.add_get("/version", gate.open([], lambda _: answer({"version": 2})))
        router.add_get("/markets", gate.open([], markets.markets))
        router.add_get("/sampling-markets", gate.open([], markets.sampling))
        router.add_get("/simplified-markets", gate.open([], markets.simplified))
        router.add_get("/sampling-simplified-markets", gate.open([], markets.sampling_simplified))
        router.add_get("/markets/{market}", gate.open([], markets.market))
        router.add_get("/clob-markets/{market}", gate.open([], markets.compact))
        router.add_get("/markets-by-token/{token}", gate.open([], markets.by_token))
        router.add_get("/tick-size", gate.open(["tick-size"], markets.tick_size))
        router.add_get("/neg-risk", gate.open([], markets.neg_risk))
        router.add_get("/fee-rate", gate.open([], markets.fee_rate))
        router.add_get("/fees/builder-fees/{code}", gate.open([], self._builders.fees))

    def _add_prices(self, router: web.UrlDispatcher) -> None:
        gate, prices = self._gate, self._prices
        router.add_get("/book", gate.open(["book"], prices.book))
        router.add_post("/books", gate.open(["books"], prices.books))
        router.add_get("/books", gate.open(["books"], _not_this_way))
        router.add_get("/price", gate.open(["price"], prices.price))
        router.add_post("/prices", gate.open(["prices"], prices.prices))
        router.add_get("/midpoint", gate.open(["midpoint"], prices.midpoint))
        router.add_post("/midpoints", gate.open(["midpoints"], prices.midpoints))
        router.add_get("/spread", gate.open([], prices.spread))
        router.add_post("/spreads", gate.open([], prices.spreads))
        router.add_get("/last-trade-price", gate.open([], prices.last_trade))
        router.add_post("/last-trades-prices", gate.open([], prices.last_trades))
        router.add_get("/prices-history", gate.open(["prices-history"], self._history.one))
        router.add_post("/batch-prices-history", gate.open(["prices-history"], self._history.many))

    def _add_trading(self, router: web.UrlDispatcher) -> None:
        gate, desk = self._gate, self._desk
        router.add_post("/order", gate.trading(["post-order"], desk.post_order, cancels=False))
        router.add_post("/orders", gate.trading(["post-orders"], desk.post_orders, cancels=False))
        router.add_delete("/order", gate.trading(["delete-order"], desk.cancel_order, cancels=True))
        router.add_delete("/orders", gate.trading(["delete-orders"], desk.cancel_orders, cancels=True))
        router.add_delete("/cancel-all", gate.trading(["cancel-all"], desk.cancel_all, cancels=True))
        router.add_delete(
            "/cancel-market-orders", gate.trading(["cancel-market-orders"], desk.cancel_market, cancels=True)
        )
        router.add_post("/v1/heartbeats", gate.keyed([], self._heartbeats.beat))

    def _add_private(self, router: web.UrlDispatcher) -> None:
        gate, accounts, balances, notes = self._gate, self._accounts, self._balances, self._notifications
        router.add_get("/data/orders", gate.keyed(["data-orders", "ledger"], accounts.orders))
        router.add_get("/data/order/{order}", gate.keyed(["ledger"], accounts.order))
        router.add_get("/data/trades", gate.keyed(["data-trades", "ledger"], accounts.trades))
        router.add_get("/balance-allowance", gate.keyed(["balance-allowance"], balances.balance))
        router.add_get("/balance-allowance/update", gate.keyed(["balance-allowance-update"], balances.update))
        router.add_get("/notifications", gate.keyed(["notifications", "ledger"], notes.listed))
        router.add_delete("/notifications", gate.keyed(["notifications", "ledger"], notes.drop))
        router.add_get("/auth/ban-status/closed-only", gate.keyed(["auth"], accounts.closed_only))
        router.add_get("/builder/trades", gate.open([], self._builders.trades))

    def _add_keys(self, router: web.UrlDispatcher) -> None:
        gate, keys = self._gate, self._keys
        router.add_post("/auth/api-key", gate.open(["auth"], keys.create))
        router.add_get("/auth/derive-api-key", gate.open(["auth"], keys.derive))
        router.add_get("/auth/api-keys", gate.keyed(["auth"], keys.listed))
        router.add_delete("/auth/api-key", gate.keyed(["auth"], keys.delete))
        router.add_post("/auth/readonly-api-key", gate.keyed(["auth"], keys.create_readonly))
        router.add_get("/auth/readonly-api-keys", gate.keyed(["auth"], keys.readonly))
        router.add_delete("/auth/readonly-api-key", gate.keyed(["auth"], keys.delete_readonly))
        router.add_post("/auth/builder-api-key", gate.keyed(["auth"], keys.create_builder))
        router.add_get("/auth/builder-api-key", gate.keyed(["auth"], keys.builders))
        router.add_delete("/auth/builder-api-key", gate.open(["auth"], keys.revoke_builder))

    def _add_rewards(self, router: web.UrlDispatcher) -> None:
        gate, rewards = self._gate, self._rewards
        router.add_get("/rewards/markets/current", gate.open([], rewards.current))
        router.add_get("/rewards/markets/multi", gate.open([], rewards.multi))
        router.add_get("/rewards/markets/{market}", gate.open([], rewards.market))
        router.add_get("/rebates/current", gate.open([], rewards.rebates))
        router.add_get("/order-scoring", gate.keyed([], rewards.scoring))
        router.add_post("/orders-scoring", gate.keyed([], rewards.scorings))
        router.add_get("/rewards/user", gate.keyed([], rewards.earnings))
        router.add_get("/rewards/user/total", gate.keyed([], rewards.total))
        router.add_get("/rewards/user/markets", gate.keyed([], rewards.markets))
        router.add_get("/rewards/user/percentages", gate.keyed([], rewards.percentages))


def _not_this_way(_request: web.Request) -> web.Response:
    """`GET /books` answers 400 (section 2.1)."""
    return answer({"error": "Invalid payload"}, 400)


def _say(status: int, _request: web.Request) -> web.StreamResponse:
    """What the venue says where no endpoint spoke."""
    if status == 413:
        return answer({"error": words.TOO_LARGE}, 400)
    texts = {404: "not found", 405: "method not allowed"}
    return answer({"error": texts.get(status, "internal error")}, status)
