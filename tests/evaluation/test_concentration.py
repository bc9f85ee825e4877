"""What hangs together is counted together."""

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import CONTRACT, Money, Price, Size
from dutchbook.evaluation.concentration import by_category, by_question
from dutchbook.evaluation.snapshot import PositionRow


def row(name: str, cost: int, value: int | None, question: str = "", category: str = "") -> PositionRow:
    return PositionRow(
        outcome=OutcomeId(f"{name}/yes"),
        market=MarketId(name),
        title=name,
        label="Yes",
        size=Size(CONTRACT),
        settled=Size(CONTRACT),
        cost=Money(cost),
        bid=None if value is None else Price(value),
        value=None if value is None else Money(value),
        question=question,
        category=category,
    )


HELD = (
    row("a", 10, 12, "Who wins?", "Politics"),
    row("b", 20, None, "Who wins?", "Politics"),
    row("c", 25, 20, "Rain?", "Weather"),
    row("d", 1, 1),
)


def test_positions_of_one_question_are_one_exposure_and_the_dearest_stands_first() -> None:
    found = by_question(HELD)
    assert [(each.name, each.positions, each.cost, each.value) for each in found] == [
        ("Who wins?", 2, 30, 12),
        ("Rain?", 1, 25, 20),
        ("d", 1, 1, 1),
    ]


def test_categories_take_all_their_questions_together_and_no_position_is_lost() -> None:
    found = by_category((*HELD, row("e", 9, 9, "Snow?", "Weather")))
    assert [(each.name, each.cost) for each in found] == [("Weather", 34), ("Politics", 30), ("", 1)]
    assert sum(each.positions for each in found) == 5
