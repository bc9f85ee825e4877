"""What a bundle is worth at full depth, after fees and time, and what can go wrong; or why it is not wanted."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec
from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleKind, BundleLeg
from dutchbook.domain.pricing.bundles import margin_at_top
from dutchbook.domain.pricing.cross_venue import counted, mismatch_cost
from dutchbook.domain.pricing.depth import Execution, LegDepth, executable_size, revalued, walk
from dutchbook.domain.pricing.merge import ATTO_PER_MICRO, MAX_SIZE, merge, net_payoff
from dutchbook.domain.pricing.yields import annualised_simple, capital_charge, longest_lockup, present_value
from dutchbook.domain.units import DAY, MINUTE, ONE, Money, Nanos, Price, Size, notional_up
from dutchbook.strategies.index import Tracked, Watch
from dutchbook.strategies.ports import DeskView

_MILLION = 1_000_000


class Why(StrEnum):
    """Why a bundle below its payoff is not wanted now."""

    TOO_MANY_LEGS = "more legs than max_legs"
    BOOK_UNKNOWN = "a leg's book is not known to be whole"
    CROSSED = "a leg's book is crossed: a fault of the data"
    UNSETTLED = "a leg's book is between two states: more messages of its instant are expected"
    UNPROFITABLE = "fees and the required edge take the profit"
    TOO_SMALL = "the profitable size is below a leg's smallest order, or max_basket_cash is"
    LEG_RISK = "the profit does not pay for the risk that some legs fill and others do not"
    LOW_YIELD = "the profit does not pay for the time that the cash is locked up"
    NOT_TRADING = "a leg's market takes no orders now"
    BUSY = "a basket for it is still working"
    OVERLAPPING = "a better bundle of the same moment uses the same market"
    REPEATED = "the same intent was proposed a moment ago"
    LEFT = "left to the strategies for pairs across venues"


class Demands(Protocol):
    """What a bundle must offer: fits the settings of the bundle strategy, and whatever says the same of other kinds."""

    @property
    def max_legs(self) -> int: ...
    @property
    def max_basket_cash(self) -> Money: ...

    @property
    def capital_yield(self) -> int:
        """What idle cash earns in a year, in millionths."""
        ...

    @property
    def least_yield(self) -> int: ...
    @property
    def settlement_delay(self) -> Nanos: ...
    @property
    def overdue_lockup(self) -> Nanos: ...

    def least_edge(self, kind: BundleKind) -> Price:
        """The least profit of a set after fees."""
        ...


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that is wanted.

    `edge` is the profit after fees, `charge`, what the capital would have earned elsewhere, and `mismatch`, what
    settling differently at two venues costs on average. `days` of lock-up and `yearly` return are None where the payoff
    is cash at once. `leg_risk` is what baskets of which some legs miss cost on average.
    """

    execution: Execution
    charge: Money
    leg_risk: Money = Money(0)
    mismatch: Money
    edge: Money
    days: float | None
    yearly: float | None
    oldest: Nanos


def appraise(tracked: Tracked, desk: DeskView, settings: Demands, shares: Sequence[int] | None = None) -> Offer | Why:
    """Price a bundle at full depth. Reads no book that is unknown, crossed or between two states.

    `shares` says how much of each leg's depth is counted on, in millionths; all of it without.
    """
    bundle = tracked.bundle
    if len(bundle.legs) > settings.max_legs:
        return Why.TOO_MANY_LEGS
    oldest = desk.now
    for watch in tracked.watches:
        received = _look_at(watch, desk)
        if isinstance(received, Why):
            return received
        oldest = min(oldest, received)
    margin = margin_at_top(bundle, tracked.tops())
    if margin is None or margin.net <= 0:
        return Why.UNPROFITABLE
    legs = depths(bundle, desk, shares)
    days = lockup_days(bundle, settings, desk.now)
    execution = sized(bundle, legs, settings, days)
    return execution if isinstance(execution, Why) else _timed(bundle, execution, settings, days, oldest)


def depths(bundle: Bundle, desk: DeskView, shares: Sequence[int] | None = None) -> list[LegDepth]:
    """What each leg could take now, as far as it is counted on."""
    levels = [desk.depth(leg.outcome, leg.side) for leg in bundle.legs]
    if shares is not None:
        levels = [counted(each, share) for each, share in zip(levels, shares, strict=True)]
    return [LegDepth.of(leg, each) for leg, each in zip(bundle.legs, levels, strict=True)]


def lockup_days(bundle: Bundle, settings: Demands, now: Nanos) -> float | None:
    """How long a set binds its cash, from the beginning of this minute; None where the payoff is cash at once."""
    if bundle.releases is None:
        return None
    left = bundle.releases - now // MINUTE * MINUTE
    return (left + settings.settlement_delay if left > 0 else settings.overdue_lockup) / DAY


