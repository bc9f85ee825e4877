"""Gives up what filled: sells it at once, or completes it to pairs and merges those, and tries again where it must."""

from collections.abc import Mapping, Sequence

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import EXIT, Intent, Leg, PlanKind, TimeInForce
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.units import ONE, Money, Nanos, Price, Size, decimal_text, notional_down, notional_up
from dutchbook.domain.wishes import MergePair, Wish, Withdraw
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.hedging import Lot, Sale, Way, completion, offer, proceeds, sale
from dutchbook.strategies.reward_maker.making import Making, OutcomeSide, Own
from dutchbook.strategies.reward_maker.observations import HedgeFailed
from dutchbook.strategies.reward_maker.ports import Stock
from dutchbook.strategies.reward_maker.quoting import Sight, mirrored
from dutchbook.strategies.reward_maker.settings import Completing, HedgeSettings, RewardMakerSettings

REACH = Price(200)
"""How far beyond the asks that it sees a completion may trade: it does not come too late over a tick."""
THIN = 2
"""Asks of so many times what has to be covered are about to be gone: a completion does not wait for its time."""
_NO_SIGHT = Sight((), ())


class Hedger:
    """Looks at one market at a time. Each outcome has one hedge at work at most; `seen` are lines for the journal."""

    def __init__(self, stock: Stock, settings: RewardMakerSettings, strategy: str) -> None:
        self._stock = stock
        self._settings = settings
        self._strategy = strategy
        self.seen: list[HedgeFailed] = []
        self.hedges = 0
        self.merges = 0

    @property
    def _own(self) -> HedgeSettings:
        return self._settings.hedge_sell

    def look(self, making: Making, sights: Mapping[OutcomeId, Sight], desk: DeskView) -> list[Wish]:
        """What is due in a market: merges, sales, completions, and withdrawals of what stands in their way."""
        wishes: list[Wish] = []
        held = [self._held(side.outcome) for side in making.sides]
        if not any(held) and making.yes.hedge is None and making.no.hedge is None:
            for side in making.sides:
                side.held_since = side.bare_since = Nanos(0)
            return wishes
        pair = min(held)
        for side in making.sides:
            self._forget_ended(making, side, desk.now)
        if pair:
            wishes += self._merge(making, Size(pair), desk.now)
        if making.market.status is MarketStatus.OPEN:
            for side, size in zip(making.sides, held, strict=True):
                alone = self._alone(side.outcome, size - pair)
                wishes += self._give_up(making, side, alone, sights, desk)
        return wishes

    def unhedged(self, making: Making) -> Money:
        """What the contracts that are held alone cost: what filled and is not hedged."""
        held = [self._held(side.outcome) for side in making.sides]
        offered = (side.hedge.left for side in making.sides if side.hedge is not None and not side.completing)
        pair, total = max(0, min(held) - max(offered, default=0)), 0  # whoever takes an offer breaks its pair
        for side, size in zip(making.sides, held, strict=True):
            if size > pair:
                position = self._stock.positions()[side.outcome]
                total += -(-position.cost * (size - pair) // size)
        return Money(total)

    def alone(self, making: Making, side: OutcomeSide) -> Size:
        """Contracts of an outcome that are held alone, if they are enough to be ordered."""
        held, other = (self._held(one.outcome) for one in (side, making.other(side)))
        alone = self._alone(side.outcome, max(0, held - other))
        return alone if alone >= making.market.min_size else Size(0)

    def _held(self, outcome: OutcomeId) -> int:
        position = self._stock.positions().get(outcome)
        return 0 if position is None else position.size

    def _alone(self, outcome: OutcomeId, size: int) -> Size:
        """What of it belongs to no set that pays whatever happens."""
        if not size:
            return Size(0)
        for one in self._stock.complete_sets():
            if outcome in one.outcomes:
                size -= min(self._held(leg) for leg in one.outcomes)
        return Size(max(0, size) // LOT * LOT)

    def _merge(self, making: Making, pair: Size, now: Nanos) -> list[Wish]:
        """Pairs into cash: that always brings a dollar, and no bids for both ever bring more."""
        there = min(pair, *(self._stock.sellable(side.outcome) for side in making.sides)) // LOT * LOT
        if there <= 0 or now < making.merging or making.market.venue is not Venue.POLYMARKET:
            return []  # Kalshi nets both sides by itself
        making.merging = Nanos(now + self._own.cool_down)
        self.merges += 1
        return [MergePair(making.id, Size(there), f"{decimal_text(there, 6)} pairs of YES and NO are a dollar each")]

    def _forget_ended(self, making: Making, side: OutcomeSide, now: Nanos) -> None:
        """A hedge whose plan is over; one that brought nothing is tried again later."""
        hedge = side.hedge
        if hedge is None or (not hedge.over and self._stock.planned(hedge.intent)):
            return
        side.hedge = None
        if hedge.left < hedge.size or hedge.leaving:
            side.tries = 0
            return
        side.tries += 1
        side.hedge_again = Nanos(now + self._own.retry_delay)
        if side.tries > self._own.retries:
            self._cool_down(making, side, now)

    def _cool_down(self, making: Making, side: OutcomeSide, now: Nanos) -> None:
        making.cooling = side.hedge_again = Nanos(now + self._own.cool_down)
        reason = "refused each time: the verdicts and reports before this line say why"
        self.seen.append(HedgeFailed(making.id, side.outcome, side.tries, reason, making.cooling, now))
        side.tries = 0

    def _give_up(
        self, making: Making, side: OutcomeSide, alone: Size, sights: Mapping[OutcomeId, Sight], desk: DeskView
    ) -> Sequence[Wish]:
        """What is due for contracts that are held alone: a sale, a better one, or a completion."""
        other, now = making.other(side), desk.now
        hedge = None if side.completing else side.hedge
        bare = Size(max(0, alone - (0 if hedge is None else hedge.left)))
        side.held_since = (side.held_since or now) if alone else Nanos(0)
        side.bare_since = (side.bare_since or now) if bare >= max(LOT, making.market.min_size) else Nanos(0)
        if hedge is not None and hedge.left > alone and hedge.rests and not hedge.leaving and not hedge.over:
            hedge.leaving = True  # part of it is paired by now: a pair is a dollar, and one leg of it alone is a risk
            return (Withdraw(hedge.intent, f"sale of {side.outcome}: what it offers is paired"),)
        if not alone or (other.hedge is not None and other.completing):
            return ()
        if hedge is not None and (moved := self._follow(making, side, bare, sights, now)):
            return moved
        sellable = Size(min(bare, self._stock.sellable(side.outcome)) // LOT * LOT)
        completed = self._completion(making, side, Lot(bare, self._cost(side.outcome)), sellable, sights, desk)
        if completed is not None:
            return completed
        if hedge is not None or not sellable or now < side.hedge_again:
            return ()
        lot = Lot(sellable, self._cost(side.outcome))
        found = self._sale(making, side, lot, sights, now)
        return () if found is None else self._sell(making, side, lot, found, desk)

    def _cost(self, outcome: OutcomeId) -> Price:
        position = self._stock.positions()[outcome]
        return Price(min(ONE, -(-position.cost * ONE // position.size)))

    def _sale(
        self, making: Making, side: OutcomeSide, lot: Lot, sights: Mapping[OutcomeId, Sight], now: Nanos
    ) -> Sale | None:
        """At which price: for a while beside the other makers' asks, unless the loss is to be stopped."""
        seen, grid = sights.get(side.outcome, _NO_SIGHT), making.market.grid
        found = sale(lot, seen, grid, self._own, self._settings.min_profit_margin)
        if self._patient(side, now) and (found is None or found.way is not Way.STOP_LOSS):
            return offer(seen) or found
        return found

    def _patient(self, side: OutcomeSide, now: Nanos) -> bool:
        return now < (side.held_since or now) + self._own.patience

    def _follow(
        self, making: Making, side: OutcomeSide, bare: Size, sights: Mapping[OutcomeId, Sight], now: Nanos
    ) -> Sequence[Wish]:
        """Withdraw a sale that the book, or more of what filled, wants otherwise: all is offered anew then."""
        hedge = side.hedge
        if hedge is None or hedge.leaving or not hedge.rests:
            return ()
        found = self._sale(making, side, Lot(hedge.left, self._cost(side.outcome)), sights, now)
        more = min(bare, self._stock.sellable(side.outcome)) >= max(LOT, making.market.min_size)
        moves = found is not None and found.price != hedge.price and self._own.dynamic_follow_enabled
        if not more and not moves:
            return ()
        hedge.leaving = True
        why = "more of it filled" if more or found is None else f"{found.way} is {decimal_text(found.price, 4)} now"
        return (Withdraw(hedge.intent, f"sale of {side.outcome}: {why}"),)

    def _completion(
        self,
        making: Making,
        side: OutcomeSide,
        lot: Lot,
        sellable: Size,
        sights: Mapping[OutcomeId, Sight],
        desk: DeskView,
    ) -> Sequence[Wish] | None:
        """Buy the other outcome in place of a sale, where that is better or nothing can be sold; None to sell."""
        other, market, now = making.other(side), making.market, desk.now
        if self._own.completing is Completing.NEVER or market.venue is not Venue.POLYMARKET or other.hedge is not None:
            return None
        seen = sights.get(side.outcome, _NO_SIGHT)
        asks = sights.get(other.outcome, _NO_SIGHT).asks
        found = completion(asks, lot.size, market.fees)
        if found is None or lot.size < market.min_size or now < other.hedge_again:
            return None
        if sellable < lot.size:
            vanishing = sum(level.size for level in asks) < THIN * lot.size
            overdue = vanishing or self._overdue(making, side, lot, seen, now)
            wanted = overdue and self._own.completing is Completing.UNSETTLED
        else:
            sold = proceeds(seen.bids, lot.size, market.fees)
            wanted = not self._patient(side, now) and sold is not None and found.worth > sold
        limit = market.grid.below(Price(min(found.worst + REACH, ONE - 1)))
        return self._complete(making, side, lot, limit, desk) if wanted and limit is not None else None

    def _overdue(self, making: Making, side: OutcomeSide, lot: Lot, seen: Sight, now: Nanos) -> bool:
        """Whether what cannot be sold yet must be covered otherwise: its time is over, or its loss is to be stopped."""
        if now >= side.bare_since + self._own.uncovered:
            return True
        found = sale(lot, seen, making.market.grid, self._own, self._settings.min_profit_margin)
        return found is not None and found.takes and (found.way is Way.STOP_LOSS or not self._patient(side, now))

    def _complete(self, making: Making, side: OutcomeSide, lot: Lot, limit: Price, desk: DeskView) -> Sequence[Wish]:
        blocking = _in_the_way(side.quote, mirrored(limit))
        if blocking is not None:
            return blocking
        other = making.other(side)
        leg = Leg(other.outcome, making.id, Side.BUY, limit, lot.size, limit, TimeInForce.IOC)
        cost = notional_up(limit, lot.size)
        text = f"{decimal_text(lot.size, 6)} at {decimal_text(limit, 4)} completes {side.outcome} to pairs of a dollar"
        intent = self._intent(leg, PlanKind.MARKET, cost, text, desk)
        other.hedge, other.completing = Own(intent.id, limit, lot.size, lot.size), True
        return (intent,)

    def _sell(self, making: Making, side: OutcomeSide, lot: Lot, found: Sale, desk: DeskView) -> Sequence[Wish]:
        blocking = _in_the_way(side.quote, found.price)
        if blocking is not None:
            return blocking
        market, tif = making.market, TimeInForce.GTC
        plan = PlanKind.POST_ONLY if found.way is Way.OFFER else PlanKind.LIMIT
        if lot.size < market.min_size:  # too little to rest: bids may take it all the same
            if not found.takes or notional_down(found.price, lot.size) < market.min_notional:
                return ()
            plan, tif = PlanKind.MARKET, TimeInForce.IOC
        leg = Leg(side.outcome, making.id, Side.SELL, found.price, lot.size, found.price, tif)
        text = f"{decimal_text(lot.size, 6)} that cost {decimal_text(lot.cost, 4)} at {found.way}"
        intent = self._intent(leg, plan, Money(0), text, desk)
        side.hedge, side.completing = Own(intent.id, found.price, lot.size, lot.size), False
        return (intent,)

    def _intent(self, leg: Leg, plan: PlanKind, cost: Money, text: str, desk: DeskView) -> Intent:
        book = desk.book(leg.outcome)
        self.hedges += 1
        return Intent(
            id=desk.next_intent(),
            strategy=self._strategy,
            kind=EXIT,
            subject=self._subject(leg.outcome),
            legs=(leg,),
            cost=cost,
            edge=Money(0),
            max_loss=Money(0),
            oldest=desk.now if book is None else book.received,
            at=desk.now,
            reason=f"hedge: {text}",
            plan=plan,
            rests=self._settings.quote_rests,
        )

    def _subject(self, outcome: OutcomeId) -> str:
        return f"{self._strategy}:hedge:{outcome}"


def _in_the_way(quote: Own | None, price: Price) -> Sequence[Wish] | None:
    """What withdraws a quote of ours that an order at `price` would trade with; None if there is none.

    Nothing but time helps against one that is being withdrawn.
    """
    if quote is None or quote.over or quote.price < price:
        return None
    if quote.leaving:
        return ()
    quote.leaving = True
    return (Withdraw(quote.intent, f"the hedge at {decimal_text(price, 4)} would trade with it"),)
