"""A stage with two venues: market 0 at Polymarket, market 1 at Kalshi, and a pair across them."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind, BundleLeg
from dutchbook.domain.events import OrderFilled, VenueState, VenueStateChanged
from dutchbook.domain.identity import QuestionId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import Intent, Leg, Order, TimeInForce
from dutchbook.domain.units import CONTRACT, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.execution.step import BasketEnd, Step
from tests.execution.fills import fill_of
from tests.execution.stage import Stage, no, yes

HERE, THERE = 0, 1
WINDOW = Nanos(30 * SECOND)
WAIT = "home:i1"
"""The timer of the basket of the first intent."""

type Cents = Mapping[int, int]


class PairStage(Stage):
    """YES is asked for 0.43 here and bid 0.48 there, where NO then is asked for 0.52."""

    def __init__(self, mismatch_ppm: int = 0) -> None:
        super().__init__([({42: 300}, {43: 200}), ({48: 200}, {50: 300})])
        self.markets[THERE] = replace(
            self.markets[THERE], venue=Venue.KALSHI, min_size=Size(10_000), min_notional=Money(0), neg_risk=False
        )
        legs = [
            BundleLeg(outcome, market.id, Side.BUY, market.fees, market.grid, market.min_size, market.min_notional)
            for outcome, market in zip((yes(HERE), no(THERE)), self.markets, strict=True)
        ]
        self.pair = Bundle(
            id=BundleId("cross_venue:a/yes+b/no"),
            kind=BundleKind.CROSS_VENUE,
            question=QuestionId("pair:p1"),
            title="Rain",
            legs=tuple(legs),
            payoff=ONE,
            releases=Nanos(10**18),
            mismatch_ppm=mismatch_ppm,
        )
        self.bundles[self.pair.id] = self.pair

    def atomic(self, contracts: int = 10) -> Step:
        """Both legs at once, fill-or-kill."""
        return self.start(self._intent(contracts, TimeInForce.FOK, ((0, 1),), Nanos(0)))

    def hedged(self, contracts: int = 10, first: int = HERE) -> Step:
        """One leg, then the other within the window."""
        return self.start(self._intent(contracts, TimeInForce.IOC, ((first,), (1 - first,)), WINDOW))

    def halt(self, number: int) -> None:
        """The venue pauses the market; its book stays as it was."""
        self.markets[number] = replace(self.markets[number], status=MarketStatus.PAUSED)

    def reopen(self, number: int) -> None:
        self.markets[number] = replace(self.markets[number], status=MarketStatus.OPEN)

    def venue(self, state: VenueState) -> Step:
        """What Kalshi says that it takes."""
        return self.hear(VenueStateChanged(Venue.KALSHI, state, self.now, "maintenance"))

    def look(self, seconds: float = 0.5) -> Step:
        """So much time passes, and the basket looks again."""
        return self.fire(WAIT, round(seconds * SECOND))

    def approve(self, step: Step) -> Sequence[Order]:
        """Risk approves the way home of a step; the orders that leave."""
        [intent] = step.intents
        return self.start(intent).orders

    def fill_part(self, order: Order, size: Size) -> Step:
        """The venue fills some of an order, to the millionth of a contract, at its limit."""
        return self.hear(OrderFilled(fill_of(order, size, self.now, ""), self.now))

    def ended(self) -> BasketEnd | None:
        """How the basket ended."""
        ends = [end for step in self.steps for end in step.ended]
        assert len(ends) <= 1
        return ends[0] if ends else None

    def said(self) -> str:
        return "\n".join(note.text for step in self.steps for note in step.notes)

    def _intent(self, contracts: int, tif: TimeInForce, waves: tuple[tuple[int, ...], ...], window: Nanos) -> Intent:
        legs = tuple(
            Leg(
                leg.outcome,
                leg.market,
                leg.side,
                Price(cents * 100),
                Size(contracts * CONTRACT),
                Price(cents * 100),
                tif,
            )
            for leg, cents in zip(self.pair.legs, (43, 52), strict=True)
        )
        return replace(self.intent(self.pair.id, legs), waves=waves, window=window)
