"""What risk sees of the desk, what it answers, and what a rule is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.book import BookView
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, IntentId, Leg
from dutchbook.domain.units import Money, Nanos, Size


class Block(msgspec.Struct, frozen=True):
    """Why no order may leave now: `rule` is `unknown_order` or `venue_state`, `reason` says it in words."""

    rule: str
    reason: str


class RiskView(Protocol):
    """The desk as rules see it: reservations of this turn, resting orders and unknown ones are in every figure."""

    @property
    def now(self) -> Nanos: ...

    @property
    def bankroll(self) -> Money:
        """What the limits are shares of: see `Drawdown.bankroll`."""
        ...

    def equity(self) -> Money:
        """Cash and positions at their bids, unpriced positions as worthless."""
        ...

    def unpriced(self) -> Sequence[OutcomeId]:
        """Positions of which no price is known."""
        ...

    def high_water(self) -> Money: ...
    def equity_at_day_start(self) -> Money: ...

    def market(self, market: MarketId) -> Market | None:
        """A market of the catalogue, or None if it is not there."""
        ...

    def book(self, outcome: OutcomeId) -> BookView | None: ...

    def known_at(self, outcome: OutcomeId) -> Nanos | None:
        """When the book was last known to be true: the newest frame of the connection that keeps it, if it is usable.

        A quiet market on a live connection is not stale; one whose connection is silent is. None while unknown.
        """
        ...

    def needed(self, intent: Intent) -> Mapping[MarketId, Money]:
        """The capital the intent may put into each market at worst."""
        ...

    def market_exposure(self, market: MarketId) -> Money: ...
    def venue_exposure(self, venue: Venue) -> Money: ...
    def deployed(self) -> Money: ...

    def free_cash(self) -> Money:
        """Cash that nothing in flight may need."""
        ...

    def venue_cash(self, venue: Venue) -> Money | None:
        """Cash at a venue that nothing in flight may need there; None where it is not known."""
        ...

    def worst_loss(self) -> Money:
        """The sum of the losses that intents in flight were approved with."""
        ...

    def held(self, outcome: OutcomeId) -> Size: ...

    def settled(self, outcome: OutcomeId) -> Size:
        """Contracts held whose settlement is final: the only ones that may be sold."""
        ...

    def blocked(self, leg: Leg) -> Block | None:
        """Why execution would send no order for this leg now, or None."""
        ...

    def incoming(self, outcome: OutcomeId) -> Size:
        """Contracts that orders and intents in flight may still buy."""
        ...

    def outgoing(self, outcome: OutcomeId) -> Size:
        """Contracts that orders and intents in flight may still sell."""
        ...

    def in_flight(self, intent: IntentId) -> bool:
        """Whether an intent of this id is being worked on."""
        ...

    def halted(self) -> str | None:
        """Why the desk is halted, or None."""
        ...

    def paused(self) -> str | None:
        """Why opening is paused, or None: a loss of the day."""
        ...

    def paused_by(self, strategy: str) -> str | None:
        """Who paused this strategy, or all of them, in words; None if nobody did."""
        ...


class Refusal(msgspec.Struct, frozen=True):
    """Why an intent may not pass: the rule, in words, the limit that holds (by its setting's name), what was found."""

    rule: str
    message: str
    limit: str
    found: str


type Rule = Callable[[Intent, RiskView], Refusal | None]
"""A refusal, or nothing. Rules neither change nor remember anything."""
