"""Field types of the settings: dollars, prices, shares and durations as people write them, as integers inside."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from dutchbook.domain.units import (
    DOLLAR,
    MILLISECOND,
    ONE,
    SECOND,
    Money,
    Nanos,
    Price,
    Size,
    exact,
)

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)")
_FACTORS = {
    "ms": MILLISECOND,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3_600 * SECOND,
    "d": 86_400 * SECOND,
}


class RoomSettings(BaseModel):
    """Base of each room's own settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a number")
    # A float is read as it is shown, so that nothing it says is rounded away.
    return value.strip() if isinstance(value, str) else format(Decimal(str(value)), "f")


def _dollars(value: Any) -> int:
    return exact(_text(value).removeprefix("$").removesuffix("USD").strip().replace(",", ""), 6)


def _price(value: Any) -> int:
    units = exact(_text(value).removeprefix("$").rstrip(), 6)
    if units % 100 or units > DOLLAR:
        raise ValueError("must be a price between 0 and 1 dollar with at most 4 decimals, for example 0.99")
    return units * ONE // DOLLAR


def _share(value: Any) -> int:
    text = _text(value)
    if text.endswith("%"):
        ppm = exact(text[:-1].strip(), 4)
    else:
        ppm = exact(text, 6)
    if ppm > 1_000_000:
        raise ValueError("must be a share between 0 and 1, or a percentage up to 100%, for example 10%")
    return ppm


def _multiple(value: Any) -> int:
    return exact(_text(value), 6)


def _contracts(value: Any) -> int:
    return exact(_text(value).replace(",", ""), 6)


def _words(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError("must be words, separated by commas or as a list")
    return tuple(stripped for part in parts if (stripped := part.strip()))


def _duration(value: Any) -> int:
    match = _DURATION.fullmatch(_text(value))
    if match is None:
        raise ValueError("must be a duration with its unit, for example 500ms, 5s, 30m, 2h or 1d")
    return int(exact(match[1], 9) * _FACTORS[match[2]] // 10**9)


Dollars = Annotated[Money, BeforeValidator(_dollars)]
"""An amount in dollars: `25`, `"25.50"` or `"$25"`."""
PriceSetting = Annotated[Price, BeforeValidator(_price)]
"""A price in dollars: `0.99`."""
Share = Annotated[int, BeforeValidator(_share)]
"""A share of something in millionths, written `0.1` or `"10%"`."""
Multiple = Annotated[int, BeforeValidator(_multiple)]
"""A factor in millionths, written `1.5`."""
Contracts = Annotated[Size, BeforeValidator(_contracts)]
"""A number of contracts: `20` or `0.5`."""
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
"""Words or phrases: `Trump, Musk`, or a list of them."""
Duration = Annotated[Nanos, BeforeValidator(_duration)]
"""A time span with its unit: `5s`."""
