"""Two ways to buy both legs of a pair across venues: both at once, or the thinner one first and the other behind it."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleLeg
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Leg, TimeInForce
from dutchbook.domain.pricing.cross_venue import dearest, mismatch_cost
from dutchbook.domain.pricing.depth import order_price
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import ONE, SECOND, Money, Nanos, Price, Size, notional_down, notional_up
from dutchbook.strategies.appraisal import Demands, Offer, worst_partial_fill
from dutchbook.strategies.cross_venue_settings import CrossVenueSettings, FirstLeg, PairDemands
from dutchbook.strategies.names import ATOMIC_ARB, LEG_AND_HEDGE
from dutchbook.strategies.ports import DeskView

_ALL = 1_000_000


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """The orders of an offer, how they leave, and what is lost if only some of them fill."""

    legs: tuple[Leg, ...]
    waves: tuple[tuple[int, ...], ...]
    window: Nanos
    max_loss: Money
    remark: str


class Style(Protocol):
    """How a strategy for pairs trades one."""

    @property
    def name(self) -> str: ...
    @property
    def demands(self) -> Demands: ...

    def shares(self, bundle: Bundle, desk: DeskView) -> Sequence[int]:
        """How much of each leg's depth is counted on, in millionths."""
        ...

    def orders(self, bundle: Bundle, offer: Offer, desk: DeskView) -> Orders:
        """The orders for what was offered."""
        ...


class AtomicArb:
    """Both legs at once, all or nothing each. Takes only what both books show with room to spare."""

    name = ATOMIC_ARB

    def __init__(self, demands: PairDemands, settings: CrossVenueSettings) -> None:
        self.demands = demands
        self._share = settings.atomic_depth

    def shares(self, bundle: Bundle, desk: DeskView) -> Sequence[int]:  # noqa: ARG002 - the same for all books
        """A part of every level."""
        return (self._share,) * len(bundle.legs)

    def orders(self, bundle: Bundle, offer: Offer, desk: DeskView) -> Orders:
        """Fill-or-kill at the worst level of each book; a leg that fills alone is undone at once."""
        legs = tuple(_leg(bundle, offer, i, TimeInForce.FOK) for i in range(len(bundle.legs)))
        return Orders(
            legs=legs,
            waves=(tuple(range(len(legs))),),
            window=Nanos(0),
            max_loss=worst_partial_fill(bundle, offer.execution.size, desk),
            remark="both legs at once",
        )


class LegAndHedge:
    """The leg that is likelier to miss first, the other one for what it brought, within a time window.

    Takes more than `AtomicArb`, all that the first book shows, and is at risk between the legs: the whole first leg is
    counted as lost.
    """

    name = LEG_AND_HEDGE

    def __init__(self, demands: PairDemands, settings: CrossVenueSettings, catalogue: Catalogue) -> None:
        self.demands = demands
        self._settings = settings
        self._catalogue = catalogue

    def shares(self, bundle: Bundle, desk: DeskView) -> Sequence[int]:
        """All of the first book, a part of the second: it must still be there once the first leg has filled."""
        first = self._first(bundle, desk)
        return tuple(_ALL if i == first else self._settings.hedge_depth for i in range(len(bundle.legs)))

    def orders(self, bundle: Bundle, offer: Offer, desk: DeskView) -> Orders:
        """What there is of the first leg; the second at up to `hedge_reach` more, never beyond what the pair pays."""
        first = self._first(bundle, desk)
        second = 1 - first
        size = offer.execution.size
        opening = _leg(bundle, offer, first, TimeInForce.IOC)
        lost = _cost(bundle.legs[first], opening.limit, size)
        hedge = _leg(bundle, offer, second, TimeInForce.IOC, self._hedge_limit(bundle, offer, second, lost))
        window = self._settings.hedge_within
        return Orders(
            legs=(opening, hedge) if first == 0 else (hedge, opening),
            waves=((first,), (second,)),
            window=window,
            max_loss=lost,
            remark=f"first at {self._venue(bundle.legs[first])}, the other leg within {window / SECOND:g} s",
        )

    def _first(self, bundle: Bundle, desk: DeskView) -> int:
        if self._settings.first_leg is FirstLeg.THINNEST:
            return min(range(len(bundle.legs)), key=lambda i: (_payable(bundle, i, desk), i))
        wanted = Venue(self._settings.first_leg)
        return next((i for i, leg in enumerate(bundle.legs) if self._venue(leg) is wanted), 0)

    def _hedge_limit(self, bundle: Bundle, offer: Offer, second: int, first_cost: Money) -> Price:
        """The worst price at which the whole basket still loses nothing, if the first leg filled at its limit."""
        leg, size, shown = bundle.legs[second], offer.execution.size, offer.execution.limits[second]
        mismatch = mismatch_cost(bundle.payoff, size, bundle.mismatch_ppm)
        budget = Money(notional_down(bundle.payoff, size) - mismatch - first_cost)
        furthest = dearest(leg.fees, leg.grid, size, budget) or shown
        within = min(furthest, shown + self._settings.hedge_reach, ONE - 1)
        # The nearest price on the grid from below: an order to sell at it would be satisfied by no less.
        snapped = order_price(leg.grid, Side.SELL, Price(within))
        return shown if snapped is None else max(shown, snapped)

    def _venue(self, leg: BundleLeg) -> Venue:
        market = self._catalogue.market(leg.market)
        if market is None:
            raise LookupError(f"{leg.market} is in a bundle without being in the catalogue")
        return market.venue


def _leg(bundle: Bundle, offer: Offer, number: int, tif: TimeInForce, limit: Price | None = None) -> Leg:
    leg, execution = bundle.legs[number], offer.execution
    worst = execution.limits[number] if limit is None else limit
    return Leg(leg.outcome, leg.market, leg.side, worst, execution.size, execution.expected[number], tif)


def _cost(leg: BundleLeg, limit: Price, size: Size) -> Money:
    return Money(notional_up(limit, size) + taker_fee(leg.fees, limit, size, Side.BUY))


def _payable(bundle: Bundle, number: int, desk: DeskView) -> int:
    """How much of a leg stands at prices at which the pair costs less than it pays, before fees."""
    others = [leg for i, leg in enumerate(bundle.legs) if i != number]
    best = [next(iter(desk.depth(leg.outcome, leg.side)), None) for leg in others]
    rest = bundle.payoff - sum(ONE if level is None else level.price for level in best)
    own = bundle.legs[number]
    return sum(level.size for level in desk.depth(own.outcome, own.side) if level.price < rest)
