"""The classic reward maker's `config.yaml`: every key of it, its unit and meaning, and what it is here."""

import re
from decimal import Decimal

from dutchbook.config.foreign.translation import ForeignKey, ForeignProgram

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?(?:[eE]-?[0-9]{1,2})?", re.ASCII)
_PUSHED = (
    "nothing to set: books and fills are pushed and acted on at once; what was pushed is checked against the venue"
)
_IN_PROCESS = "nothing to set: books and volatility are kept by the desk itself, there is no Redis to run"


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    return Decimal(text)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _as_number(text: str) -> str:
    return _plain(_number(text))


def _seconds(text: str) -> str:
    return f"{_as_number(text)}s"


def _share(text: str) -> str:
    return f"{_plain(_number(text) * 100)}%"


def _basis_points(text: str) -> str:
    """A hundredth of a percent. What is finer than a millionth is nothing."""
    percent = (_number(text) / 100).quantize(Decimal("0.0001"), rounding="ROUND_FLOOR")
    return f"{_plain(percent)}%"


def _days(text: str) -> str:
    value = _number(text)
    if value != int(value):
        raise ValueError(f"{text} days are no whole number")
    return str(int(value))


def _switch(text: str) -> str:
    if text.lower() not in ("true", "false", "yes", "no", "on", "off"):
        raise ValueError(f"{text!r} is neither true nor false")
    return "true" if text.lower() in ("true", "yes", "on") else "false"


_MAKER = "reward_maker."
_FILTERS = "reward_maker.filters."


def _range(name: str, unit: str, meaning: str) -> tuple[ForeignKey, ForeignKey]:
    return (
        ForeignKey(
            path=f"{name}.min",
            unit=unit,
            meaning=f"{meaning}, the least",
            ours=f"{_FILTERS}{name}.min",
            convert=_as_number,
        ),
        ForeignKey(
            path=f"{name}.max",
            unit=unit,
            meaning=f"{meaning}, the most",
            ours=f"{_FILTERS}{name}.max",
            convert=_as_number,
        ),
    )


