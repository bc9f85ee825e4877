"""A market's terms, from Kalshi's words to ours: grid, strike, status, payout, fees (protocol 2.2, 3, 9.1)."""

from collections.abc import Sequence

from dutchbook.domain.markets import KalshiFees, MarketStatus, PriceBand, PriceGrid, Strike, StrikeKind
from dutchbook.domain.units import CONTRACT, ONE, Money, Price, Size, price_of
from dutchbook.venues.kalshi.numbers import json_number
from dutchbook.venues.kalshi.wire import PriceRange

MIN_SIZE = Size(CONTRACT // 100)
"""A hundredth of a contract, everywhere."""
NO_MINIMUM = Money(0)
"""There is no smallest order in dollars."""

STRIKE_DECIMALS = 6
_PPM_DECIMALS = 6
_MAX_MULTIPLIER = 100 * 10**_PPM_DECIMALS
_TAKER_PPM = 70_000
_MAKER_PPM = {
    "quadratic": 0,
    "quadratic_with_maker_fees": 17_500,
    "quadratic_with_combo_maker_fees": 35_000,
}
_HIGHEST_MAKER_PPM = max(_MAKER_PPM.values())
ASSUMED_FEES = KalshiFees(taker_ppm=_TAKER_PPM, maker_ppm=_HIGHEST_MAKER_PPM)
"""Where the series was not read: the dearest type at multiplier 1, so that no edge looks better than it is."""

_STATUSES = {
    "initialized": MarketStatus.UNOPENED,
    "inactive": MarketStatus.PAUSED,
    "active": MarketStatus.OPEN,
    "closed": MarketStatus.CLOSED,
    "determined": MarketStatus.CLOSED,
    "disputed": MarketStatus.CLOSED,
    "amended": MarketStatus.CLOSED,
    "finalized": MarketStatus.RESOLVED,
}
_RESULTS = {"yes": ONE, "no": Price(0)}

_CENT, _TENTH, _CENTICENT = Price(100), Price(10), Price(1)
_GRIDS = {
    "linear_cent": PriceGrid.uniform(_CENT),
    "deci_cent": PriceGrid.uniform(_TENTH),
    "center_half_edge_half_cent": PriceGrid.uniform(Price(50)),
    "center_quint_edge_quint_cent": PriceGrid.uniform(Price(20)),
    "center_centi_edge_centi_cent": PriceGrid.uniform(_CENTICENT),
    "tapered_deci_cent": PriceGrid(
        (
            PriceBand(Price(0), Price(1_000), _TENTH),
            PriceBand(Price(1_000), Price(9_000), _CENT),
            PriceBand(Price(9_000), ONE, _TENTH),
        )
    ),
    "center_deci_edge_centi_cent": PriceGrid(
        (
            PriceBand(Price(0), Price(100), _CENTICENT),
            PriceBand(Price(100), Price(9_900), _TENTH),
            PriceBand(Price(9_900), ONE, _CENTICENT),
        )
    ),
}


def grid_of(ranges: Sequence[PriceRange], label: str = "") -> PriceGrid:
    """The grid of a market. Raises ValueError for ranges that are none.

    The label decides only where the ranges are missing; then an unknown one means whole cents, valid on every grid.
    """
    if ranges:
        return PriceGrid(tuple(_band(one) for one in ranges))
    return _GRIDS.get(label, _GRIDS["linear_cent"])


def _band(one: PriceRange) -> PriceBand:
    start, end, step = price_of(one.start), price_of(one.end), price_of(one.step)
    if not (step and start < end):
        raise ValueError(f"{one.start} to {one.end} by {one.step} is no range of prices")
    return PriceBand(start, end, step)


def status_of(text: str) -> MarketStatus:
    """Where a market stands. A word that is new to us means paused: nobody trades what they do not understand."""
    return _STATUSES.get(text, MarketStatus.PAUSED)


def strike_of(kind: str, floor: bytes, cap: bytes) -> Strike | None:
    """The structured strike, or None for kinds that are no numbers. Raises ValueError for bounds that are none."""
    try:
        strike_kind = StrikeKind(kind)
    except ValueError:
        return None
    low, high = json_number(floor, STRIKE_DECIMALS), json_number(cap, STRIKE_DECIMALS)
    return None if low is None and high is None else Strike(strike_kind, low, high)


def payout_of(status: MarketStatus, result: str, value: str | None) -> Price | None:
    """What one YES pays, once that is final: the settlement value, else the result; None before, or if neither says.

    Raises ValueError for a value that is no price. A determined market can still be disputed: it has no payout yet.
    """
    settled = price_of(value) if value else None
    if status is not MarketStatus.RESOLVED:
        return None
    return _RESULTS.get(result) if settled is None else settled


def fees_of(fee_type: str, multiplier: bytes) -> KalshiFees:
    """Rates of a fee type at a multiplier, a JSON number; rounded up. Raises ValueError for what is no multiplier.

    `flat` and types that are new to us count as the dearest one, a multiplier that is absent as 1.
    """
    ppm = json_number(multiplier, _PPM_DECIMALS)
    if ppm is None:
        ppm = 10**_PPM_DECIMALS
    if not 0 <= ppm <= _MAX_MULTIPLIER:
        raise ValueError(f"a fee multiplier of {bytes(multiplier)!r} is none")
    maker_ppm = _MAKER_PPM.get(fee_type, _HIGHEST_MAKER_PPM)
    return KalshiFees(taker_ppm=_times(_TAKER_PPM, ppm), maker_ppm=_times(maker_ppm, ppm))


def _times(rate_ppm: int, multiplier_ppm: int) -> int:
    return -(-rate_ppm * multiplier_ppm // 1_000_000)


def title_of(title: str, subtitle: str) -> str:
    """A market's title; several markets of one event may share theirs, and differ in the subtitle."""
    if not subtitle or subtitle in title:
        return title
    return f"{title} ({subtitle})" if title else subtitle


def rules_of(primary: str, secondary: str) -> str:
    """The rules text, both parts."""
    return "\n\n".join(part for part in (primary, secondary) if part)


def is_pending(subtitle: str) -> bool:
    """Whether a market's target is still to be determined: its strike is 0 until then, and means nothing."""
    return subtitle.endswith("TBD")
