"""Liquidity rewards as Polymarket says them (protocol sections 2.1, 2.2, 5 and 7.4; API reference, "Rewards").

Numbers are JSON numbers, kept as texts. Spreads are in cents, sizes in shares, rates in dollars a day.
"""

from decimal import ROUND_FLOOR, Decimal, InvalidOperation

import msgspec

from dutchbook.domain.units import Money
from dutchbook.venues.polymarket.order_wire import LAST_CURSOR

NOTHING = msgspec.Raw(b"")
_MOST = Decimal(10**9)


class RewardConfig(msgspec.Struct, frozen=True):
    """One programme of a market; days are UTC, the last one included."""

    rate_per_day: msgspec.Raw
    start_date: str = ""
    end_date: str = ""


class CurrentReward(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `/rewards/markets/current`. `total_daily_rate` has what sponsors add; older answers lack it."""

    condition_id: str
    rewards_max_spread: msgspec.Raw
    rewards_min_size: msgspec.Raw
    rewards_config: tuple[RewardConfig, ...] = ()
    total_daily_rate: msgspec.Raw = NOTHING


class CurrentPage(msgspec.Struct, frozen=True):
    """A page of them."""

    data: tuple[msgspec.Raw, ...]
    next_cursor: str = LAST_CURSOR


class ListedReward(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a row of `/rewards/markets/multi`."""

    condition_id: str
    volume_24hr: msgspec.Raw = NOTHING


class ListedPage(msgspec.Struct, frozen=True):
    """A page of them."""

    data: tuple[ListedReward, ...]
    next_cursor: str = LAST_CURSOR


class GammaReward(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of a market's `clobRewards`."""

    rewards_daily_rate: msgspec.Raw = NOTHING
    start_date: str | None = None
    end_date: str | None = None


class GammaMarket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What Gamma says of a market's rewards; a spread or a size of 0 is no reward."""

    condition_id: str
    rewards_min_size: msgspec.Raw = NOTHING
    rewards_max_spread: msgspec.Raw = NOTHING
    clob_rewards: tuple[GammaReward, ...] | None = None
    volume24hr: msgspec.Raw = msgspec.field(name="volume24hr", default=NOTHING)


class GammaPage(msgspec.Struct, frozen=True):
    """A page of `/markets/keyset`."""

    markets: tuple[msgspec.Raw, ...]


class Earning(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `/rewards/user`: what a market paid on a day."""

    condition_id: str
    earnings: msgspec.Raw
    asset_rate: msgspec.Raw = msgspec.Raw(b"1")


class EarningPage(msgspec.Struct, frozen=True):
    """A page of them."""

    data: tuple[Earning, ...]
    next_cursor: str = LAST_CURSOR


def text_of(raw: msgspec.Raw) -> str:
    """The text of a JSON number, also of one in quotes; empty for none."""
    text = str(bytes(raw), "utf-8")
    return "" if text == "null" else text.removeprefix('"').removesuffix('"')


def dollars_down(raw: msgspec.Raw) -> Money:
    """Dollars, rounded down to a millionth: rates and volumes are sums of binary fractions.

    Raises ValueError for what is no amount, negative ones included.
    """
    try:
        value = Decimal(text_of(raw))
    except InvalidOperation:
        raise ValueError(f"{text_of(raw)[:40]!r} is no amount of dollars") from None
    if not (value.is_finite() and 0 <= value < _MOST):
        raise ValueError(f"{text_of(raw)[:40]!r} is no amount of dollars")
    return Money(int((value * 1_000_000).to_integral_value(ROUND_FLOOR)))
