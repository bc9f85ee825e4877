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
from dutchbook.strategies.reward_maker.hedging import (
    Lot,
    Sale,
    Way,
    above_bids,
    completion,
    level_for,
    offer,
    proceeds,
    sale,
)
from dutchbook.strategies.reward_maker.making import Making, OutcomeSide, Own
from dutchbook.strategies.reward_maker.observations import HedgeFailed
from dutchbook.strategies.reward_maker.ports import Stock
from dutchbook.strategies.reward_maker.quoting import Sight, mirrored
from dutchbook.strategies.reward_maker.safety import exposure
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

    def rests(self, making: Making) -> bool:
        """Whether there is nothing to give up in a market, nothing on offer, and nothing to remember of either."""
        yes, no, positions = making.yes, making.no, self._stock.positions()
        if yes.hedge is not None or no.hedge is not None or making.returning:
            return False
        if yes.outcome in positions or no.outcome in positions:
            return False
        return not (yes.held_since or yes.bare_since or no.held_since or no.bare_since)

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

    def try_again(self, making: Making) -> None:
        """Forget all that failed: the venue takes orders again, so nothing has to wait for another try."""
        making.cooling = Nanos(0)
        for side in making.sides:
            side.tries, side.hedge_again = 0, Nanos(0)

    def unhedged(self, making: Making) -> Money:
        """What the contracts that are held alone cost: what filled and is not hedged.

        A pair is one once both of it are settled, and neither is offered: a trade that fails breaks it, and so does
        whoever takes an offer. What was sold counts until its trade cannot fail any more.
        """
        held = [self._held(side.outcome) for side in making.sides]
        pair, total = min(held), int(sum(making.returning.values()))
        if pair:
            pair = min(pair, *(self._stock.sellable(side.outcome) for side in making.sides))
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
        bid = other.hedge if other.completing else None
        offered = 0 if hedge is None else hedge.offers(now)
        bidding = bid.offers(now) if bid is not None and bid.waits else 0
        bare = Size(max(0, alone - offered - bidding))
        side.held_since = (side.held_since or now) if alone else Nanos(0)
        side.bare_since = (side.bare_since or now) if bare >= max(LOT, making.market.min_size) else Nanos(0)
        if hedge is not None and hedge.left > alone and hedge.rests and not hedge.leaving and not hedge.over:
            hedge.leaving = True  # part of it is paired by now: a pair is a dollar, and one leg of it alone is a risk
            return (Withdraw(hedge.intent, f"sale of {side.outcome}: what it offers is paired"),)
        if bid is not None and bid.waits:
            followed = self._follow_bid(making, side, bid, Size(max(0, alone - offered)), sights, now)
            if followed or bidding:
                return followed
        elif bid is not None and bid.offers(now):
            return ()
        if not alone:
            return ()
        if hedge is not None and (moved := self._follow(making, side, bare, sights, now)):
            return moved
        sellable = Size(min(bare, self._stock.sellable(side.outcome)) // LOT * LOT)
        completed = self._completion(making, side, Lot(bare, self._cost(side.outcome)), sellable, sights, desk)
        if completed is not None:
            return completed
        if (hedge is not None and offered) or now < side.hedge_again:
            return ()
        if hedge is not None or not sellable:
            return self._bid(making, side, Lot(bare, self._cost(side.outcome)), sights, desk)
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
        market = making.market
        if found is not None and found.takes and lot.size >= market.min_size:
            return found if _dollars(found, lot) >= market.min_notional else above_bids(seen, grid)
        return found

    def _patient(self, side: OutcomeSide, now: Nanos) -> bool:
        return now < (side.held_since or now) + self._own.patience

    def _follow(
        self, making: Making, side: OutcomeSide, bare: Size, sights: Mapping[OutcomeId, Sight], now: Nanos
    ) -> Sequence[Wish]:
        """Withdraw a sale that the book, or more of what filled, wants otherwise: all is offered anew then."""
        hedge = side.hedge
        if hedge is None or hedge.leaving or not hedge.rests or not making.settled():
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
            due = not self._patient(side, now) or self._urgent(making, side, lot, seen, now)
            wanted = due and found.worth > self._proceeds(making, lot, seen)
        limit = market.grid.below(Price(min(found.worst + REACH, ONE - 1)))
        if not wanted or limit is None or notional_down(limit, lot.size) < market.min_notional:
            return None  # what is worth less than the least amount, a venue refuses to trade at once
        return self._complete(making, side, lot, limit, desk)

    def _overdue(self, making: Making, side: OutcomeSide, lot: Lot, seen: Sight, now: Nanos) -> bool:
        """Whether what cannot be sold yet must be covered otherwise: its time is over, or its loss is to be stopped."""
        return now >= side.bare_since + self._own.uncovered or self._urgent(making, side, lot, seen, now)

    def _urgent(self, making: Making, side: OutcomeSide, lot: Lot, seen: Sight, now: Nanos) -> bool:
        """Whether it would be sold to bids at once: its patience is over, or its loss is to be stopped."""
        found = sale(lot, seen, making.market.grid, self._own, self._settings.min_profit_margin)
        return found is not None and found.takes and (found.way is Way.STOP_LOSS or not self._patient(side, now))

    def _proceeds(self, making: Making, lot: Lot, seen: Sight) -> int:
        """What bids for all of it bring; less than any completion where they hold too little, or may not be hit.

        A venue refuses to trade at once what is worth less than its least amount: it can only wait there.
        """
        sold = proceeds(seen.bids, lot.size, making.market.fees)
        worst = level_for(seen.bids, lot.size)
        if sold is None or worst is None:
            return lot.size
        return -lot.size if notional_down(worst, lot.size) < making.market.min_notional else sold

    def _complete(self, making: Making, side: OutcomeSide, lot: Lot, limit: Price, desk: DeskView) -> Sequence[Wish]:
        blocking = _in_the_way(side.quote, mirrored(limit))
        if blocking is not None:
            return blocking
        other = making.other(side)
        leg = Leg(other.outcome, making.id, Side.BUY, limit, lot.size, limit, TimeInForce.IOC)
        cost = notional_up(limit, lot.size)
        text = f"{decimal_text(lot.size, 6)} at {decimal_text(limit, 4)} completes {side.outcome} to pairs of a dollar"
        intent = self._intent(leg, PlanKind.MARKET, cost, text, desk)
        other.hedge, other.completing = Own(intent.id, limit, lot.size, lot.size, since=desk.now), True
        return (intent,)

    def _bid(
        self, making: Making, side: OutcomeSide, lot: Lot, sights: Mapping[OutcomeId, Sight], desk: DeskView
    ) -> Sequence[Wish]:
        """Bid for the other outcome where a sale may not stand yet: whoever takes that pairs what is held.

        In the mirrored book it is the very offer that a sale beside the best ask would be.
        """
        other, market = making.other(side), making.market
        wanted = self._waiting_bid(making, side, lot, sights)
        if self._own.completing is not Completing.UNSETTLED or market.venue is not Venue.POLYMARKET:
            return ()
        if wanted is None or lot.size < market.min_size or other.hedge is not None or desk.now < other.hedge_again:
            return ()
        cost = notional_up(wanted, lot.size)
        if exposure(cost, self._bound_without(making, other.quote), self._settings) is not None:
            return ()
        blocking = _in_the_way(side.quote, mirrored(wanted))
        if blocking is None and other.quote is not None and not other.quote.over:
            blocking = _withdrawn(other.quote, f"a bid at {decimal_text(wanted, 4)} that pairs what filled replaces it")
        if blocking is not None:
            return blocking
        leg = Leg(other.outcome, making.id, Side.BUY, wanted, lot.size, wanted, TimeInForce.GTC)
        text = f"{decimal_text(lot.size, 6)} at {decimal_text(wanted, 4)} would pair {side.outcome}, not settled yet"
        intent = self._intent(leg, PlanKind.POST_ONLY, cost, text, desk)
        other.hedge, other.completing = Own(intent.id, wanted, lot.size, lot.size, waits=True, since=desk.now), True
        return (intent,)

    def _bound_without(self, making: Making, quote: Own | None) -> Money:
        """What is at stake in a market, less what a quote of ours binds that is to make room."""
        room = 0 if quote is None or quote.over else notional_up(quote.price, quote.left)
        return Money(self._stock.reserved(making.id) + self.unhedged(making) - room)

    def _waiting_bid(
        self, making: Making, side: OutcomeSide, lot: Lot, sights: Mapping[OutcomeId, Sight]
    ) -> Price | None:
        """The mirror of a sale beside the best ask; of one at cost and the least profit where nobody asks."""
        seen, grid = sights.get(side.outcome, _NO_SIGHT), making.market.grid
        found = offer(seen) or sale(lot, seen, grid, self._own, self._settings.min_profit_margin)
        return None if found is None or found.takes else grid.below(mirrored(found.price))

    def _follow_bid(
        self,
        making: Making,
        side: OutcomeSide,
        bid: Own,
        alone: Size,
        sights: Mapping[OutcomeId, Sight],
        now: Nanos,
    ) -> Sequence[Wish]:
        """Withdraw what bids for the other outcome once a sale may stand, all is paired, or the price is another."""
        if bid.leaving or bid.over or not bid.rests or not making.settled():
            return ()
        lot = Lot(bid.left, self._cost(side.outcome)) if alone else None
        seen = sights.get(side.outcome, _NO_SIGHT)
        asks = sights.get(making.other(side).outcome, _NO_SIGHT).asks
        if lot is None or bid.left > alone:
            why = "what it would pair is paired or offered"
        elif self._stock.sellable(side.outcome) >= max(LOT, making.market.min_size):
            why = "what it would pair is settled"
        elif completion(asks, lot.size, making.market.fees) and self._urgent(making, side, lot, seen, now):
            why = "there are asks, and no time to wait"
        elif (wanted := self._waiting_bid(making, side, lot, sights)) is not None and wanted != bid.price:
            why = f"its price is {decimal_text(wanted, 4)} now"
        else:
            return ()
        return _withdrawn(bid, f"bid that pairs {side.outcome}: {why}")

    def _sell(self, making: Making, side: OutcomeSide, lot: Lot, found: Sale, desk: DeskView) -> Sequence[Wish]:
        market, tif = making.market, TimeInForce.GTC
        plan = PlanKind.POST_ONLY if found.way in (Way.OFFER, Way.ABOVE_BIDS) else PlanKind.LIMIT
        if lot.size < market.min_size:  # too little to rest: bids may take it all the same
            if not found.takes or _dollars(found, lot) < market.min_notional:
                return ()
            plan, tif = PlanKind.MARKET, TimeInForce.IOC
        blocking = _in_the_way(side.quote, found.price)
        if blocking is not None:
            return blocking
        leg = Leg(side.outcome, making.id, Side.SELL, found.price, lot.size, found.price, tif)
        text = f"{decimal_text(lot.size, 6)} that cost {decimal_text(lot.cost, 4)} at {found.way}"
        intent = self._intent(leg, plan, Money(0), text, desk)
        side.hedge = Own(intent.id, found.price, lot.size, lot.size, since=desk.now, cost=lot.cost)
        side.completing = False
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
            insists=True,
        )

    def _subject(self, outcome: OutcomeId) -> str:
        return f"{self._strategy}:hedge:{outcome}"


def _dollars(found: Sale, lot: Lot) -> Money:
    """What a venue takes a sale to be worth: too few of them are refused where they would trade at once."""
    return notional_down(found.price, lot.size)


def _in_the_way(quote: Own | None, price: Price) -> Sequence[Wish] | None:
    """What withdraws a quote of ours that an order at `price` would trade with; None if there is none.

    Nothing but time helps against one that is being withdrawn.
    """
    if quote is None or quote.over or quote.price < price:
        return None
    return _withdrawn(quote, f"the hedge at {decimal_text(price, 4)} would trade with it")


def _withdrawn(own: Own, why: str) -> Sequence[Wish]:
    """What withdraws an order of ours, once."""
    if own.leaving:
        return ()
    own.leaving = True
    return (Withdraw(own.intent, why),)
