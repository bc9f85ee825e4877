"""What the benchmarks need of Nautilus: an instrument like Polymarket's and Kalshi's, and its books in our units."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from nautilus_trader.model.currencies import USDC  # type: ignore[import-not-found]
from nautilus_trader.model.enums import AssetClass  # type: ignore[import-not-found]
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue  # type: ignore[import-not-found]
from nautilus_trader.model.instruments import BinaryOption  # type: ignore[import-not-found]
from nautilus_trader.model.objects import Price, Quantity  # type: ignore[import-not-found]

from dutchbook.domain.units import ONE

VENUE = Venue("POLYMARKET")
PRICE_DECIMALS = 4
SIZE_DECIMALS = 6

type Levels = list[tuple[int, int]]
"""Prices and sizes in our units, best first."""


def binary_option(name: str) -> Any:
    """An instrument of price precision 0.0001 and size precision 0.000001."""
    return BinaryOption(
        instrument_id=InstrumentId(Symbol(name), VENUE),
        raw_symbol=Symbol(name),
        asset_class=AssetClass.ALTERNATIVE,
        currency=USDC,
        price_precision=PRICE_DECIMALS,
        size_precision=SIZE_DECIMALS,
        price_increment=Price.from_str("0.0001"),
        size_increment=Quantity.from_str("0.000001"),
        activation_ns=0,
        expiration_ns=2**62,
        ts_event=0,
        ts_init=0,
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
    )


def levels(side: Iterable[Any]) -> Levels:
    """One side of a Nautilus book."""
    return [(price_units(level.price), round(level.size() * 10**SIZE_DECIMALS)) for level in side]


def price_units(price: Any) -> int:
    """A Nautilus price in ten-thousandths of a dollar."""
    value: float = price.as_double() * ONE
    return round(value)
