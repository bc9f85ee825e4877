"""What hangs together: positions of one question, and of one category, are right or wrong together."""

from collections.abc import Callable, Iterable

import msgspec

from dutchbook.domain.units import Money
from dutchbook.evaluation.snapshot import PositionRow


class Concentration(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of a question or a category: at cost, and at the bids; what nobody bids for counts as nothing."""

    name: str
    category: str
    positions: int
    cost: Money
    value: Money


def by_question(positions: Iterable[PositionRow]) -> tuple[Concentration, ...]:
    """Positions by question, the dearest first. A market that belongs to none stands for itself."""
    return _grouped(positions, lambda row: row.question or row.title)


def by_category(positions: Iterable[PositionRow]) -> tuple[Concentration, ...]:
    """Positions by category of their questions, the dearest first."""
    return _grouped(positions, lambda row: row.category)


def _grouped(positions: Iterable[PositionRow], name_of: Callable[[PositionRow], str]) -> tuple[Concentration, ...]:
    groups: dict[str, list[PositionRow]] = {}
    for row in positions:
        groups.setdefault(name_of(row), []).append(row)
    found = (
        Concentration(
            name=name,
            category=rows[0].category,
            positions=len(rows),
            cost=Money(sum(row.cost for row in rows)),
            value=Money(sum(row.value or 0 for row in rows)),
        )
        for name, rows in groups.items()
    )
    return tuple(sorted(found, key=lambda each: (-each.cost, each.name)))
