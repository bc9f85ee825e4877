"""Orders, positions and trades of a running desk as tables and as JSON."""

from collections.abc import Mapping

import msgspec
from rich.console import RenderableType

from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import SECOND, decimal_text, dollars
from dutchbook.evaluation.snapshot import FillRow, OrderRow, PositionRow
from dutchbook.interfaces.cli.output import table
from dutchbook.interfaces.words import NOBODY, iso, money, price, size, span, time_of_day

_UNKNOWN = "UNKNOWN: it may rest at the venue"


def order_table(mode: str, rows: tuple[OrderRow, ...]) -> RenderableType:
    """Orders below each other, with the mode in the title."""
    columns = ("order", "market", "outcome", "side", ">limit", ">size", ">filled", "kind", ">age", "state")
    cells = (
        (
            row.id,
            row.title,
            row.label,
            row.side,
            price(row.limit),
            size(row.size),
            size(row.filled),
            row.kind,
            span(row.age),
            _UNKNOWN if row.status is OrderStatus.UNKNOWN else str(row.status),
        )
        for row in rows
    )
    return table(f"{mode.upper()}  Orders", columns, cells, empty="none at work")


def position_table(mode: str, rows: tuple[PositionRow, ...]) -> RenderableType:
    """Positions below each other. What is not settled may not be sold yet."""
    columns = ("market", "outcome", ">size", ">settled", ">cost", ">bid", ">value", "state")
    cells = (
        (
            row.title,
            row.label,
            size(row.size),
            size(row.settled),
            money(row.cost),
            price(row.bid),
            NOBODY if row.value is None else money(row.value),
            row.state,
        )
        for row in rows
    )
    return table(f"{mode.upper()}  Positions", columns, cells)


def fill_table(mode: str, rows: tuple[FillRow, ...]) -> RenderableType:
    """Trades below each other, newest first."""
    columns = ("time", "market", "outcome", "side", ">price", ">size", ">fee", "order", "settled")
    cells = (
        (
            time_of_day(row.at),
            row.title,
            row.label,
            row.side,
            price(row.price),
            size(row.size),
            money(row.fee),
            row.order,
            "yes" if row.settled else "not yet",
        )
        for row in rows
    )
    return table(f"{mode.upper()}  Fills", columns, cells)


def order_json(row: OrderRow) -> Mapping[str, object]:
    """Prices, sizes and money as decimal strings."""
    return {
        **msgspec.to_builtins(row),
        "limit": decimal_text(row.limit, 4),
        "size": decimal_text(row.size, 6),
        "filled": decimal_text(row.filled, 6),
        "created": iso(row.created),
        "age": round(row.age / SECOND, 3),
    }


def position_json(row: PositionRow) -> Mapping[str, object]:
    """Prices, sizes and money as decimal strings."""
    return {
        **msgspec.to_builtins(row),
        "size": decimal_text(row.size, 6),
        "settled": decimal_text(row.settled, 6),
        "cost": dollars(row.cost),
        "bid": None if row.bid is None else decimal_text(row.bid, 4),
        "value": None if row.value is None else dollars(row.value),
    }


def fill_json(row: FillRow) -> Mapping[str, object]:
    """Prices, sizes and money as decimal strings."""
    return {
        **msgspec.to_builtins(row),
        "at": iso(row.at),
        "price": decimal_text(row.price, 4),
        "size": decimal_text(row.size, 6),
        "fee": dollars(row.fee),
    }
