"""What other ways of doing would have brought: the yardsticks beside a result.

All of them trade in the markets and in the time that the run chose, so they judge how it traded, not what it chose.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Fill
from dutchbook.domain.units import Money, Nanos, Price, notional_down, notional_up
from dutchbook.evaluation.report_object import Comparison, Slippage

_DRAWS = 400


class Quote(msgspec.Struct, frozen=True):
    """The best prices of an outcome at a moment; None where nobody was there, or nobody knows."""

    at: Nanos
    bid: Price | None
    ask: Price | None


type Quotes = Mapping[OutcomeId, Sequence[Quote]]
"""Best prices of some outcomes at the same evenly spaced moments of a run."""
type Worth = Callable[[OutcomeId], Price | None]


def comparisons(
    net: Money, fills: Sequence[Fill], worth: Worth, quotes: Quotes, middle: Slippage | None, chance: Random
) -> tuple[Comparison, ...]:
    """The yardsticks: nothing, holding on, no spread to pay, and chance."""
    bought = [fill for fill in fills if fill.side is Side.BUY]
    return (
        Comparison(name="nothing", net=Money(0), note="cash that earns nothing"),
        _held(bought, worth),
        _at_the_middle(net, fills, middle),
        _at_random(bought, worth, quotes, chance),
    )


def _held(bought: Sequence[Fill], worth: Worth) -> Comparison:
    """Every purchase kept to the end."""
    name, note = "hold", "every purchase kept to the end, at the last bid or what it pays; nothing sold or merged"
    if not bought:
        return Comparison(name=name, net=None, note="nothing was bought")
    prices = {fill.outcome: worth(fill.outcome) for fill in bought}
    if unknown := sum(price is None for price in prices.values()):
        return Comparison(
            name=name, net=None, note=f"of {unknown} of {len(prices)} outcomes no price is known at the end"
        )
    total = 0
    for fill in bought:
        price = prices[fill.outcome] or Price(0)
        total += notional_down(price, fill.size) - notional_up(fill.price, fill.size) - fill.fee
    return Comparison(name=name, net=Money(total), note=note)


def _at_the_middle(net: Money, fills: Sequence[Fill], middle: Slippage | None) -> Comparison:
    """The same trades half-way between bid and ask, without fees: what is lost to the market's price of trading."""
    name = "market"
    if middle is None or middle.each.value is None:
        return Comparison(name=name, net=None, note="the middle at the time of the orders is not known")
    fees = sum(fill.fee for fill in fills)
    note = "the same trades at the middle of the market, without fees"
    return Comparison(name=name, net=Money(net + middle.cost + fees), note=note)


def _at_random(bought: Sequence[Fill], worth: Worth, quotes: Quotes, chance: Random) -> Comparison:
    """The same purchases at moments drawn from the run, at the ask of that moment, kept to the end."""
    name = "random entry"
    known = [
        (fill, price, asks)
        for fill in bought
        if (price := worth(fill.outcome)) is not None
        and (asks := [quote.ask for quote in quotes.get(fill.outcome, ()) if quote.ask is not None])
    ]
    if not bought or len(known) < len(bought):
        return Comparison(name=name, net=None, note="not all purchases have asks at other moments of the run")
    drawn = sorted(
        sum(
            notional_down(price, fill.size) - notional_up(chance.choice(asks), fill.size) - fill.fee
            for fill, price, asks in known
        )
        for _ in range(_DRAWS)
    )
    return Comparison(
        name=name,
        net=Money(drawn[_DRAWS // 2]),
        low=Money(drawn[_DRAWS * 25 // 1_000]),
        high=Money(drawn[_DRAWS * 975 // 1_000 - 1]),
        note=f"the same purchases at random moments of the run, at the ask, kept to the end; median of {_DRAWS} draws",
    )
