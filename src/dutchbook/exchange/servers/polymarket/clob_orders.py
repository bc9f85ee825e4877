"""`/order`, `/orders` and the cancels: what is placed, what comes back (section 2.2)."""

from collections.abc import Callable, Sequence

import msgspec
from aiohttp import web

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import NewOrder, OrderState, Refusal, Refused, WorkingOrder
from dutchbook.exchange.polymarket_book import plain
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import until
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.account_rows import Fills
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_gate import Gate
from dutchbook.exchange.servers.polymarket.clob_json import read
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.contracts import BUILDER_NONE
from dutchbook.exchange.servers.polymarket.order_entry import Entered, OrderEntry, refusal
from dutchbook.exchange.servers.polymarket.order_wire import PostOrder, read_order, read_orders


class _Cancel(msgspec.Struct, frozen=True):
    orderID: str  # noqa: N815 - the wire's name


class _CancelMarket(msgspec.Struct, frozen=True):
    market: str = ""
    asset_id: str = ""


_cancel = msgspec.json.Decoder(_Cancel)
_cancel_market = msgspec.json.Decoder(_CancelMarket)
_ids = msgspec.json.Decoder(list[str])


class OrderDesk:
    """Takes orders in and cancels them."""

    def __init__(
        self,
        exchange: Exchange,
        context: ServerContext,
        auth: PolymarketAuth,
        gate: Gate,
        fills: Fills,
        options: ClobOptions,
    ) -> None:
        self._exchange = exchange
        self._context = context
        self._auth = auth
        self._gate = gate
        self._fills = fills
        self._options = options
        self._entry = OrderEntry(exchange, auth, context.clock, options)
        self.builders: dict[str, str] = {}
        """The builder code of each order that named one."""
        self.killed: list[Callable[[NewOrder, str], None]] = []
        """Told of each order that was killed at once, and why: the engine has no event for what it did not take."""

    async def post_order(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`POST /order`."""
        headers = self._gate.charge(key, 1, cancels=False)
        try:
            post = read_order(body)
            self._gate.check_post_only(post_only=post.postOnly)
            entered = self._entry.enter(post, key)
            self._note(entered, key)
            try:
                order = self._exchange.submit(entered.new)
            except Refused as refused:
                raise self._not_taken(refused, entered) from refused
            return answer(self._accepted(await self._matched(order, entered), entered), headers=headers)
        except Problem as problem:
            raise _with(problem, headers) from problem

    async def post_orders(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`POST /orders`: one element for each order, in the order of the request."""
        posts = read_orders(body, self._options.max_orders)
        headers = self._gate.charge(key, len(posts), cancels=False)
        checked = [self._entered(post, key) for post in posts]
        entered = [one for one in checked if isinstance(one, Entered)]
        outcomes = iter(self._exchange.submit_batch([one.new for one in entered]))
        placed = [(one, next(outcomes) if isinstance(one, Entered) else None) for one in checked]
        return answer([await self._element(one, outcome) for one, outcome in placed], headers=headers)

    def cancel_order(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`DELETE /order`."""
        wanted = read(_cancel, body, words.BAD_PAYLOAD)
        headers = self._gate.charge(key, 1, cancels=True)
        return answer(self._cancelled(key, [wanted.orderID]), headers=headers)

    def cancel_orders(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`DELETE /orders`."""
        wanted = read(_ids, body, words.BAD_PAYLOAD)
        if len(wanted) > self._options.max_cancels:
            raise Problem(400, words.TOO_LARGE)
        headers = self._gate.charge(key, len(wanted), cancels=True)
        return answer(self._cancelled(key, wanted), headers=headers)

    def cancel_all(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`DELETE /cancel-all`: costs one token and one for each order."""
        wanted = [order.new.id for order in self._open(key)]
        headers = self._gate.charge(key, 1 + len(wanted), cancels=True)
        return answer(self._cancelled(key, wanted), headers=headers)

    def cancel_market(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`DELETE /cancel-market-orders`: of a market, of a token, or of both."""
        which = read(_cancel_market, body, words.BAD_PAYLOAD)
        if not which.market and not which.asset_id:
            raise Problem(400, words.BAD_PAYLOAD)
        market, token = MarketId(which.market), OutcomeId(which.asset_id)
        wanted = [
            order.new.id
            for order in self._open(key)
            if market in ("", order.new.market) and token in ("", order.new.outcome)
        ]
        headers = self._gate.charge(key, 1 + len(wanted), cancels=True)
        return answer(self._cancelled(key, wanted), headers=headers)

    def cancel_silently(self, key: ApiKey) -> None:
        """Cancel everything of a key whose heart stopped."""
        self._cancelled(key, [order.new.id for order in self._open(key)])

    def _entered(self, post: PostOrder, key: ApiKey) -> Entered | Problem:
        try:
            self._gate.check_post_only(post_only=post.postOnly)
            entered = self._entry.enter(post, key)
        except Problem as problem:
            return problem
        self._note(entered, key)
        return entered

    def _note(self, entered: Entered, key: ApiKey) -> None:
        """Whose order it is must be known before the engine tells anybody of it."""
        self._auth.took_order(entered.new.id, key)
        builder = "0x" + entered.signed.builder.hex()
        if builder != BUILDER_NONE:
            self.builders[entered.new.id] = builder

    def _not_taken(self, refused: Refused, entered: Entered) -> Problem:
        """The venue's words for what the engine refused; whoever listens is told of what was killed."""
        problem = refusal(refused, entered)
        if refused.reason in (Refusal.UNFILLABLE, Refusal.NOTHING_TO_MATCH):
            for listener in self.killed:
                listener(entered.new, problem.text)
        if refused.reason is not Refusal.DUPLICATE:
            self._auth.forget_order(entered.new.id)
        return problem

    async def _element(self, one: Entered | Problem, outcome: WorkingOrder | Refused | None) -> dict[str, object]:
        if isinstance(one, Problem):
            return _rejected(one.text)
        if isinstance(outcome, Refused):
            return _rejected(self._not_taken(outcome, one).text)
        if outcome is None:
            raise RuntimeError(f"{one.new.id}: the engine gave no answer to an order of a batch")
        try:
            return self._accepted(await self._matched(outcome, one), one)
        except Problem as problem:
            return _rejected(problem.text)

    async def _matched(self, order: WorkingOrder, entered: Entered) -> WorkingOrder:
        """The order once its delay is over, where the venue answers only then (section 3.3).

        Raises Problem (400) for one that came to nothing in the end.
        """
        listing = entered.listing
        if not (_waits(order) and listing.delay_blocks):
            return order
        due = Nanos(order.placed + listing.taker_delay)
        while _waits(order):
            await until(self._context, due)
            self._context.catch_up()
            due = Nanos(self._context.clock.now() + MILLISECOND)
        if order.state is OrderState.CANCELLED and not order.filled:
            texts = {TimeInForce.FOK: words.FOK_KILLED, TimeInForce.IOC: words.FAK_KILLED}
            raise Problem(400, texts.get(order.new.tif, words.DELAYED))
        return order

    def _accepted(self, order: WorkingOrder, entered: Entered) -> dict[str, object]:
        status, making, taking = "live", "", ""
        if order.filled:
            status = "matched"
            gave, got = (order.paid, order.filled) if order.new.side is Side.BUY else (order.filled, order.paid)
            making, taking = plain(gave, 6), plain(got, 6)
        elif _waits(order):
            status = "delayed"
        id_ = entered.new.id
        hashes = self._fills.hashes_of(id_) if self._options.hashes_in_answers else []
        return {
            "success": True,
            "errorMsg": "",
            "orderID": id_,
            "status": status,
            "makingAmount": making,
            "takingAmount": taking,
            "tradeIDs": self._fills.trades_of(id_),
            "transactionsHashes": hashes,
        }

    def _open(self, key: ApiKey) -> list[WorkingOrder]:
        known = self._exchange.accounts
        mine = (account for account in self._auth.accounts_of(key) if account in known)
        return [order for account in mine for order in self._exchange.open_orders(account)]

    def _cancelled(self, key: ApiKey, wanted: Sequence[str]) -> dict[str, object]:
        """What was cancelled and what was not: all of one account go as one batch, so their frames share a time."""
        mine = set(self._auth.accounts_of(key))
        reasons: dict[str, str] = {}
        by_account: dict[str, list[str]] = {}
        for order_id in dict.fromkeys(wanted):
            order = self._exchange.order(order_id)
            if order is None or order.new.account not in mine:
                reasons[order_id] = words.GONE
            else:
                by_account.setdefault(order.new.account, []).append(order_id)
        done: list[str] = []
        for account, ids in by_account.items():
            for order_id, outcome in self._exchange.cancel_many(account, ids).items():
                if isinstance(outcome, Refused):
                    reasons[order_id] = self._why_not(order_id, outcome)
                else:
                    done.append(order_id)
        return {"canceled": done, "not_canceled": reasons}

    def _why_not(self, order_id: str, refused: Refused) -> str:
        order = self._exchange.order(order_id)
        if refused.reason is Refusal.DELAYED:
            return words.DELAYED
        if order is not None and order.state is OrderState.FILLED:
            return words.ALREADY_MATCHED
        return words.GONE


def _waits(order: WorkingOrder) -> bool:
    return order.state is OrderState.DELAYED


def _rejected(text: str) -> dict[str, object]:
    """An element of a batch that was not taken: `success` all the same, but no id (section 2.2)."""
    return {
        "success": True,
        "errorMsg": text,
        "orderID": "",
        "status": "",
        "makingAmount": "",
        "takingAmount": "",
        "tradeIDs": [],
        "transactionsHashes": [],
    }


def _with(problem: Problem, headers: dict[str, str]) -> Problem:
    return Problem(problem.status, problem.text, more=problem.more, headers={**headers, **problem.headers})