def worst_partial_fill(bundle: Bundle, size: Size, desk: DeskView) -> Money:
    """The most that a basket loses if some legs fill and others do not, at the books of this moment.

    A leg that stands alone is undone at once: what was bought is sold into the bids (what they do not take counts as
    worthless), what was sold is bought back from the asks (what they do not offer counts as a dollar each). Its loss is
    that round trip with the fees of both ways, never less than zero. All legs but the one of least loss may stand
    alone. `backs` is the depth on the other side of each leg. Errs towards more loss: completing the basket may be
    cheaper. Bids that vanish meanwhile are not foreseen: execution bounds that by its limits.
    """
    losses = [_round_trip(leg, size, desk) for leg in bundle.legs]
    return Money(sum(losses) - min(losses))


def _look_at(watch: Watch, desk: DeskView) -> Nanos | Why:
    """When the book was received, if it can be trusted now."""
    book = desk.book(watch.outcome)
    if book is None or not book.usable:
        return Why.BOOK_UNKNOWN
    bid, ask = book.best_bid, book.best_ask
    if bid is not None and ask is not None and bid >= ask:
        return Why.CROSSED
    # We are told of a book when the changes of its instant are complete: another top than we were told is unfinished.
    if bid != watch.bid or ask != watch.ask:
        return Why.UNSETTLED
    return book.received


def sized(bundle: Bundle, legs: Sequence[LegDepth], settings: Demands, days: float | None) -> Execution | Why:
    """The size at which every set earns the required edge and its time, and what it earns. `days` of lock-up."""
    worth = _present_payoff(bundle, settings, days)
    wanted = executable_size(legs, worth, bundle.conversion_ppm, cash=settings.max_basket_cash)
    if wanted is None:
        free = [replace(leg, min_size=Size(0), min_notional=Money(0)) for leg in legs]
        small = executable_size(free, worth, bundle.conversion_ppm, cash=settings.max_basket_cash)
        return Why.UNPROFITABLE if small is None else Why.TOO_SMALL
    if worth == bundle.payoff:
        return wanted
    if 0 < worth < bundle.payoff:
        return revalued(wanted, worth, bundle.payoff, bundle.conversion_ppm)
    paid = executable_size(legs, bundle.payoff, bundle.conversion_ppm, wanted.size, settings.max_basket_cash)
    return Why.UNPROFITABLE if paid is None else paid


def most_sets(bundle: Bundle, desk: DeskView, settings: Demands) -> Size:
    """The size from which `sized` comes down to what every venue takes: offers beyond it change nothing."""
    worth = _present_payoff(bundle, settings, lockup_days(bundle, settings, desk.now))
    cash = settings.max_basket_cash * ATTO_PER_MICRO
    return Size(merge(depths(bundle, desk), net_payoff(worth, bundle.conversion_ppm), MAX_SIZE, cash)[0])


def _present_payoff(bundle: Bundle, settings: Demands, days: float | None) -> Price:
    """What a set is worth today less its mismatch and the edge that it must earn, rounded down to a price unit.

    A set that earns exactly the required edge is wanted, and the walk takes sets that earn more than nothing: so one
    price unit less is asked of the last set here, and `_timed` asks the whole of the basket.
    """
    worth = (
        bundle.payoff if days is None else int(bundle.payoff * present_value(settings.capital_yield / _MILLION, days))
    )
    mismatch = -(-bundle.payoff * bundle.mismatch_ppm // _MILLION)
    return Price(worth - mismatch - max(settings.least_edge(bundle.kind) - 1, 0))


def _timed(bundle: Bundle, execution: Execution, settings: Demands, days: float | None, oldest: Nanos) -> Offer | Why:
    """The offer, if the basket as a whole earns its edge, its capital charge and the hurdle."""
    mismatch = mismatch_cost(bundle.payoff, execution.size, bundle.mismatch_ppm) if bundle.mismatch_ppm else Money(0)
    profit = execution.profit - mismatch
    if profit * ONE < settings.least_edge(bundle.kind) * execution.size or profit <= 0:
        return Why.UNPROFITABLE
    charge, yearly = Money(0), None
    if days is not None:
        charge = capital_charge(execution.outlay, settings.capital_yield / _MILLION, days)
        roi = profit / execution.outlay
        yearly = annualised_simple(roi, days)
        hurdle = settings.least_yield / _MILLION
        if charge >= profit or (hurdle and days > longest_lockup(roi, hurdle)):
            return Why.LOW_YIELD
    edge = Money(profit - charge)
    return Offer(
        execution=execution,
        charge=charge,
        mismatch=mismatch,
        edge=edge,
        days=days,
        yearly=yearly,
        oldest=oldest,
    )


def _round_trip(leg: BundleLeg, size: Size, desk: DeskView) -> Money:
    """What it costs to do a leg and undo it at once, never less than zero."""
    back = leg.side.opposite
    there = walk(desk.depth(leg.outcome, leg.side), size, side=leg.side, fees=leg.fees)
    home = walk(desk.depth(leg.outcome, back), size, side=back, fees=leg.fees)
    fees = there.fee + home.fee
    if leg.side is Side.BUY:
        return Money(max(there.notional + fees - home.notional, 0))
    uncovered = notional_up(ONE, Size(size - home.size))
    return Money(max(home.notional + uncovered + fees - there.notional, 0))
