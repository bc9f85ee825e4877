"""What is held is worth its bids, and a whole set its payoff where that is more."""

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent, IntentId, Leg
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.evaluation.performance.holdings import held_parts
from dutchbook.evaluation.performance.lots import LotBook, Origin
from tests.portfolio.entries import RAIN, bought, no, yes


def intent(kind: str, *outcomes: OutcomeId) -> Intent:
    legs = tuple(Leg(each, RAIN, Side.BUY, Price(5_000), Size(CONTRACT), Price(5_000)) for each in outcomes)
    return Intent(
        id=IntentId("i1"),
        strategy="bundle",
        kind=kind,
        subject="s",
        legs=legs,
        cost=Money(1),
        edge=Money(1),
        max_loss=Money(1),
        oldest=Nanos(0),
        at=Nanos(0),
        reason="",
    )


def worth(kind: str, bid: int | None, *contracts: int) -> int | None:
    """What so many YES and NO of one market are worth at this bid of each."""
    book = LotBook()
    for outcome, many in zip((yes(), no()), contracts, strict=False):
        book.take(bought(outcome, 4_000, many * CONTRACT), Origin(Nanos(0), "bought"))
    parts = held_parts(intent(kind, yes(), no()), book.held(), lambda _: None if bid is None else Price(bid))
    values = [part.value for part in parts]
    return None if None in values else sum(value or 0 for value in values)


@pytest.mark.parametrize(
    ("kind", "bid", "contracts", "dollars"),
    [
        ("all_yes", 3_000, (10, 10), 10.0),  # a dollar a set, not sixty cents
        ("all_no", 3_000, (10, 10), 10.0),  # of two legs one dollar
        ("all_yes", 6_000, (10, 10), 12.0),  # bids are more
        ("all_yes", 3_000, (10, 4), 4 + 6 * 0.3),  # the rest at its bid
        ("all_yes", 3_000, (10,), 3.0),  # no set
        ("quote", 3_000, (10, 10), 6.0),  # no bundle
    ],
)
def test_a_set_counts_its_payoff(kind: str, bid: int, contracts: tuple[int, ...], dollars: float) -> None:
    assert worth(kind, bid, *contracts) == round(dollars * DOLLAR)


def test_a_set_needs_no_bids_and_what_is_left_of_it_does() -> None:
    assert worth("all_yes", None, 10, 10) == 10 * DOLLAR
    assert worth("all_yes", None, 10, 4) is None
