"""The catalogue stays what the venues last said."""

import pytest
from msgspec.structs import replace

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.events import GridChanged, MarketListed, MarketResolved, MarketStatusChanged, QuestionListed
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import MarketStatus, PriceGrid
from dutchbook.domain.units import ONE, Price
from tests.catalogue.makers import NOW, QUESTION, SETTLES, market, question

RED, BLUE = market("red"), market("blue")


def two() -> Catalogue:
    return Catalogue([question([RED, BLUE])], [RED, BLUE])


def test_an_outcome_leads_to_its_market_and_its_twin() -> None:
    catalogue = two()
    assert catalogue.market_of(RED.no) == RED
    assert catalogue.twin(RED.no) == RED.yes
    assert catalogue.twin(RED.yes) == RED.no
    assert catalogue.twin(OutcomeId("unheard of")) is None


def test_each_event_names_the_question_it_concerns() -> None:
    catalogue = two()
    fine = PriceGrid.uniform(Price(10))
    assert catalogue.apply(GridChanged(RED.id, fine, NOW)) == QUESTION
    assert catalogue.apply(MarketStatusChanged(BLUE.id, MarketStatus.PAUSED, NOW)) == QUESTION
    red, blue = catalogue.market(RED.id), catalogue.market(BLUE.id)
    assert red is not None
    assert red.grid == fine
    assert blue is not None
    assert blue.status is MarketStatus.PAUSED


def test_a_listing_that_lags_behind_does_not_take_back_a_result() -> None:
    catalogue = two()
    catalogue.apply(MarketResolved(RED.id, ONE, NOW))
    catalogue.apply(MarketListed(RED, NOW))
    known = catalogue.market(RED.id)
    assert known is not None
    assert known.status is MarketStatus.RESOLVED
    assert known.payout == ONE


@pytest.mark.parametrize(
    ("known", "listed", "then"),
    [
        (MarketStatus.PAUSED, MarketStatus.OPEN, MarketStatus.PAUSED),
        (MarketStatus.OPEN, MarketStatus.PAUSED, MarketStatus.OPEN),
        (MarketStatus.CLOSED, MarketStatus.OPEN, MarketStatus.CLOSED),
        (MarketStatus.OPEN, MarketStatus.UNOPENED, MarketStatus.OPEN),
        (MarketStatus.UNOPENED, MarketStatus.OPEN, MarketStatus.OPEN),
        (MarketStatus.OPEN, MarketStatus.CLOSED, MarketStatus.CLOSED),
    ],
)
def test_a_listing_brings_new_facts_and_moves_a_market_only_on(
    known: MarketStatus, listed: MarketStatus, then: MarketStatus
) -> None:
    catalogue = two()
    catalogue.apply(MarketStatusChanged(RED.id, known, NOW))
    catalogue.apply(MarketListed(replace(RED, status=listed, title="Crimson"), NOW))
    told = catalogue.market(RED.id)
    assert told is not None
    assert (told.title, told.status) == ("Crimson", then)


def test_what_was_never_listed_concerns_no_question() -> None:
    assert two().apply(MarketResolved(MarketId("green"), ONE, NOW)) is None


def test_a_new_membership_moves_markets_between_questions() -> None:
    catalogue = two()
    catalogue.apply(QuestionListed(question([RED]), NOW))
    catalogue.apply(QuestionListed(question([BLUE], id=QuestionId("other")), NOW))
    assert catalogue.question_of(RED.id) == QUESTION
    assert catalogue.question_of(BLUE.id) == "other"


def test_new_tokens_of_a_market_replace_the_old_ones() -> None:
    catalogue = two()
    catalogue.apply(MarketListed(replace(RED, yes=OutcomeId("new+"), no=OutcomeId("new-")), NOW))
    assert catalogue.market_of(RED.yes) is None
    assert catalogue.twin(OutcomeId("new+")) == "new-"


def test_kalshi_closes_by_the_clock_and_polymarket_does_not() -> None:
    closed = market("k", venue=Venue.KALSHI, closes=NOW)
    late = market("p", closes=NOW)
    catalogue = Catalogue([], [closed, late])
    assert not catalogue.trading(closed.id, NOW)
    assert catalogue.trading(late.id, NOW)
    assert not catalogue.trading(MarketId("unheard of"), SETTLES)
