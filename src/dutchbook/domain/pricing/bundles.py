"""What one set of a bundle costs and earns at given prices (formulas B2 to B7), without a look at depth."""

from collections.abc import Iterable, Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleLeg
from dutchbook.domain.markets import FeeSchedule
from dutchbook.domain.pricing.fees import marginal_fee
from dutchbook.domain.pricing.merge import PICO_PER_PRICE, net_payoff
from dutchbook.domain.units import ONE, Price

type Quote = tuple[Price, FeeSchedule]
"""A leg's price and its market's fees."""


class SetMargin(msgspec.Struct, frozen=True):
    """One set, in pico-dollars: `outlay` is paid with fees before anything comes back, `gross` is before fees."""

    outlay: int
    gross: int
    fees: int

    @property
    def net(self) -> int:
        """What the set earns after fees."""
        return self.gross - self.fees

    @property
    def return_on_outlay(self) -> float:
        """`net` as a share of the cash bound."""
        return self.net / self.outlay


def set_margin(bought: Iterable[Quote], sold: Iterable[Quote], payoff: Price, conversion_ppm: int = 0) -> SetMargin:
    """Buy a contract of each of `bought`, sell one of each of `sold`, receive `payoff` (pay it, where negative).

    The conversion fee counts as a fee, not against `gross`; it is kept from the payoff and binds no cash.
    """
    worth = net_payoff(payoff, conversion_ppm)
    fees, gross = payoff * PICO_PER_PRICE - worth, payoff * PICO_PER_PRICE
    outlay = max(-worth, 0)
    for price, schedule in bought:
        fee = marginal_fee(schedule, price)
        fees += fee
        gross -= price * PICO_PER_PRICE
        outlay += price * PICO_PER_PRICE + fee
    for price, schedule in sold:
        fees += marginal_fee(schedule, price)
        gross += price * PICO_PER_PRICE
    return SetMargin(outlay, gross, fees)


def buy_both(yes: Quote, no: Quote) -> SetMargin:
    """Buy YES and NO of one market at their asks and merge them (formulas B2); also YES here and NO there (B7).

    With one mirrored book this needs a crossed book: a fault of the data rather than a profit.
    """
    return set_margin((yes, no), (), ONE)


def split_and_sell(yes: Quote, no: Quote) -> SetMargin:
    """Split a dollar and sell both at their bids (formulas B3)."""
    return set_margin((), (yes, no), Price(-ONE))


def all_yes(asks: Sequence[Quote]) -> SetMargin:
    """Buy every YES of an exhaustive question (formulas B4). Bound until settlement."""
    return set_margin(asks, (), ONE)


def all_no(asks: Sequence[Quote], conversion_ppm: int = 0) -> SetMargin:
    """Buy every NO of an exclusive question of n at their asks; worth n - 1 dollars (formulas B5)."""
    return set_margin(asks, (), Price((len(asks) - 1) * ONE), conversion_ppm)


def convert_subset(no_asks: Sequence[Quote], yes_bids: Sequence[Quote], conversion_ppm: int = 0) -> SetMargin:
    """Buy NO of some outcomes of an exclusive question, convert, sell the YES of all others (formulas B6).

    k NO become k - 1 dollars and one YES of each other outcome. Placeholders must be in neither list.
    """
    return set_margin(no_asks, yes_bids, Price((len(no_asks) - 1) * ONE), conversion_ppm)


def margin_at_top(bundle: Bundle, tops: Sequence[Price | None]) -> SetMargin | None:
    """One set at each leg's best price (ask if bought, bid if sold), in the legs' order; None if one is missing."""
    bought: list[Quote] = []
    sold: list[Quote] = []
    for leg, top in zip(bundle.legs, tops, strict=True):
        if top is None:
            return None
        (bought if leg.side is Side.BUY else sold).append((top, leg.fees))
    return set_margin(bought, sold, bundle.payoff, bundle.conversion_ppm)


def leg_net(leg: BundleLeg, price: Price) -> int:
    """What trading a contract of a leg at a price adds to the `net` of its set: below 0 where it is bought."""
    fee = marginal_fee(leg.fees, price)
    return -price * PICO_PER_PRICE - fee if leg.side is Side.BUY else price * PICO_PER_PRICE - fee


def cost_ratio(bundle: Bundle, tops: Sequence[Price | None]) -> int | None:
    """What a set costs at the best prices for each dollar that comes back, before all fees, in millionths, rounded up.

    1_000_000 breaks even before fees. None if a leg has no price or nothing comes back.
    """
    cost, back = max(-bundle.payoff, 0), max(bundle.payoff, 0)
    for leg, top in zip(bundle.legs, tops, strict=True):
        if top is None:
            return None
        if leg.side is Side.BUY:
            cost += top
        else:
            back += top
    return -(-cost * 1_000_000 // back) if back else None
