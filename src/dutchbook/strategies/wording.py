"""The bundle strategy in words: why an intent is wanted, and what a bundle lacks."""

from collections.abc import Sequence

from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.pricing.bundles import margin_at_top
from dutchbook.domain.pricing.cross_venue import break_even_mismatch
from dutchbook.domain.pricing.merge import PICO_PER_PRICE
from dutchbook.domain.units import CONTRACT, ONE, Price, decimal_text, dollars
from dutchbook.strategies.appraisal import Offer
from dutchbook.strategies.index import Standing, Tracked, Watch
from dutchbook.strategies.observations import Lack


def reason(bundle: Bundle, offer: Offer) -> str:
    """Why an intent is wanted, a set at a time: costs and fees rounded up, the profit rounded down."""
    execution = offer.execution
    size = execution.size
    fees = _a_set(execution.fees, size, up=True)
    if bundle.kind is BundleKind.SPLIT_SELL:
        equation = f"brings {_a_set(execution.proceeds, size, up=False)} - fees {fees} > 1.00"
    else:
        cost = _a_set(execution.cost, size, up=True)
        equation = f"cost {cost} + fees {fees} < {decimal_text(bundle.payoff, 4)}"
    profit = _a_set(execution.profit, size, up=False)
    return f"{subject(bundle)} {equation}: {profit} a set, {sets(size)}{_when(bundle, offer)}{_leg_risk(offer)}"


def subject(bundle: Bundle) -> str:
    """What is bought or sold, in a few words."""
    match bundle.kind:
        case BundleKind.BUY_BOTH:
            return "YES and NO"
        case BundleKind.SPLIT_SELL:
            return "a dollar split into YES and NO"
        case BundleKind.ALL_YES:
            return f"all YES of {len(bundle.legs)} outcomes"
        case BundleKind.ALL_NO:
            return f"all NO of {len(bundle.legs)} outcomes"
        case BundleKind.LADDER:
            return f"YES of {bundle.legs[0].market} and NO of {bundle.legs[1].market}, which implies it,"
        case BundleKind.CROSS_VENUE:
            return f"both legs of {bundle.id.removeprefix(f'{bundle.kind}:')}"


def lack_at_top(tracked: Tracked) -> Lack | None:
    """What the bundle lacks at the top of its books, after fees; None while a leg has no price."""
    margin = margin_at_top(tracked.bundle, tracked.tops())
    if margin is None:
        return None
    widest = max(range(len(tracked.watches)), key=lambda i: _spread(tracked.watches[i]))
    mismatch = -(-tracked.bundle.payoff * tracked.bundle.mismatch_ppm // 1_000_000)
    return Lack(Price(mismatch - margin.net // PICO_PER_PRICE), tracked.bundle.legs[widest].outcome)


def standing_text(tracked: Tracked) -> str:
    """Where a bundle stands at the top of its books, and what it lacks."""
    bundle = tracked.bundle
    if bundle.mirrored and tracked.standing is Standing.UNDER:
        return "the book is crossed: a fault of the data, not a profit"
    lack = lack_at_top(tracked)
    if lack is None:
        empty = [leg.outcome for leg, top in zip(bundle.legs, tracked.tops(), strict=True) if top is None]
        return f"nobody to trade with, or an unknown book, for {_few(empty)}"
    money = "brings" if bundle.kind is BundleKind.SPLIT_SELL else "costs"
    worth = decimal_text(abs(bundle.payoff), 4)
    text = f"{money} {decimal_text(abs(tracked.cost), 4)} before fees at the top of the books, against {worth}"
    if bundle.mirrored:
        return f"{text}: one mirrored book, where only a fault of the data can make a profit"
    if lack.short > 0:
        return f"{text}: {decimal_text(lack.short, 4)} a set short after fees, widest spread in {lack.leg}"
    return f"{text}: {decimal_text(-lack.short, 4)} a set after fees"


def sets(size: int) -> str:
    """A number of sets without needless decimals."""
    text = decimal_text(size, 6)
    return f"{text.removesuffix('.00')} {'set' if size == CONTRACT else 'sets'}"


def _when(bundle: Bundle, offer: Offer) -> str:
    if offer.days is None or offer.yearly is None:
        if bundle.kind is BundleKind.ALL_NO:
            return ", converted to cash at once"
        return ", cash at once"
    bound, charge = dollars(offer.execution.outlay), dollars(offer.charge)
    text = f", {offer.yearly:.2%} a year on {bound} locked up {offer.days:.1f} days, capital charge {charge}"
    return text + _apart(bundle, offer) if bundle.kind is BundleKind.CROSS_VENUE else text


def _apart(bundle: Bundle, offer: Offer) -> str:
    """What becomes of the edge if both venues settle differently."""
    assumed, even = bundle.mismatch_ppm, break_even_mismatch(offer.execution, bundle.payoff)
    return (
        f"; settled differently with {_percent(assumed)} reckoned costs {dollars(offer.mismatch)}, "
        f"break-even at {_percent(even)}"
    )


def _leg_risk(offer: Offer) -> str:
    return f"; legs that miss cost {dollars(offer.leg_risk)} on average" if offer.leg_risk else ""


def _percent(ppm: int) -> str:
    return f"{decimal_text(ppm, 4)}%"


def _a_set(money: int, size: int, *, up: bool) -> str:
    """Micro-dollars for `size`, as dollars a set with four decimals."""
    units = -(-money * ONE // size) if up else money * ONE // size
    return f"{units / ONE:.4f}"


def _spread(watch: Watch) -> int:
    if watch.bid is None or watch.ask is None:
        return ONE
    return watch.ask - watch.bid


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
