"""Trades of orders, as tests tell of them."""

from dutchbook.domain.orders import Fill, Order
from dutchbook.domain.units import Money, Nanos, Size


def fill_of(order: Order, size: Size, at: Nanos, name: str, *, provisional: bool = False) -> Fill:
    """So much of an order that rests trades at its limit, without a fee."""
    leg = order.leg
    return Fill(
        order=order.id,
        intent=order.intent,
        outcome=leg.outcome,
        market=leg.market,
        side=leg.side,
        price=leg.limit,
        size=size,
        fee=Money(0),
        at=at,
        maker=True,
        id=name,
        provisional=provisional,
    )
