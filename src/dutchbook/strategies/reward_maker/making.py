"""One market that is quoted, or was: its terms, our quotes in it, and what filled."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.events import FillMined, FillReversed, FillSettled, OrderFilled
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import IntentId, OrderId
from dutchbook.domain.pricing.rewards import Resting
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size, notional_up
from dutchbook.strategies.reward_maker.quoting import Sight, Target, mirrored
from dutchbook.strategies.reward_maker.safety import Danger
from dutchbook.strategies.reward_maker.shadows import SETTLES, Levels, Shadow, without
from dutchbook.strategies.reward_maker.toxicity import Toxicity
from dutchbook.strategies.reward_maker.volatility import Moves, Variation

ANSWERED = Nanos(2 * SECOND)
"""How long the answer to an order may take before what it was to give up counts as not offered."""


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
    waits: bool = False
    """Whether it bids for an outcome, to pair what cannot be sold yet, and may rest until somebody takes it."""
    since: Nanos = Nanos(0)
    """When it was wished for."""
    shadow: Shadow | None = None
    """What of the book is it, where our orders stand in the books that we see."""
    cost: Price = Price(0)
    """What a contract that it sells had cost."""

    def offers(self, now: Nanos) -> int:
        """How much of it the venue surely has, or will say so in a moment: 0 where its answer is overdue."""
        return 0 if self.over or (not self.rests and now >= self.answer_due) else self.left

    @property
    def answer_due(self) -> Nanos:
        """From when on an order without an answer is not counted on: it may have been lost on its way."""
        return Nanos(self.since + ANSWERED)


class Judged(NamedTuple):
    """What a book asks for, and all that it was judged by: the same of these gives the same."""

    seen: Sight
    terms: RewardTerms
    market: Market
    size: Size | None
    variation: float | None
    loss: int
    wanted: Target | Danger


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
    judged: Judged | None = None
    """What its book was found to be good for, as long as nothing of that changes."""


class Making(msgspec.Struct):
    """A market and what we do there. Not `active`, it is quoted no more, and what is held of it is still given up."""

    market: Market
    terms: RewardTerms
    variation: Variation
    moves: Moves
    toxicity: Toxicity
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
    sights: Mapping[OutcomeId, Sight] = {}
    """What was seen at the last look: `seen_of` these books, less `seen_less` of ours."""
    seen_of: Mapping[OutcomeId, Levels] | None = None
    seen_less: list[tuple[OutcomeId, bool, Price, int]] = []
    merging: Nanos = Nanos(0)
    """Until then no merge is asked for again."""
    returning: dict[tuple[OrderId, str], Money] = {}
    """What our sales had cost that stand in no block yet, by order and fill: a trade that fails brings it back."""

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

    def follow_sale(self, event: OrderFilled | FillMined | FillSettled | FillReversed) -> None:
        """Keep what a sale of ours had cost at stake until its trade stands in a block, or failed."""
        if not isinstance(event, OrderFilled):
            self.returning.pop((event.order, event.fill), None)
            return
        fill = event.fill
        if fill.side is Side.SELL and fill.provisional:
            own = self.side(fill.outcome).hedge
            cost = own.cost if own is not None and own.intent == fill.intent and own.cost else fill.price
            self.returning[fill.order, fill.id] = notional_up(cost, fill.size)

    def settles(self, now: Nanos) -> bool:
        """Whether the venue's word on an order of ours counts from now on, whatever the book shows."""
        return any(shadow.due and shadow.told and now >= shadow.since + SETTLES for shadow in self.shadows)

    def orders(self) -> list[Own]:
        """All orders of ours that are at work there, or may be."""
        found = (self.yes.quote, self.yes.hedge, self.no.quote, self.no.hedge)
        return [own for own in found if own is not None and not own.over]

    def unanswered(self, now: Nanos) -> Own | None:
        """An order of which the venue did not say in time that it has it.

        Nothing goes its way until it is known what became of it, hedges neither: so nothing should fill meanwhile.
        """
        for own in self.orders():
            if not own.rests and now >= own.answer_due:
                return own
        return None

    def settled(self) -> bool:
        """Whether the venue said of each order of ours that it has it.

        Until then no cover is given up: should one be lost, nothing goes its way for a while, no other cover either.
        """
        return all(own.rests for own in self.orders())

    def covered(self, side: OutcomeSide) -> bool:
        """Whether the venue has an order of ours that gives up what is held of an outcome: a sale, or a pairing bid."""
        other = self.other(side)
        sale = None if side.completing else side.hedge
        bid = other.hedge if other.completing else None
        return any(own is not None and own.rests and not (own.over or own.leaving) for own in (sale, bid))

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
        shown = [(shadow.outcome, shadow.bid, shadow.price, shadow.shown) for shadow in self.shadows if shadow.shown]
        if self.seen_of is levels and self.seen_less == shown:
            return self.sights  # news of our own orders alone: most looks are that
        self.seen_of, self.seen_less = levels, shown
        sights = {}
        for outcome, found in levels.items():
            bids, asks = self._own(outcome)
            sights[outcome] = Sight(without(found.bids, bids), without(found.asks, asks))
        self.sights = sights
        return sights

    def cast(self, now: Nanos) -> None:
        """Follow our orders in these books: those that were sent, those that are withdrawn, and those that are over."""
        live = self._followed()
        # What rests is cancelled before another takes its place, so at one level what was sent first shows first.
        pending: dict[tuple[bool, Price], int] = {}
        for shadow in self.shadows:
            own = live.get(id(shadow))
            aim = 0 if own is None or own.leaving else own.left
            if own is not None and own.over and not own.rests and own.left == own.size:
                shadow.refused()
                continue
            if not shadow.due and shadow.shown == aim:
                continue  # the book shows all that was sent
            found, place = self.levels.get(shadow.outcome), _place(shadow, self.yes.outcome)
            before = pending.get(place)
            if found is not None:
                there = found.there(bid=shadow.bid, price=shadow.price)
                shadow.sent(aim, there + (before or 0))
                if own is None or (own.rests and not own.leaving):
                    shadow.confirmed(now)
                shadow.look(there, now, first=before is None)
            if shadow.due:
                pending[place] = (before or 0) + shadow.aim - shadow.shown
        self.shadows = [shadow for shadow in self.shadows if not shadow.over or id(shadow) in live]

    def _followed(self) -> Mapping[int, Own]:
        """Our orders by their shadows; a new one gets its own."""
        live: dict[int, Own] = {}
        for side in self.sides:
            for own, bid in ((side.quote, True), (side.hedge, side.completing)):
                if own is not None:
                    if own.shadow is None:
                        own.shadow = Shadow(side.outcome, bid, own.price)
                        self.shadows.append(own.shadow)
                    live[id(own.shadow)] = own
        return live

    def _own(self, outcome: OutcomeId) -> tuple[Mapping[Price, int], Mapping[Price, int]]:
        """What of an outcome's bids and asks is ours, by price."""
        bids: dict[Price, int] = {}
        asks: dict[Price, int] = {}
        for shadow in self.shadows:
            if shadow.shown:
                on_bid, price = _place(shadow, outcome)
                sizes = bids if on_bid else asks
                sizes[price] = sizes.get(price, 0) + shadow.shown
        return bids, asks


def _place(shadow: Shadow, outcome: OutcomeId) -> tuple[bool, Price]:
    """Where an order stands in the book of an outcome: whether among its bids, and at what price."""
    if shadow.outcome == outcome:
        return shadow.bid, shadow.price
    return not shadow.bid, mirrored(shadow.price)
