"""Open orders and trades as `/data/orders` and `/data/trades` list them (section 2.2)."""

from collections.abc import Iterable, Sequence

from dutchbook.domain.markets import Market
from dutchbook.domain.units import SECOND, Nanos, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    ExchangeEvent,
    Matched,
    OrderState,
    Pair,
    Settlement,
    SettlementMoved,
    WorkingOrder,
)
from dutchbook.exchange.polymarket_book import price_text, size_text
from dutchbook.exchange.servers.polymarket.auth import PolymarketAuth
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.identifiers import trade_id, transaction_hash
from dutchbook.exchange.servers.polymarket.user_events import average_price, label_of
from dutchbook.exchange.servers.polymarket.wallets import checksummed

ORDER_TYPES = {"gtc": "GTC", "gtd": "GTD", "fok": "FOK", "ioc": "FAK"}
OPEN = (OrderState.LIVE, OrderState.DELAYED)


class Fills:
    """Which matches each order of an API user was part of, and when a match last moved on the chain."""

    def __init__(self, exchange: Exchange, auth: PolymarketAuth) -> None:
        self._auth = auth
        self._numbers: dict[str, list[int]] = {}
        self._moved: dict[int, Nanos] = {}
        self._trades: dict[str, int] = {}
        exchange.listen(self._heard, Matched, SettlementMoved)

    def trades_of(self, order_id: str) -> list[str]:
        """The ids of an order's trades, oldest first."""
        return [trade_id(number) for number in self._numbers.get(order_id, ())]

    def hashes_of(self, order_id: str) -> list[str]:
        """The transactions of an order's trades, oldest first."""
        return [transaction_hash(number) for number in self._numbers.get(order_id, ())]

    def number_of(self, trade: str) -> int | None:
        """The match that a trade id stands for, if somebody with an API key was part of it."""
        return self._trades.get(trade)

    def moved(self, match: Matched) -> Nanos:
        """When a match last changed its status."""
        return self._moved.get(match.number, match.at)

    def _heard(self, event: ExchangeEvent) -> None:
        match event:
            case Matched():
                for order in (event.taker, *(pair.maker.order for pair in event.pairs)):
                    self._note(order, event.number)
            case SettlementMoved(match=settled, at=at):
                if any(self._ours(order) for order in (settled.taker, *(p.maker.order for p in settled.pairs))):
                    self._moved[settled.number] = at
            case _:
                pass

    def _note(self, order: WorkingOrder, number: int) -> None:
        if self._ours(order):
            known = self._numbers.setdefault(order.new.id, [])
            if not known or known[-1] != number:
                known.append(number)
                self._trades[trade_id(number)] = number

    def _ours(self, order: WorkingOrder) -> bool:
        """Whether an order belongs to somebody with an API key: of all others nobody will ask."""
        return self._auth.has_key(order.new.account)


def original_size(order: WorkingOrder) -> Size:
    """The contracts that an order was for; of a market buy, what it got and may still get."""
    return order.new.size or Size(order.filled + order.remaining)


def order_row(order: WorkingOrder, market: Market, owner: str, trades: Sequence[str]) -> dict[str, object]:
    """An element of `/data/orders`."""
    new = order.new
    return {
        "id": new.id,
        "status": "LIVE" if order.state is OrderState.LIVE else order.state.upper(),
        "owner": owner,
        "maker_address": checksummed(new.account),
        "market": new.market,
        "asset_id": new.outcome,
        "side": new.side.upper(),
        "original_size": size_text(original_size(order)),
        "size_matched": size_text(order.filled),
        "price": price_text(new.price),
        "outcome": label_of(market, new.outcome),
        "expiration": "0" if new.expires is None else str(new.expires // SECOND),
        "order_type": ORDER_TYPES[new.tif],
        "associate_trades": trades,
        "created_at": order.placed // SECOND,
    }


def trade_row(
    match: Matched,
    accounts: Iterable[str],
    market: Market,
    auth: PolymarketAuth,
    *,
    status: Settlement,
    moved: Nanos,
    options: ClobOptions,
) -> dict[str, object]:
    """An element of `/data/trades` as the owner of `accounts` sees it.

    The top describes the taker, `maker_orders` all whom it met: a maker finds its own entries there.
    """
    taker, pairs = match.taker.new, match.pairs
    is_taker = taker.account in set(accounts)
    return {
        "id": trade_id(match.number),
        "taker_order_id": taker.id,
        "market": match.market,
        "asset_id": taker.outcome,
        "side": taker.side.upper(),
        "size": size_text(sum(pair.size for pair in pairs)),
        "fee_rate_bps": "0",
        "price": average_price(pairs),
        "status": ("TRADE_STATUS_" if options.trade_status_prefix else "") + status.upper(),
        "match_time": str(match.at // SECOND),
        "last_update": str(moved // SECOND),
        "outcome": label_of(market, taker.outcome),
        "bucket_index": 0,
        "owner": auth.owner_of_order(taker.id, taker.account),
        "maker_address": checksummed(taker.account),
        "transaction_hash": transaction_hash(match.number),
        "trader_side": "TAKER" if is_taker else "MAKER",
        "maker_orders": [_maker_row(pair, market, auth) for pair in pairs],
    }


def _maker_row(pair: Pair, market: Market, auth: PolymarketAuth) -> dict[str, object]:
    maker, new = pair.maker, pair.maker.order.new
    return {
        "order_id": new.id,
        "owner": auth.owner_of_order(new.id, new.account),
        "maker_address": checksummed(new.account),
        "matched_amount": size_text(pair.size),
        "price": price_text(maker.price),
        "fee_rate_bps": "0",
        "asset_id": maker.outcome,
        "outcome": label_of(market, maker.outcome),
        "side": maker.side.upper(),
    }
