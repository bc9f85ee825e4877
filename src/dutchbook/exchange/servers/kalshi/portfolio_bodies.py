"""Orders, fills, positions and settlements as REST shows them (protocol section 5)."""

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE, Nanos
from dutchbook.exchange.history import Trade
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import OrderState, Party, SelfTrade
from dutchbook.exchange.servers.kalshi.accounting import Position, SettlementRow, is_long, micros
from dutchbook.exchange.servers.kalshi.formats import (
    cents,
    count_text,
    money_text,
    price_text,
    seconds,
    time_text,
)
from dutchbook.exchange.servers.kalshi.identifiers import member_of, trade_id, user_id
from dutchbook.exchange.servers.kalshi.market_bodies import result_word
from dutchbook.exchange.servers.kalshi.order_views import OrderView

STATUS_WORDS = {
    OrderState.DELAYED: "resting",
    OrderState.LIVE: "resting",
    OrderState.FILLED: "executed",
    OrderState.CANCELLED: "canceled",
    OrderState.EXPIRED: "canceled",
}
SELF_TRADE_WORDS = {SelfTrade.CANCEL_TAKER: "taker_at_cross", SelfTrade.CANCEL_MAKER: "maker"}


def direction(*, bid: bool) -> dict[str, object]:
    """The four members that say which way. An ask is shown as the sale of YES: captures only show bids."""
    return {
        "side": "yes",
        "action": "buy" if bid else "sell",
        "outcome_side": "yes" if bid else "no",
        "book_side": "bid" if bid else "ask",
    }


def order_body(view: OrderView, shard: int) -> dict[str, object]:
    """One order."""
    new, costs = view.new, view.costs
    member, subaccount = member_of(new.account)
    body: dict[str, object] = {
        "order_id": new.id,
        "user_id": user_id(member),
        "client_order_id": new.client_id,
        "ticker": new.market,
        **direction(bid=view.bid),
        "type": "limit",
        "status": STATUS_WORDS[view.state],
        "yes_price_dollars": price_text(view.price),
        "no_price_dollars": price_text(ONE - view.price),
        "initial_count_fp": count_text(new.size),
        "fill_count_fp": count_text(view.filled),
        "remaining_count_fp": count_text(view.remaining if view.resting else 0),
        "taker_fill_cost_dollars": money_text(micros(costs.taken)),
        "maker_fill_cost_dollars": money_text(micros(costs.made)),
        "taker_fees_dollars": money_text(costs.taker_fees),
        "maker_fees_dollars": money_text(costs.maker_fees),
        "subaccount_number": subaccount,
        "exchange_index": shard,
        "created_time": time_text(view.placed),
        "last_update_time": time_text(view.updated),
    }
    if new.self_trade in SELF_TRADE_WORDS:
        body["self_trade_prevention_type"] = SELF_TRADE_WORDS[new.self_trade]
    if new.expires is not None:
        body["expiration_time"] = time_text(new.expires)
    if new.group:
        body["order_group_id"] = new.group
    if new.cancel_on_pause:
        body["cancel_order_on_pause"] = True
    return body


def fill_body(trade: Trade, party: Party, listing: Listing) -> dict[str, object]:
    """One fill: its id is that of the trade, its price that of YES."""
    yes = listing.market.yes
    number = trade_id(trade.number)
    return {
        "fill_id": number,
        "trade_id": number,
        "order_id": party.order.new.id,
        "ticker": trade.market,
        "market_ticker": trade.market,
        **direction(bid=is_long(party, yes)),
        "count_fp": count_text(trade.size),
        "yes_price_dollars": price_text(trade.price),
        "no_price_dollars": price_text(ONE - trade.price),
        "is_taker": party is trade.pair.taker,
        "fee_cost": money_text(party.fee),
        "created_time": time_text(trade.at),
        "ts": seconds(trade.at),
        "subaccount_number": member_of(party.order.new.account)[1],
        "exchange_index": listing.shard,
    }


def market_position_body(market: MarketId, position: Position, shard: int) -> dict[str, object]:
    """One market's position."""
    return {
        "ticker": market,
        "exchange_index": shard,
        "position_fp": count_text(position.size),
        "total_traded_dollars": money_text(micros(position.traded)),
        "market_exposure_dollars": money_text(micros(position.cost)),
        "realized_pnl_dollars": money_text(micros(position.realised)),
        "fees_paid_dollars": money_text(micros(position.fees)),
        "last_updated_ts": time_text(position.updated),
    }


def event_position_body(event: str, positions: list[Position]) -> dict[str, object]:
    """The positions of one event together."""
    return {
        "event_ticker": event,
        "total_cost_dollars": money_text(micros(sum(each.traded for each in positions))),
        "total_cost_shares_fp": count_text(sum(each.shares for each in positions)),
        "event_exposure_dollars": money_text(micros(sum(each.cost for each in positions))),
        "realized_pnl_dollars": money_text(micros(sum(each.realised for each in positions))),
        "fees_paid_dollars": money_text(micros(sum(each.fees for each in positions))),
    }


def settlement_body(row: SettlementRow, listing: Listing) -> dict[str, object]:
    """One settlement; `revenue` and `value` in cents."""
    yes, no = max(row.size, 0), max(-row.size, 0)
    return {
        "ticker": row.market,
        "event_ticker": listing.market.question,
        "exchange_index": listing.shard,
        "market_result": result_word(row.payout),
        "yes_count_fp": count_text(yes),
        "yes_total_cost_dollars": money_text(row.cost if yes else 0),
        "no_count_fp": count_text(no),
        "no_total_cost_dollars": money_text(row.cost if no else 0),
        "revenue": cents(row.revenue),
        "settled_time": time_text(Nanos(row.at)),
        "fee_cost": money_text(row.fees),
        "value": row.payout // 100,
    }