_QUOTING = (
    ForeignKey(
        path="order_size_multiplier",
        unit="a factor",
        meaning="size of an order as a multiple of the market's least size that earns",
        ours=f"{_MAKER}order_size_multiplier",
        convert=_as_number,
    ),
    ForeignKey(
        path="max_exposure_per_market_usdc",
        unit="dollars",
        meaning="open purchases and unhedged fills of one market, at most",
        ours=f"{_MAKER}max_exposure_per_market",
        convert=_as_number,
    ),
    ForeignKey(
        path="max_markets",
        unit="a whole number",
        meaning="markets quoted at once, at most",
        ours=f"{_MAKER}max_markets",
        convert=_as_number,
    ),
    ForeignKey(
        path="min_reward_ratio",
        unit="a number",
        meaning="least reward ratio: our size x 2 / competing size x daily reward",
        ours=f"{_FILTERS}min_reward_ratio",
        convert=_as_number,
    ),
    ForeignKey(
        path="min_profit_margin_bps",
        unit="basis points (1/100 percent)",
        meaning="least profit of a hedge that no bid near its cost takes",
        ours=f"{_MAKER}min_profit_margin",
        convert=_basis_points,
    ),
)
_SAFETY = (
    ForeignKey(
        path="price_cliff_threshold",
        unit="dollars a contract",
        meaning="largest step down from an order to the bids behind it",
        ours=f"{_MAKER}price_cliff_threshold",
        convert=_as_number,
    ),
    ForeignKey(
        path="min_protection_size_multiplier",
        unit="a factor",
        meaning="what the two best bids hold, as a multiple of the order",
        ours=f"{_MAKER}min_protection_size_multiplier",
        convert=_as_number,
    ),
    ForeignKey(
        path="min_protection_size_multiplier_hedge",
        unit="a factor",
        meaning="what the third-best bid and those behind it hold within hedge_sell.max_bid_gap",
        ours=f"{_MAKER}min_protection_size_multiplier_hedge",
        convert=_as_number,
    ),
)
_HEDGING = (
    ForeignKey(
        path="hedge_sell.max_bid_gap",
        unit="dollars a contract",
        meaning="how far below its cost what filled is sold at once",
        ours=f"{_MAKER}hedge_sell.max_bid_gap",
        convert=_as_number,
    ),
    ForeignKey(
        path="hedge_sell.stop_loss_pct",
        unit="a share (0.10 is 10 percent)",
        meaning="loss at which is sold at whatever is bid",
        ours=f"{_MAKER}hedge_sell.stop_loss_pct",
        convert=_share,
    ),
    ForeignKey(
        path="hedge_sell.take_profit_pct",
        unit="a share (0.10 is 10 percent)",
        meaning="profit at which is sold at the best bid",
        ours=f"{_MAKER}hedge_sell.take_profit_pct",
        convert=_share,
    ),
    ForeignKey(
        path="hedge_sell.dynamic_follow_enabled",
        unit="true or false",
        meaning="whether a hedge that rests follows the book",
        ours=f"{_MAKER}hedge_sell.dynamic_follow_enabled",
        convert=_switch,
    ),
)
_CHOICE = (
    *_range("spread_range", "dollars a contract", "best ask less best bid"),
    *_range("volume_24hr_range", "dollars", "volume of 24 hours"),
    *_range("rewards_min_size_range", "contracts", "least size that earns"),
    *_range("rate_per_day_range", "dollars a day", "reward of a market"),
    ForeignKey(
        path="min_days_until_end",
        unit="whole days",
        meaning="days left until a market ends, at least",
        ours=f"{_FILTERS}min_days_until_end",
        convert=_days,
    ),
    ForeignKey(
        path="question_blacklist",
        unit="a list of words",
        meaning="words that no question may contain",
        ours=f"{_FILTERS}question_blacklist",
        several=True,
    ),
)
_LOOP = (
    ForeignKey(
        path="update_interval_seconds",
        unit="seconds",
        meaning="how often markets are chosen anew",
        ours=f"{_MAKER}update_interval",
        convert=_seconds,
        note="markets that stay chosen keep their orders",
    ),
    ForeignKey(
        path="order_check_interval_seconds",
        unit="seconds",
        meaning="how often trades, positions and orders were asked for",
        note=_PUSHED,
    ),
    ForeignKey(
        path="orderbook_update_interval_seconds",
        unit="seconds",
        meaning="how often books were asked for to move orders",
        note=_PUSHED,
    ),
    ForeignKey(
        path="price_deviation_threshold_bps",
        unit="basis points of the price (1/100 percent)",
        meaning="how far an order may be from its price before it moves",
        ours=f"{_MAKER}price_deviation_threshold",
        convert=_basis_points,
        note="0.0001 bps, and whatever else is less than a tick, means: any change of a tick or more",
    ),
)
_SERVICE = (
    ForeignKey(
        path="orderbook_service.enabled",
        unit="true or false",
        meaning="whether a second process keeps books for the first",
        note=_IN_PROCESS,
    ),
    ForeignKey(
        path="orderbook_service.market_scan_interval",
        unit="seconds",
        meaning="how often the list of rewarded markets is read",
        ours=f"{_FILTERS}look_again",
        convert=_seconds,
    ),
    ForeignKey(
        path="orderbook_service.orderbook_update_interval",
        unit="seconds",
        meaning="how often the service asked for books",
        note=_PUSHED,
    ),
    ForeignKey(path="orderbook_service.redis.host", unit="a host", meaning="where Redis runs", note=_IN_PROCESS),
    ForeignKey(path="orderbook_service.redis.port", unit="a port", meaning="where Redis listens", note=_IN_PROCESS),
    ForeignKey(
        path="orderbook_service.volatility_check.enabled",
        unit="true or false",
        meaning="whether markets that move too much are left alone",
        ours=f"{_MAKER}volatility_check",
        convert=_switch,
    ),
    ForeignKey(
        path="orderbook_service.volatility_check.volatility_threshold",
        unit="a share (0.03 is 3 percent)",
        meaning="standard deviation of the middle by its mean, at most",
        ours=f"{_MAKER}volatility_threshold",
        convert=_share,
    ),
)

REWARD_MAKER_FILE = ForeignProgram(
    name="reward-maker",
    keys=(*_QUOTING, *_SAFETY, *_HEDGING, *_CHOICE, *_LOOP, *_SERVICE),
    besides={"reward_maker.filters.rank_by": "reward_ratio"},
)
"""It ranks markets by the reward ratio, and knows no other way."""
