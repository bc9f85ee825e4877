"""What a desk that really sends orders trades with: brokers, the codecs of their answers, and what those look up."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.venues.operations import OperationLine
from dutchbook.venues.rewards import OwnRewardReads
from dutchbook.venues.trading import Broker, OrderCodec

type Held = Callable[[Venue], Iterable[OutcomeId]]


type Resting = Callable[[Venue], Iterable[str]]


def _nothing(_: Venue) -> Iterable[OutcomeId]:
    return ()


def _no_orders(_: Venue) -> Iterable[str]:
    return ()


class Lookups:
    """What brokers and codecs ask of the desk. They are made before it: `bind` it once it is there."""

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None
        self._held: Held = _nothing
        self._resting: Resting = _no_orders

    def bind(self, catalogue: Catalogue, held: Held, resting: Resting = _no_orders) -> None:
        """From now on this is the desk.

        `held` names the outcomes that may be in an account, `resting` orders at work by their names at the venue.
        """
        self._catalogue, self._held, self._resting = catalogue, held, resting

    def market(self, market: MarketId) -> Market | None:
        """A market of the catalogue."""
        return None if self._catalogue is None else self._catalogue.market(market)

    def question(self, question: QuestionId) -> Question | None:
        """A question of the catalogue."""
        return None if self._catalogue is None else self._catalogue.question(question)

    def holding(self, outcome: OutcomeId) -> Market | None:
        """The market that an outcome belongs to."""
        return None if self._catalogue is None else self._catalogue.market_of(outcome)

    def held(self, venue: Venue) -> Iterable[OutcomeId]:
        """The outcomes that may be in the account: those held by our books, and all of markets with orders of ours."""
        return self._held(venue)

    def resting(self, venue: Venue) -> Iterable[str]:
        """The orders at work in the account, by their names at the venue."""
        return self._resting(venue)


class Trading(msgspec.Struct, frozen=True, kw_only=True):
    """One broker and one codec for each venue at which the desk has an account."""

    brokers: Mapping[Venue, Broker]
    codecs: Mapping[Venue, OrderCodec]
    lookups: Lookups
    operators: Mapping[Venue, OperationLine] = msgspec.field(default_factory=dict)
    """Who sends token operations, for venues that do not net and pay by themselves."""
    rewards: Mapping[Venue, OwnRewardReads] = msgspec.field(default_factory=dict)
    """Where a venue says what our quotes earn: Polymarket does, Kalshi publishes nothing of the kind."""
