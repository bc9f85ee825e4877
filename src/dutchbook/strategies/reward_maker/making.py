"""One market that is quoted, or was: its terms, our quotes in it, and what filled."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import IntentId
from dutchbook.domain.pricing.rewards import Resting
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.strategies.reward_maker.quoting import Sight, mirrored
from dutchbook.strategies.reward_maker.safety import Danger
from dutchbook.strategies.reward_maker.shadows import Levels, Shadow, without
from dutchbook.strategies.reward_maker.volatility import Moves, Variation


class Own(msgspec.Struct):
    """An order of ours, from the wish for it until its plan is over."""

    intent: IntentId
    price: Price
    size: Size
    left: Size
    rests: bool = False
    """Whether the venue said that it has it: then it stands in the book that we see."""
    over: bool = False
    """Whether its order is in a final state."""
    leaving: bool = False
    """Whether it was withdrawn."""
    shadow: Shadow | None = None
    """What of the book is it, where our orders stand in the books that we see."""


class OutcomeSide(msgspec.Struct):
    """One outcome of a market: the quote that buys it, and the sale of what is held."""

    outcome: OutcomeId
    quote: Own | None = None
    again: Nanos = Nanos(0)
    """Before that no new quote is wanted."""
    refusals: int = 0
    """Quotes that were refused one after the other."""
    danger: Danger | None = None
    """The first check that stands in the way."""
    since: Nanos = Nanos(0)
    """When that began."""
    hedge: Own | None = None
    completing: bool = False
    """Whether the hedge buys this outcome, to be merged with the other one."""
    held_since: Nanos = Nanos(0)
    """Since when contracts of it are held alone; 0 while none are."""
    bare_since: Nanos = Nanos(0)
    """Since when some of them are not even offered."""
    tries: int = 0
    hedge_again: Nanos = Nanos(0)


class Making(msgspec.Struct):
    """A market and what we do there. Not `active`, it is quoted no more, and what is held of it is still given up."""

    market: Market
    terms: RewardTerms
    variation: Variation
    moves: Moves
    yes: OutcomeSide
    no: OutcomeSide
    active: bool = True
    size: Size | None = None
    """What a divided budget gives each side; None where there is none."""
    cooling: Nanos = Nanos(0)
    """Until then nothing is quoted: hedges came to nothing."""
    levels: Mapping[OutcomeId, Levels] = {}
    """Both books as they were at the last look, our orders included; one that is not known is not there."""
    shadows: list[Shadow] = []
    merging: Nanos = Nanos(0)
    """Until then no merge is asked for again."""

    @property
    def id(self) -> MarketId:
        """Of the market."""
        return self.market.id

    @property
    def sides(self) -> tuple[OutcomeSide, OutcomeSide]:
        """Of YES and of NO."""
        return self.yes, self.no

    def side(self, outcome: OutcomeId) -> OutcomeSide:
        """Of one outcome."""
        return self.yes if outcome == self.yes.outcome else self.no

    def other(self, side: OutcomeSide) -> OutcomeSide:
        """The other one."""
        return self.no if side is self.yes else self.yes

    def resting(self) -> tuple[Resting, ...]:
        """Our quotes that rest, in terms of the book of YES."""
        found = []
        if (own := self.yes.quote) is not None and own.rests:
            found.append(Resting(True, own.price, own.left))
        if (own := self.no.quote) is not None and own.rests:
            found.append(Resting(False, mirrored(own.price), own.left))
        return tuple(found)

    def seen(self) -> Mapping[OutcomeId, Sight]:
        """The books without our own orders, which stand in both: a bid for NO at q is an ask of YES at 1 - q."""
        levels = self.levels
        if not self.shadows:
            return {outcome: Sight(found.bids, found.asks) for outcome, found in levels.items()}
        return {
            outcome: Sight(
                without(found.bids, self._own(outcome, bid=True)), without(found.asks, self._own(outcome, bid=False))
            )
            for outcome, found in levels.items()
        }

    def cast(self, now: Nanos) -> None:
        """Follow our orders in these books: those that were sent, those that are withdrawn, and those that are over."""
        live: dict[int, Own] = {}
        for side in self.sides:
            for own, bid in ((side.quote, True), (side.hedge, side.completing)):
                if own is not None:
                    if own.shadow is None:
                        own.shadow = Shadow(side.outcome, bid, own.price)
                        self.shadows.append(own.shadow)
                    live[id(own.shadow)] = own
        for shadow in self.shadows:
            found = self.levels.get(shadow.outcome)
            if found is not None:
                there = found.there(bid=shadow.bid, price=shadow.price)
                _follow(shadow, live.get(id(shadow)), there, now)
        self.shadows = [shadow for shadow in self.shadows if not shadow.over or id(shadow) in live]

    def _own(self, outcome: OutcomeId, *, bid: bool) -> Mapping[Price, int]:
        sizes: dict[Price, int] = {}
        for shadow in self.shadows:
            if not shadow.shown or (shadow.outcome == outcome) is not (shadow.bid is bid):
                continue
            price = shadow.price if shadow.outcome == outcome else mirrored(shadow.price)
            sizes[price] = sizes.get(price, 0) + shadow.shown
        return sizes


def _follow(shadow: Shadow, own: Own | None, there: int, now: Nanos) -> None:
    if own is None:
        shadow.sent(0, there)
        shadow.confirmed(now)
    else:
        shadow.sent(0 if own.leaving else own.left, there)
        if own.rests and not own.leaving:
            shadow.confirmed(now)
    shadow.look(there, now)
