"""Quotes in a recording fill by their place in the queue, and never before they could have arrived."""

import pytest

from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import BookSnapshot, LevelSet, LevelsSet, TradePrinted
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.units import CONTRACT, MILLISECOND, Nanos, Price, Size
from dutchbook.evaluation.recorded_quotes import RecordedQuotes

YES, NO = OutcomeId("yes"), OutcomeId("no")
MARKET = Market(
    id=MarketId("m"),
    venue=Venue.KALSHI,
    question=QuestionId("q"),
    title="t",
    yes=YES,
    no=NO,
    grid=PriceGrid.uniform(Price(100)),
    min_size=CONTRACT,
    fees=NoFees(),
)
LATENCY = Nanos(100 * MILLISECOND)


def ms(at: int) -> Nanos:
    return Nanos(at * MILLISECOND)


def level(price: int, contracts: int) -> Level:
    return Level(Price(price), Size(contracts * CONTRACT))


def book(at: int, bid: tuple[int, int] = (4_000, 50), ask: tuple[int, int] = (4_400, 50)) -> BookSnapshot:
    return BookSnapshot(YES, (level(*bid),), (level(*ask),), ms(at))


def sold(at: int, contracts: int, price: int = 4_000) -> TradePrinted:
    return TradePrinted(YES, Price(price), Size(contracts * CONTRACT), Side.SELL, ms(at))


@pytest.fixture
def model() -> RecordedQuotes:
    return RecordedQuotes([MARKET], Size(20 * CONTRACT), LATENCY)


def test_a_quote_waits_for_all_that_stood_there_when_it_arrived(model: RecordedQuotes) -> None:
    for event in (book(0), book(100), sold(200, 50)):
        model.take(event)
    assert model.figures().fills == 0
    model.take(sold(201, 1))
    figures = model.figures()
    assert (figures.fills, figures.through, figures.prints) == (1, 0, 2)
    assert figures.half_spread == 200


def test_a_trade_before_it_arrived_fills_nothing(model: RecordedQuotes) -> None:
    for event in (book(0), book(50), sold(99, 500)):
        model.take(event)
    assert model.figures().fills == 0


def test_a_trade_through_its_price_fills_it_whole(model: RecordedQuotes) -> None:
    for event in (book(0), book(100), sold(200, 1, price=3_900)):
        model.take(event)
    assert (model.figures().fills, model.figures().through) == (1, 1)


def test_a_price_that_comes_through_fills_it_and_it_is_marked_out(model: RecordedQuotes) -> None:
    for event in (book(0), book(100), book(200, bid=(3_600, 50), ask=(3_800, 50)), book(70_000)):
        model.take(event)
    figures = model.figures()
    assert (figures.fills, figures.through) == (1, 1)
    assert [each.realised for each in figures.markouts] == [-300.0, -300.0, -300.0]


def test_who_cancels_stood_behind_unless_less_is_left(model: RecordedQuotes) -> None:
    shrunk = LevelsSet((LevelSet(YES, Side.BUY, Price(4_000), Size(10 * CONTRACT)),), ms(150))
    for event in (book(0), book(100), shrunk, sold(200, 10)):
        model.take(event)
    assert model.figures().fills == 0
    model.take(sold(201, 1))
    assert model.figures().fills == 1


def test_a_sale_of_the_other_outcome_meets_the_offer(model: RecordedQuotes) -> None:
    """Who sells NO at 56 cents buys YES at 44: the offer's queue moves, not the bid's."""
    for event in (book(0), book(100), TradePrinted(NO, Price(5_600), Size(51 * CONTRACT), Side.SELL, ms(200))):
        model.take(event)
    assert model.figures().fills == 1


def test_a_side_that_traded_is_left_alone_for_a_minute(model: RecordedQuotes) -> None:
    fills: list[int] = []
    for second in range(130):
        model.take(book(second * 1_000))
        model.take(sold(second * 1_000 + 500, 60))
        fills.append(model.figures().fills)
    assert fills[10] == 1
    assert fills[-1] in (2, 3)
