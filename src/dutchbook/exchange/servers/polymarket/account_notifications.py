"""`/notifications`: what happened to one's orders and markets, kept until it is dropped (section 2.2)."""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from functools import partial

import msgspec
from aiohttp import web

from dutchbook.domain.units import SECOND, Nanos, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import (
    Change,
    ExchangeEvent,
    FundsMoved,
    Matched,
    OrderChanged,
    Resolved,
    Settlement,
    SettlementMoved,
    WorkingOrder,
)
from dutchbook.exchange.polymarket_book import plain, price_text, size_text
from dutchbook.exchange.servers.polymarket.account_rows import OPEN, ORDER_TYPES, original_size
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_market_rows import MarketRows
from dutchbook.exchange.servers.polymarket.identifiers import operation_hash, trade_id, transaction_hash
from dutchbook.exchange.servers.polymarket.user_events import label_of

_KEPT = 1_000

_ENDS = (Change.CANCELLED, Change.EXPIRED)


class Kind(IntEnum):
    """The types that arise here; the venue has more (comments, yield, tiers)."""

    CANCEL = 1
    FILL = 2
    RESOLVED = 4
    REWARD = 5
    FILL_FAILED = 8


class Note(msgspec.Struct, frozen=True):
    """One notification of an account."""

    id: int
    kind: Kind
    at: Nanos
    payload: dict[str, object]


class Notifications:
    """Collects for accounts with API keys; at most a thousand each, the oldest go first."""

    def __init__(self, exchange: Exchange, history: History, auth: PolymarketAuth) -> None:
        self._exchange = exchange
        self._auth = auth
        self._rows = MarketRows(exchange, history)
        self._notes: dict[str, deque[Note]] = {}
        self._count = 0
        changed: Callable[..., None] = self._changed
        exchange.listen(changed, OrderChanged)
        exchange.listen(self._heard, Matched, SettlementMoved, Resolved, FundsMoved)

    def listed(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /notifications`: of all wallets of the key's owner, oldest first."""
        notes = sorted(self._of(key), key=lambda note: note.id)
        return answer(
            [
                {
                    "id": note.id,
                    "owner": key.id,
                    "payload": note.payload,
                    "timestamp": note.at // SECOND,
                    "type": int(note.kind),
                }
                for note in notes
            ]
        )

    def drop(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`DELETE /notifications?ids=1,2`; without ids, all of them."""
        text = request.query.get("ids", "")
        ids = text.split(",") if text else []
        if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in ids):
            raise Problem(400, "Invalid notification ids")
        wanted = {int(one) for one in ids}
        for account in self._auth.accounts_of(key):
            kept = [note for note in self._notes.get(account, ()) if wanted and note.id not in wanted]
            self._notes[account] = deque(kept, maxlen=_KEPT)
        return answer("OK")

    def _of(self, key: ApiKey) -> list[Note]:
        return [note for account in self._auth.accounts_of(key) for note in self._notes.get(account, ())]

    def _changed(self, event: OrderChanged) -> None:
        """Of the changes of orders, which are most of what happens, only ends are told."""
        if event.change in _ENDS:
            order = event.order
            self._note(order.new.account, Kind.CANCEL, event.at, partial(self._order, order))

    def _heard(self, event: ExchangeEvent) -> None:
        match event:
            case Matched(at=at):
                self._filled(event, Kind.FILL, at)
            case SettlementMoved(match=failed, status=Settlement.FAILED, at=at):
                self._filled(failed, Kind.FILL_FAILED, at)
            case Resolved():
                self._resolved(event)
            case FundsMoved(account=account, why="reward", cash=cash, at=at):
                self._note(account, Kind.REWARD, at, partial(_reward, account, cash, at))
            case _:
                pass

    def _filled(self, match: Matched, kind: Kind, at: Nanos) -> None:
        orders = {order.new.id: order for order in (match.taker, *(pair.maker.order for pair in match.pairs))}
        for order in orders.values():
            self._note(order.new.account, kind, at, partial(self._order, order, match))

    def _resolved(self, event: Resolved) -> None:
        listing = self._exchange.listings[event.market]
        market = listing.market
        for name, account in self._exchange.accounts.items():
            if account.held(market.yes) or account.held(market.no):
                self._note(name, Kind.RESOLVED, event.at, partial(self._rows.full, listing))

    def _note(self, account: str, kind: Kind, at: Nanos, payload: Callable[[], dict[str, object]]) -> None:
        """Keep a note for an account that can ask for it; of others not even the payload is made."""
        if not self._auth.has_key(account):
            return
        self._count += 1
        note = Note(self._count, kind, at, payload())
        self._notes.setdefault(account, deque(maxlen=_KEPT)).append(note)

    def _order(self, order: WorkingOrder, match: Matched | None = None) -> dict[str, object]:
        new = order.new
        listing = self._exchange.listings[new.market]
        market, question = listing.market, self._exchange.questions.get(listing.market.question)
        left = order.remaining if order.state in OPEN else Size(0)
        return {
            "asset_id": new.outcome,
            "market": new.market,
            "order_id": new.id,
            "side": new.side.upper(),
            "type": ORDER_TYPES[new.tif],
            "price": price_text(new.price),
            "original_size": size_text(original_size(order)),
            "matched_size": size_text(order.filled),
            "remaining_size": size_text(left),
            "outcome": label_of(market, new.outcome),
            "outcome_index": 0 if new.outcome == market.yes else 1,
            "transaction_hash": "" if match is None else transaction_hash(match.number),
            "trade_id": "" if match is None else trade_id(match.number),
            "question": market.title,
            "market_slug": listing.slug,
            "icon": "",
            "image": "",
            "eventSlug": "" if question is None else question.slug,
            "seriesSlug": "",
        }


def _reward(account: str, cash: int, at: Nanos) -> dict[str, object]:
    return {"proxyWallet": account, "reward": plain(cash, 6), "txnHash": operation_hash(account, at)}
