"""When a leg misses: the cheapest way home among completing, converting and unwinding."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import How, Leg, TimeInForce
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.units import ONE, Money, Price, Size, complement, notional_down
from dutchbook.execution.costs import Quote, cost, furthest, quote, reaching, snapped
from dutchbook.execution.holdings import Holding, bought, convert_of, converted, most, received, whole_sets
from dutchbook.execution.plan import payoff_of
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.portfolio.entries import Convert


class Way(StrEnum):
    """The ways home."""

    COMPLETE = "complete"
    """Order the missing legs again, at up to the price where the bundle earns nothing."""
    CONVERT = "convert"
    """Convert the NO that filled into cash and YES of the others, and sell those."""
    UNWIND = "unwind"
    """Give back what filled: sell it, or buy its twin and merge."""


class HomeLeg(msgspec.Struct, frozen=True):
    """An order of a way home, and the number of the holding it is for."""

    number: int
    how: How
    leg: Leg
    cost: Money
    """What it costs as quoted, less the dollars of a merge; negative for what it brings."""


class WayHome(msgspec.Struct, frozen=True):
    """A way home. `result` is the basket's if it succeeds as quoted: sets at their payoff, the rest at nothing."""

    way: Way
    legs: tuple[HomeLeg, ...]
    result: Money
    convert: Convert | None = None


def cheapest(
    bundle: Bundle | None,
    holdings: Sequence[Holding],
    spent: Money,
    desk: ExecutionDesk,
    settings: ExecutionSettings,
    *,
    settled: bool = True,
    may_convert: bool = True,
) -> WayHome | None:
    """The way home with the best result; None if there is none. Of equals the one that keeps the bundle.

    `spent` is what the basket has paid so far, less what it received. Without a bundle only unwinding is possible. What
    is not `settled` may not be given back, so that only completing is possible.
    """
    ways = [None if bundle is None else complete(bundle, holdings, spent, desk, settings.reach)]
    if settled:
        ways += [
            None if bundle is None or not may_convert else convert(bundle, holdings, spent, desk),
            unwind(bundle, holdings, spent, desk, settings),
        ]
    return max((way for way in ways if way is not None), key=lambda way: way.result, default=None)


