"""Small questions and markets to tell stories with."""

from collections.abc import Sequence
from typing import Any

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import FeeSchedule, Market, NoFees, PriceGrid, Question, Strike, StrikeKind
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size

DAY = Nanos(86_400 * SECOND)
NOW = Nanos(1_790_000_000 * SECOND)
SETTLES = Nanos(NOW + 10 * DAY)
CENT = PriceGrid.uniform(Price(100))
FREE = NoFees()
QUESTION = QuestionId("who")


def market(
    name: str, *, venue: Venue = Venue.POLYMARKET, fees: FeeSchedule = FREE, question: str = QUESTION, **facts: Any
) -> Market:
    """An open market of the question, without fees and minimum orders unless told."""
    kalshi = venue is Venue.KALSHI
    basics: dict[str, Any] = {
        "title": f"Will it be {name}?",
        "grid": CENT,
        "min_size": Size(0),
        "min_notional": Money(0),
        "settles": SETTLES,
    }
    return Market(
        id=MarketId(name),
        venue=venue,
        question=QuestionId(question),
        yes=kalshi_yes(name) if kalshi else OutcomeId(f"{name}+"),
        no=kalshi_no(name) if kalshi else OutcomeId(f"{name}-"),
        fees=fees,
        **(basics | facts),
    )


def question(markets: Sequence[Market], **facts: Any) -> Question:
    """The question that lists these markets."""
    basics: dict[str, Any] = {"id": QUESTION, "venue": markets[0].venue, "title": "Who wins?"}
    return Question(markets=tuple(m.id for m in markets), **(basics | facts))


def catalogue_of(asked: Question, markets: Sequence[Market]) -> Catalogue:
    return Catalogue([asked], markets)


def rung(name: str, kind: StrikeKind, floor: int | None = None, cap: int | None = None, **facts: Any) -> Market:
    """A market with a strike; all rungs have the same rules unless told."""
    facts = {"rules": "If the value of X is past the strike, this resolves to Yes.", **facts}
    return market(name, strike=Strike(kind, floor, cap), **facts)


def above(strike: int, **facts: Any) -> Market:
    return rung(f"above {strike}", StrikeKind.GREATER, floor=strike * 1_000_000, **facts)
