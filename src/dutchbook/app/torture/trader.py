"""A strategy with no sense at all: it orders what it likes, of every kind, as often as it is told to."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from random import Random

from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import Event, MarketListed
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import Intent, Leg, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, ONE, SECOND, Money, Nanos, Price, Size, notional_up
from dutchbook.strategies.ports import DeskView

_KINDS = (TimeInForce.FOK, TimeInForce.FOK, TimeInForce.IOC, TimeInForce.GTC, TimeInForce.GTD)
_PLANS = (PlanKind.BASKET,) * 5 + (
    PlanKind.LIMIT,
    PlanKind.MARKET,
    PlanKind.TWAP,
    PlanKind.ICEBERG,
    PlanKind.POST_ONLY,
)
_LIFE = Nanos(240 * SECOND)
_SALES = 0.35
"""How many of its orders sell, if there is anything to sell."""

type Sellable = Callable[[], Mapping[OutcomeId, Size]]


class Gambler:
    """Wants an order about `every` nanoseconds: a market, an outcome, a side, a kind and a size by seeded chance."""

    name = "gambler"

    def __init__(self, markets: Sequence[Market], rng: Random, every: Nanos, sellable: Sellable) -> None:
        """`sellable` tells what may be sold now. `calm` makes it want nothing any more."""
        self._markets = {market.id: market for market in markets}
        self._rng = rng
        self._every = every
        self._next = Nanos(0)
        self._sellable = sellable
        self.calm = False
        self._outcomes = {outcome for market in markets for outcome in (market.yes, market.no)}

    def outcomes(self) -> Collection[OutcomeId]:
        """All of them: any change may wake its wish."""
        return self._outcomes

    def deep(self) -> Container[OutcomeId]:
        """None: it does not look that closely."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        """An intent, when it is time for one."""
        if desk.now < self._next or self.calm:
            return ()
        self._next = Nanos(desk.now + int(self._rng.expovariate(1 / self._every)))
        plan = self._rng.choice(_PLANS)
        if (leg := self._sale(desk) if self._rng.random() < _SALES else None) is not None:
            return (self._intent((leg,), desk, plan),)
        if plan is not PlanKind.BASKET:
            return () if (leg := self._leg(desk)) is None else (self._intent((leg,), desk, plan),)
        legs = [leg for _ in range(self._rng.choice((1, 1, 2, 3))) if (leg := self._leg(desk)) is not None]
        chosen = tuple({leg.market: leg for leg in legs}.values())
        return (self._intent(chosen, desk),) if chosen else ()

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """It would not notice."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        """New markets are as good as old ones."""
        if isinstance(event, MarketListed):
            self._markets[event.market.id] = event.market
            self._outcomes |= {event.market.yes, event.market.no}
        return ()

    def _leg(self, desk: DeskView) -> Leg | None:
        market = self._rng.choice(list(self._markets.values()))
        outcome = self._rng.choice((market.yes, market.no))
        book = desk.book(outcome)
        if market.status is not MarketStatus.OPEN or book is None or not book.usable:
            return None
        tif = self._rng.choice(_KINDS)
        resting = tif in (TimeInForce.GTC, TimeInForce.GTD)
        levels = desk.depth(outcome, Side.BUY)
        price = self._price(levels, market, back=self._rng.randrange(4) if resting else 0)
        if price is None:
            return None
        size = Size(self._rng.randrange(5, 40) * CONTRACT)
        expires = Nanos(desk.now + _LIFE) if tif is TimeInForce.GTD else None
        post_only = resting and self._rng.random() < 0.3
        return Leg(outcome, market.id, Side.BUY, price, size, price, tif, post_only, expires)

    def _sale(self, desk: DeskView) -> Leg | None:
        """Something of what is held, at the best bid."""
        held = [(outcome, size) for outcome, size in sorted(self._sellable().items()) if size >= CONTRACT]
        if not held:
            return None
        outcome, most = self._rng.choice(held)
        market = next((m for m in self._markets.values() if outcome in (m.yes, m.no)), None)
        bids = desk.depth(outcome, Side.SELL)
        if market is None or market.status is not MarketStatus.OPEN or not bids:
            return None
        size = Size(self._rng.randrange(1, int(most) // CONTRACT + 1) * CONTRACT)
        tif = self._rng.choice(_KINDS[:4])
        return Leg(outcome, market.id, Side.SELL, bids[0].price, size, bids[0].price, tif)

    def _price(self, levels: Sequence[Level], market: Market, back: int) -> Price | None:
        """The best ask, or so many ticks below it."""
        if not levels:
            return None
        price, steps = int(levels[0].price), back
        while price > 0 and (steps or not market.grid.contains(Price(price))):
            price -= 1
            steps -= bool(steps and market.grid.contains(Price(price)))
        return Price(price) if 0 < price < ONE else None

    def _intent(self, legs: tuple[Leg, ...], desk: DeskView, plan: PlanKind = PlanKind.BASKET) -> Intent:
        cost = Money(sum(notional_up(leg.limit, leg.size) for leg in legs if leg.side is Side.BUY))
        return Intent(
            id=desk.next_intent(),
            strategy=self.name,
            kind="gamble",
            subject=f"gamble:{desk.now}",
            legs=legs,
            cost=cost,
            edge=Money(0),
            max_loss=cost,
            oldest=desk.now,
            at=desk.now,
            reason="no reason",
            plan=plan,
            insists=plan is not PlanKind.BASKET,
        )
