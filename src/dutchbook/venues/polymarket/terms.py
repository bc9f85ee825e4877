"""A market's terms of trade, as Gamma, the CLOB and the socket all say them in their own way: ticks, minimums, fees."""

from dutchbook.domain.markets import FeeSchedule, NoFees, PolymarketFees
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size, exact, price_of

MIN_SIZE = Size(5 * CONTRACT)
"""The smallest resting order where a market does not say: five contracts nearly everywhere (protocol section 3.2)."""
MIN_NOTIONAL = Money(DOLLAR)
"""The smallest marketable order."""
HIGHEST_FEES = PolymarketFees(rate_ppm=70_000)
"""What we assume where fees are charged by a schedule that we were not told: the highest current one (section 7.1)."""

PPM_DECIMALS = 6
_MAX_EXPONENT = 4


def tick_of(text: str) -> Price:
    """A tick size. Raises ValueError unless it divides a dollar into whole steps of at least 0.0001."""
    tick = price_of(text)
    if not 0 < tick < ONE or ONE % tick:
        raise ValueError(f"{text!r} is no tick size")
    return tick


def min_size_of(text: str) -> Size:
    """A minimum order size. Raises ValueError unless a plain positive number of contracts."""
    size = Size(exact(text, 6))
    if not size:
        raise ValueError("a minimum order size of 0 is none")
    return size


def fees_of(rate: str, exponent: str = "1", *, taker_only: bool = True, rebate: str = "0") -> FeeSchedule:
    """The fee schedule of these texts. Raises ValueError for a rate or share above 1, or no small whole exponent."""
    rate_ppm, rebate_ppm, power = exact(rate, PPM_DECIMALS), exact(rebate, PPM_DECIMALS), exact(exponent, 0)
    if rate_ppm > 1_000_000 or rebate_ppm > 1_000_000 or power > _MAX_EXPONENT:
        raise ValueError(f"rate {rate}, exponent {exponent}, rebate {rebate} is no fee schedule")
    if not rate_ppm:
        return NoFees()
    return PolymarketFees(rate_ppm, power, taker_only, rebate_ppm)


def fees_without_schedule(*, enabled: bool | None) -> FeeSchedule:
    """The fees of a market that shows no schedule: none if it says so, else the highest, against us."""
    return NoFees() if enabled is False else HIGHEST_FEES
