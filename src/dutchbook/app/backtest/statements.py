"""An account of the exchange in a box, as its venue would state it."""

from dutchbook.domain.events import AccountStated, RewardsStated, StatedOrder, StatedPosition
from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import OrderId
from dutchbook.domain.rewards import MarketEarnings, OrderScoring
from dutchbook.domain.units import DAY, Money, Nanos
from dutchbook.exchange.exchange import Exchange

_PPM = 1_000_000


def statement(exchange: Exchange, account_id: str, asked: Nanos, received: Nanos) -> AccountStated:
    """All cash, all settled contracts and all open orders of an account, as they are now."""
    account = exchange.accounts[account_id]
    positions = tuple(
        StatedPosition(outcome, market, size)
        for outcome, size in sorted(account.holdings.items())
        if (market := exchange.market_of(outcome)) is not None
    )
    orders = tuple(
        StatedOrder(
            venue_id=order.new.id,
            outcome=order.new.outcome,
            market=MarketId(order.new.market),
            side=order.new.side,
            price=order.new.price,
            size=order.new.size,
            filled=order.filled,
            order=OrderId(order.new.id),
        )
        for order in exchange.open_orders(account_id)
    )
    return AccountStated(
        venue=exchange.rules.venue,
        cash=Money(sum(account.balances.values())),
        positions=positions,
        orders=orders,
        asked=asked,
        received=received,
    )


def rewards_statement(exchange: Exchange, account_id: str, now: Nanos, received: Nanos) -> RewardsStated:
    """What the venue says that an account's quotes earn: shares of the running day, and what yesterday paid."""
    yesterday = Nanos((now // DAY - 1) * DAY)
    paid = {
        each.market: each.amount
        for each in reversed(exchange.rewards.earnings)
        if each.day == yesterday and each.account == account_id and each.paid
    }
    rewarded = [market for market, listing in exchange.listings.items() if listing.rewards is not None]
    return RewardsStated(
        venue=exchange.rules.venue,
        day=yesterday,
        received=received,
        orders=tuple(
            OrderScoring(order.new.id, exchange.scoring(order.new.id)) for order in exchange.open_orders(account_id)
        ),
        markets=tuple(
            MarketEarnings(
                market=market,
                share_ppm=int(exchange.rewards.shares(market).get(account_id, 0.0) * _PPM),
                earned=Money(paid.get(market, 0)),
            )
            for market in rewarded
        ),
    )
