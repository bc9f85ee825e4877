"""The questions and markets that the desk knows, as the venues last described them."""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from dutchbook.domain.events import (
    GridChanged,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    QuestionListed,
)
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, MarketStatus, Question, relisted
from dutchbook.domain.units import Nanos

type CatalogueEvent = MarketListed | QuestionListed | MarketStatusChanged | MarketResolved | GridChanged

_FINAL = MarketStatus.RESOLVED


class Catalogue:
    """Questions and markets by id, kept current by what codecs say. Never forgets: a resolved market still explains."""

    def __init__(self, questions: Iterable[Question] = (), markets: Iterable[Market] = ()) -> None:
        self._questions: dict[QuestionId, Question] = {}
        self._markets: dict[MarketId, Market] = {}
        self._by_outcome: dict[OutcomeId, MarketId] = {}
        self._asked_by: dict[MarketId, QuestionId] = {}
        for question in questions:
            self._put_question(question)
        for market in markets:
            self._put_market(market)

    def market(self, market: MarketId) -> Market | None:
        """The market, or None if nobody listed it."""
        return self._markets.get(market)

    def market_of(self, outcome: OutcomeId) -> Market | None:
        """The market that an outcome belongs to."""
        market = self._by_outcome.get(outcome)
        return None if market is None else self._markets[market]

    def twin(self, outcome: OutcomeId) -> OutcomeId | None:
        """The other outcome of the same market."""
        market = self.market_of(outcome)
        if market is None:
            return None
        return market.no if outcome == market.yes else market.yes

    def question(self, question: QuestionId) -> Question | None:
        """The question, or None if nobody listed it."""
        return self._questions.get(question)

    def question_of(self, market: MarketId) -> QuestionId | None:
        """The question that lists the market; failing that, the one that the market itself names."""
        asked_by = self._asked_by.get(market)
        if asked_by is not None:
            return asked_by
        known = self._markets.get(market)
        return None if known is None else known.question

    def trading(self, market: MarketId, now: Nanos) -> bool:
        """Whether orders are accepted now. Kalshi closes by the clock, unannounced; Polymarket's end is no cut-off."""
        known = self._markets.get(market)
        if known is None or known.status is not MarketStatus.OPEN:
            return False
        return known.venue is not Venue.KALSHI or known.closes is None or now < known.closes

    def markets(self) -> Collection[Market]:
        """All markets, in the order in which they were first listed."""
        return self._markets.values()

    def questions(self) -> Collection[Question]:
        """All questions, in the order in which they were first listed."""
        return self._questions.values()

    def apply(self, event: CatalogueEvent) -> QuestionId | None:
        """Take over what changed, and name the question it concerns: its bundles may be others now.

        None if the event speaks of a market that was never listed: there is nothing to bring up to date, and the
        listing, when it comes, carries the newest state.
        """
        match event:
            case QuestionListed(question=question):
                self._put_question(question)
                return question.id
            case MarketListed(market=market):
                known = self._markets.get(market.id)
                self._put_market(market if known is None else relisted(known, market))
                return self.question_of(market.id)
            case _:
                known = self._markets.get(event.market)
                if known is None:
                    return None
                self._markets[known.id] = _updated(known, event)
                return self.question_of(known.id)

    def _put_question(self, question: Question) -> None:
        before = self._questions.get(question.id)
        for market in before.markets if before else ():
            if self._asked_by.get(market) == question.id:
                del self._asked_by[market]
        self._questions[question.id] = question
        for market in question.markets:
            self._asked_by[market] = question.id

    def _put_market(self, market: Market) -> None:
        before = self._markets.get(market.id)
        if before is not None:
            self._by_outcome.pop(before.yes, None)
            self._by_outcome.pop(before.no, None)
        self._markets[market.id] = market
        self._by_outcome[market.yes] = self._by_outcome[market.no] = market.id


def _updated(market: Market, event: MarketStatusChanged | MarketResolved | GridChanged) -> Market:
    match event:
        case MarketResolved(payout=payout):
            return replace(market, status=_FINAL, payout=payout)
        case MarketStatusChanged(status=status, closes=closes):
            return replace(market, status=status, closes=market.closes if closes is None else closes)
        case GridChanged(grid=grid):
            return replace(market, grid=grid)
