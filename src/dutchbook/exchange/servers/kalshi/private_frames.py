"""An account's own fills, orders, positions and groups on the socket (protocol section 8.8)."""

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE, Money, Nanos, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import Change, Matched, OrderChanged, Pair, Party
from dutchbook.exchange.servers.kalshi.accounting import Position, is_long, micros
from dutchbook.exchange.servers.kalshi.formats import (
    balance_text,
    count_text,
    millis,
    money_text,
    price_text,
    seconds,
    time_text,
)
from dutchbook.exchange.servers.kalshi.identifiers import member_of, trade_id, user_id
from dutchbook.exchange.servers.kalshi.order_views import OrderView
from dutchbook.exchange.servers.kalshi.portfolio_bodies import SELF_TRADE_WORDS, STATUS_WORDS, direction

_encode = msgspec.json.Encoder().encode
_REASONS = {
    "pause": "HaltCancel",
    "closed": "CloseCancel",
    "self_trade": "SelfTradeCancel",
    "balance": "MarginCancel",
    "expired": "ExpiryCancel",
}
"""Cancels by the user, of groups and of immediate-or-cancel rests have no word in the documented list: empty."""


def update_reason(event: OrderChanged, *, traded: bool, smaller: bool) -> str:
    """`last_update_reason`: `traded` and `smaller` say what an update did."""
    if event.change is Change.FILLED or traded:
        return "Trade"
    if event.change is Change.UPDATED:
        return "Decrease" if smaller else "Amend"
    return "" if event.change is Change.PLACED else _REASONS.get(event.order.reason, "")


def user_order_body(view: OrderView, shard: int, reason: str) -> bytes:
    """One of the account's orders as it stands."""
    new, costs = view.new, view.costs
    member, subaccount = member_of(new.account)
    way = direction(bid=view.bid)
    return _encode(
        {
            "order_id": new.id,
            "user_id": user_id(member),
            "client_order_id": new.client_id,
            "ticker": new.market,
            "exchange_index": shard,
            "status": STATUS_WORDS[view.state],
            "side": way["side"],
            "is_yes": way["side"] == "yes",
            "outcome_side": way["outcome_side"],
            "book_side": way["book_side"],
            "yes_price_dollars": price_text(view.price),
            "initial_count_fp": count_text(new.size),
            "fill_count_fp": count_text(view.filled),
            "remaining_count_fp": count_text(view.remaining if view.resting else 0),
            "taker_fill_cost_dollars": money_text(micros(costs.taken)),
            "maker_fill_cost_dollars": money_text(micros(costs.made)),
            "taker_fees_dollars": money_text(costs.taker_fees),
            "maker_fees_dollars": money_text(costs.maker_fees),
            "self_trade_prevention_type": SELF_TRADE_WORDS.get(new.self_trade, ""),
            "order_group_id": new.group,
            "created_time": time_text(view.placed),
            "created_ts_ms": millis(view.placed),
            "last_update_time": time_text(view.updated),
            "last_updated_ts_ms": millis(view.updated),
            "expiration_time": None if new.expires is None else time_text(new.expires),
            "last_update_reason": reason,
            "subaccount_number": subaccount,
        }
    )


def fill_body(match: Matched, pair: Pair, party: Party, listing: Listing, position: Position) -> bytes:
    """One fill of the account; the price is always that of YES. `position` is as it is afterwards."""
    yes = listing.market.yes
    way = direction(bid=is_long(party, yes))
    body: dict[str, object] = {
        "trade_id": trade_id(pair.number),
        "order_id": party.order.new.id,
        "client_order_id": party.order.new.client_id,
        "market_ticker": match.market,
        "exchange_index": listing.shard,
        "is_taker": party is pair.taker,
        **way,
        "purchased_side": way["outcome_side"],
        "yes_price_dollars": price_text(party.price if party.outcome == yes else ONE - party.price),
        "count_fp": count_text(pair.size),
        "fee_cost": money_text(party.fee),
        "post_position_fp": count_text(position.size),
        "ts": seconds(match.at),
        "ts_ms": millis(match.at),
    }
    if subaccount := member_of(party.order.new.account)[1]:
        body["subaccount"] = subaccount
    return _encode(body)


def market_position_body(account: str, market: MarketId, position: Position) -> bytes:
    """One position. That `position_fee_cost` is the fees of the whole market is an assumption."""
    fees = balance_text(Money(micros(position.fees)))
    return _encode(
        {
            "user_id": user_id(member_of(account)[0]),
            "market_ticker": market,
            "position_fp": count_text(position.size),
            "position_cost_dollars": balance_text(Money(micros(position.cost))),
            "realized_pnl_dollars": _signed(micros(position.realised)),
            "fees_paid_dollars": fees,
            "position_fee_cost_dollars": fees,
            "volume_fp": count_text(position.shares),
        }
    )


def group_body(event_type: str, group: str, limit: Size, at: Nanos) -> bytes:
    """A step in an order group's life."""
    return _encode(
        {
            "event_type": event_type,
            "order_group_id": group,
            "contracts_limit_fp": count_text(limit),
            "ts_ms": millis(at),
        }
    )


class MemberPositions:
    """Positions of the members, those that have a key, at once and not late as REST shows them."""

    def __init__(self, exchange: Exchange, history: History) -> None:
        self._exchange = exchange
        self._history = history
        self._members: set[str] = set()
        self._positions: dict[tuple[str, MarketId], Position] = {}

    def follow(self, member: str) -> None:
        """Watch a member from now on, subaccounts included; what was filled before is read from the history."""
        self._members.add(member)
        for account in [each for each in self._exchange.accounts if member_of(each)[0] == member]:
            for trade in self._history.trades(account=account):
                yes = self._exchange.listings[trade.market].market.yes
                for party in trade.parties():
                    if party.order.new.account == account:
                        self.fill(trade.market, party, trade.size, yes)

    def follows(self, account: str) -> bool:
        """Whether the account, or the one that it is a subaccount of, is a member's."""
        return member_of(account)[0] in self._members

    def fill(self, market: MarketId, party: Party, size: Size, yes: str) -> Position:
        """Book one fill; returns the position after it."""
        position = self.of(party.order.new.account, market)
        gained = party.price if party.side is Side.BUY else ONE - party.price
        position.fill(size if is_long(party, yes) else -size, gained, party.fee)
        return position

    def of(self, account: str, market: MarketId) -> Position:
        """A position, flat if there never was one."""
        return self._positions.setdefault((account, market), Position())

    def settle(self, market: MarketId, payout: int) -> list[tuple[str, Position]]:
        """Pay the positions of a market out; gives those that were not flat."""
        held = [(key[0], each) for key, each in self._positions.items() if key[1] == market and each.size]
        for _, position in held:
            position.settle(Price(payout))
        return held


def _signed(money: int) -> str:
    return f"-{balance_text(Money(-money))}" if money < 0 else balance_text(Money(money))