def complete(
    bundle: Bundle, holdings: Sequence[Holding], spent: Money, desk: ExecutionDesk, reach: Price
) -> WayHome | None:
    """Fill up the missing legs, where the books allow it without a loss of the whole, whatever they do meanwhile.

    Each limit is the worst price that the book asks for now, and up to `reach` beyond it: what remains to break-even is
    shared among the legs.
    """
    full = most(holdings)
    budget = payoff_of(bundle, full) - spent
    quoted: list[tuple[int, Market, Size, Quote]] = []
    for number, holding in enumerate(holdings):
        missing = Size((full - holding.filled) // LOT * LOT)
        market = desk.market(holding.leg.market)
        if not missing:
            continue
        found = None if market is None else _full(holding.leg, market, holding.leg.side, missing, desk)
        if market is None or found is None:
            return None
        quoted.append((number, market, missing, found))
    worst = sum(cost(m.fees, holdings[i].leg.side, q.worst, size) for i, m, size, q in quoted)
    if not quoted or worst > budget:
        return None
    share = (budget - worst) // len(quoted)
    legs = [_completing(i, holdings[i].leg, m, q, share, reach) for i, m, size, q in quoted]
    if any(not _admitted(home.leg, desk) for home in legs):
        return None
    return WayHome(Way.COMPLETE, tuple(legs), Money(budget - sum(home.cost for home in legs)))


def convert(bundle: Bundle, holdings: Sequence[Holding], spent: Money, desk: ExecutionDesk) -> WayHome | None:
    """Convert the legs that filled, and sell the YES of the missing ones (formula B6).

    On mirrored books that is worth as much as completing, and binds less cash meanwhile.
    """
    full = most(holdings)
    if bundle.kind is not BundleKind.ALL_NO or bundle.releases is not None:
        return None
    if any(holding.filled not in (0, full) for holding in holdings):
        return None
    filled = [holding.leg for holding in holdings if holding.filled]
    entry = convert_of(bundle, filled, full, desk)
    if entry is None:
        return None
    size = received(entry)
    legs: list[HomeLeg] = []
    for number, leg in enumerate(converted(holdings, desk, size)):
        market = desk.market(leg.leg.market)
        found = None if market is None else _full(leg.leg, market, Side.SELL, size, desk)
        if found is None:
            return None
        worst = found.worst
        order = Leg(leg.leg.outcome, leg.leg.market, Side.SELL, worst, size, worst, TimeInForce.IOC)
        legs.append(HomeLeg(number, How.OUT, order, found.cost))
    if not legs or any(not _admitted(home.leg, desk) for home in legs):
        return None
    dollars = (len(filled) - 1) * size
    return WayHome(Way.CONVERT, tuple(legs), Money(dollars - spent - sum(home.cost for home in legs)), entry)


def unwind(
    bundle: Bundle | None, holdings: Sequence[Holding], spent: Money, desk: ExecutionDesk, settings: ExecutionSettings
) -> WayHome | None:
    """Give back what is beyond whole sets, at worst `unwind_loss` a contract below its price (above, if sold)."""
    # Without the other legs' promise, sets mean nothing: all goes back.
    sets = Size(0) if bundle is None else whole_sets(holdings)
    legs: list[HomeLeg] = []
    for number, holding in enumerate(holdings):
        excess = Size((holding.filled - sets) // LOT * LOT)
        market = desk.market(holding.leg.market)
        if excess <= 0 or market is None:
            continue
        ways = [_sold_back(number, holding.leg, market, excess, desk, settings)]
        if bought(holding.leg):
            ways.append(_merged(number, holding.leg, market, excess, desk, settings))
        found = [way for way in ways if way is not None]
        if found:
            legs.append(min(found, key=lambda way: way.cost))
    if not legs:
        return None
    value = Money(0) if bundle is None else payoff_of(bundle, sets)
    return WayHome(Way.UNWIND, tuple(legs), Money(value - spent - sum(home.cost for home in legs)))


def _sold_back(
    number: int, leg: Leg, market: Market, excess: Size, desk: ExecutionDesk, settings: ExecutionSettings
) -> HomeLeg | None:
    """The opposite order for the same outcome."""
    side = leg.side.opposite
    bound = _bound(leg, market, settings.unwind_loss)
    if bound is None:
        return None
    found = quote(desk.depth(leg.outcome, side), market.fees, side, excess, bound)
    if found is None:
        return None
    limit = reaching(market.grid, side, found.worst, settings.reach, bound)
    order = Leg(leg.outcome, leg.market, side, limit, excess, found.worst, TimeInForce.IOC)
    return HomeLeg(number, How.OUT, order, found.cost) if _admitted(order, desk) else None


def _merged(
    number: int, leg: Leg, market: Market, excess: Size, desk: ExecutionDesk, settings: ExecutionSettings
) -> HomeLeg | None:
    """Buy the other outcome and merge: the same price on a mirrored book, and open where a sale is too small for it."""
    twin = market.no if leg.outcome == market.yes else market.yes
    bound = _bound(leg, market, settings.unwind_loss)
    if bound is None:
        return None
    highest = complement(bound)
    found = quote(desk.depth(twin, Side.BUY), market.fees, Side.BUY, excess, highest)
    if found is None:
        return None
    limit = reaching(market.grid, Side.BUY, found.worst, settings.reach, highest)
    order = Leg(twin, leg.market, Side.BUY, limit, excess, found.worst, TimeInForce.IOC)
    return HomeLeg(number, How.TWIN, order, Money(found.cost - found.size)) if _admitted(order, desk) else None


def _bound(leg: Leg, market: Market, loss: Price) -> Price | None:
    if bought(leg):
        return snapped(market.grid, Side.SELL, Price(max(1, leg.expected - loss)))
    return snapped(market.grid, Side.BUY, Price(min(ONE - 1, leg.expected + loss)))


def _full(leg: Leg, market: Market, side: Side, size: Size, desk: ExecutionDesk) -> Quote | None:
    """The quote for the whole size, or None."""
    limit = Price(ONE - 1) if side is Side.BUY else Price(1)
    found = quote(desk.depth(leg.outcome, side), market.fees, side, size, limit)
    return found if found is not None and found.size == size else None


def _completing(number: int, leg: Leg, market: Market, found: Quote, share: int, reach: Price) -> HomeLeg:
    budget = Money(cost(market.fees, leg.side, found.worst, found.size) + share)
    break_even = furthest(market.fees, market.grid, leg.side, found.size, budget)
    limit = reaching(market.grid, leg.side, found.worst, reach, found.worst if break_even is None else break_even)
    order = Leg(leg.outcome, leg.market, leg.side, limit, found.size, found.worst, TimeInForce.FOK)
    return HomeLeg(number, How.LEG, order, found.cost)


def _admitted(leg: Leg, desk: ExecutionDesk) -> bool:
    """Whether the venue takes orders in this market now, and so small a one."""
    market = desk.market(leg.market)
    if market is None or market.status is not MarketStatus.OPEN:
        return False
    return notional_down(leg.limit, leg.size) >= market.min_notional
