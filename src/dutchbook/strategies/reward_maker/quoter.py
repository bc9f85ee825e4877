"""Keeps the quotes of one market where they belong, or away: targets, checks, and what follows from both."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import Intent, Leg, PlanKind, TimeInForce
from dutchbook.domain.pricing.fees import maker_fee
from dutchbook.domain.units import CONTRACT, ONE, Money, Nanos, Price, Size, decimal_text, dollars, notional_up
from dutchbook.domain.wishes import Wish, Withdraw
from dutchbook.strategies.names import REWARD_MAKER
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.fair import FairValue
from dutchbook.strategies.reward_maker.making import Judged, Making, OutcomeSide, Own
from dutchbook.strategies.reward_maker.observations import QuoteAllowed, QuoteRefused
from dutchbook.strategies.reward_maker.ports import Stock
from dutchbook.strategies.reward_maker.questions import Stake, stakes_in, worst_loss
from dutchbook.strategies.reward_maker.quoting import (
    Place,
    Sight,
    Target,
    Worth,
    both_needed,
    boundary_quote,
    deviates,
    lowered,
    quote_size,
    reservation_quote,
)
from dutchbook.strategies.reward_maker.safety import Danger, dangers, exposure, toxicity
from dutchbook.strategies.reward_maker.settings import Quoting, RewardMakerSettings

QUOTE = "quote"
"""The kind of an intent that rests to earn rewards."""

_MILLION = 1_000_000
_NO_PLACE = frozenset({"book", "reward_band"})
"""Rules by which there is no price at all, so that nothing else is asked."""
_NO_SIGHT = Sight((), ())
_NO_MONEY = Money(0)


class Filled(NamedTuple):
    """What filled and is not hedged: what it cost, with what hedges of this moment buy; of each outcome how much; and
    of that how much is not even offered."""

    cost: Money
    alone: Mapping[OutcomeId, Size]
    bare: Mapping[OutcomeId, Size]


NOTHING_FILLED = Filled(Money(0), {}, {})


class Quoter:
    """Looks at one market at a time. `seen` are lines for the journal."""

    def __init__(
        self,
        stock: Stock,
        settings: RewardMakerSettings,
        fair: FairValue,
        related: Callable[[Making], Iterable[Making]],
    ) -> None:
        """`related` are the makings of the same question, that of the market itself among them."""
        self._stock = stock
        self._fair = fair
        self._related = related
        self._settings = settings
        self.seen: list[QuoteRefused | QuoteAllowed] = []
        self.refused: Counter[str] = Counter()
        self.quotes = 0

    def look(self, making: Making, sights: Mapping[OutcomeId, Sight], stock: Filled, desk: DeskView) -> list[Wish]:
        """Withdraw what should not rest, and place what should. `stock` is what filled and is not given up yet."""
        for side in making.sides:
            self._forget_ended(side, desk.now)
            middle = sights.get(side.outcome, _NO_SIGHT).middle
            if middle is not None and side is making.yes:
                making.variation.observe(middle, desk.now)
                making.moves.observe(middle, desk.now)
                making.toxicity.observe(sights[side.outcome], desk.now)
        found = self._wanted(making, sights, desk.now)
        wishes: list[Wish] = []
        bound = Money(self._stock.reserved(making.id) + stock.cost)
        # Of an outcome whose twin is held a fill makes pairs: what room there is goes to that one first.
        sides = sorted(making.sides, key=lambda side: stock.alone.get(side.outcome, 0)) if stock.alone else making.sides
        for side in sides:
            wanted, cost = found[side.outcome], Money(0)
            if isinstance(wanted, Target) and side.quote is None:
                cost = self._cost(making, wanted)
                wanted = self._obstacle(stock, making, side, wanted, cost, bound) or wanted
            self._note(making, side, wanted, desk.now)
            if isinstance(wanted, Danger):
                wishes += _withdrawn(side, wanted)
            elif side.quote is not None:
                wishes += self._kept(making, side, side.quote, wanted)
            elif desk.now >= side.again:
                intent = self._intent(making, side, wanted, cost, desk)
                wishes.append(intent)
                bound = Money(bound + intent.cost)
        return wishes

    def follow(self, making: Making, side: OutcomeSide, desk: DeskView, freed: Money = _NO_MONEY) -> Intent | None:
        """What takes the place of a quote that is gone, where nothing filled and the books are as last seen.

        None if nothing does, or a check stands in the way: a `look` says which. `freed` is what the quote binds on the
        desk's books still, where these have not followed it yet.
        """
        now = desk.now
        self._forget_ended(side, now)
        if side.quote is not None or now < side.again:
            return None
        middle = making.sights.get(making.yes.outcome, _NO_SIGHT).middle
        if middle is not None:
            making.variation.observe(middle, now)
        found = self._next(making, side, now, freed)
        if found is None:
            return None
        self._note(making, side, found[0], now)
        return self._intent(making, side, *found, desk)

    def likely(self, making: Making, side: OutcomeSide, desk: DeskView, freed: Money) -> Intent | None:
        """What `follow` would say if the quote of this side was gone by now. Asking changes nothing."""
        quote, side.quote = side.quote, None
        try:
            found = self._next(making, side, desk.now, freed)
        finally:
            side.quote = quote
        return None if found is None else self._wish(making, side, *found, desk)

    def _next(self, making: Making, side: OutcomeSide, now: Nanos, freed: Money) -> tuple[Target, Money] | None:
        """What a side without a quote should be quoted at, and what that costs."""
        wanted = self._wanted(making, making.sights, now)[side.outcome]
        if isinstance(wanted, Danger):
            return None
        cost, bound = self._cost(making, wanted), Money(self._stock.reserved(making.id) - freed)
        obstacle = self._obstacle(NOTHING_FILLED, making, side, wanted, cost, bound)
        return None if obstacle is not None else (wanted, cost)

    def _wanted(
        self, making: Making, sights: Mapping[OutcomeId, Sight], now: Nanos
    ) -> Mapping[OutcomeId, Target | Danger]:
        """What each outcome should be quoted at, or the first check that stands in the way."""
        closed = self._market_danger(making, now)
        if closed is not None:
            return {side.outcome: closed for side in making.sides}
        found = {side.outcome: self._judged(making, side, sights.get(side.outcome), now) for side in making.sides}
        refusing = [wanted for wanted in found.values() if isinstance(wanted, Danger)]
        if len(refusing) == 1 and both_needed(sights.get(side.outcome, _NO_SIGHT).middle for side in making.sides):
            both = Danger("both_outcomes", "all outcomes where a middle is at most 0.10", refusing[0].rule)
            return {o: wanted if isinstance(wanted, Danger) else both for o, wanted in found.items()}
        return found

    def _market_danger(self, making: Making, now: Nanos) -> Danger | None:
        """What keeps us out of a market as a whole."""
        market, terms, settings = making.market, making.terms, self._settings
        held_back = self._stock.held_back(REWARD_MAKER)
        if not making.active:
            return Danger("no_reward", "a reward, and among the markets chosen", "not chosen")
        if market.status is not MarketStatus.OPEN:
            return Danger("market_status", "open", market.status)
        if held_back is not None:
            return Danger("held_back", "no halt and no pause", held_back)
        if (terms.until is not None and now >= terms.until) or (terms.since is not None and now < terms.since):
            return Danger("reward_period", "within the period of the reward", "outside")
        if market.closes is not None and market.closes - now < settings.quiet_before_close:
            limit = f"quiet_before_close {settings.quiet_before_close // 10**9}s"
            return Danger("resolution", limit, f"{max(0, market.closes - now) // 10**9}s")
        if settings.jump_threshold and (moved := making.moves.reach(now)) > 2 * settings.jump_threshold:
            limit = f"jump_threshold {decimal_text(settings.jump_threshold, 4)}"
            return Danger("jump", limit, f"{decimal_text(moved // 2, 4)} within {settings.jump_window // 10**9}s")
        if making.unanswered(now) is not None:
            return Danger("unanswered", "an answer to each order within 2s", "none: what fills could not be hedged")
        if now < making.cooling:
            return Danger("hedge_cooling", "hedges that come about", "cooling down")
        return None

    def _placed(self, making: Making, side: OutcomeSide, seen: Sight) -> tuple[Price, Place] | None:
        terms, grid, settings = making.terms, making.market.grid, self._settings
        if settings.quoting is Quoting.BOUNDARY:
            return boundary_quote(seen, terms, grid)
        fair = self._fair.of(side.outcome, seen)
        if fair is None:
            return None
        held = (self._held(side.outcome) - self._held(making.other(side).outcome)) / CONTRACT
        worth = Worth(fair, held, settings.risk_aversion / _MILLION, settings.informed_share / _MILLION)
        return reservation_quote(seen, terms, grid, worth)

    def _held(self, outcome: OutcomeId) -> int:
        position = self._stock.positions().get(outcome)
        return 0 if position is None else position.size

    def _judged(self, making: Making, side: OutcomeSide, seen: Sight | None, now: Nanos) -> Target | Danger:
        if seen is None:
            return Danger("book", "a book that is known", "unknown")
        yes = side is making.yes
        loss = making.toxicity.markouts.loss(now, yes=yes) - self._settings.markout_allowance
        wanted = self._from_book(making, side, seen, max(0, loss))
        if isinstance(wanted, Danger) and wanted.rule in _NO_PLACE:
            return wanted
        return toxicity(making.toxicity, self._settings, now, yes=yes) or wanted

    def _from_book(self, making: Making, side: OutcomeSide, seen: Sight, loss: int) -> Target | Danger:
        """What the book itself asks for; as it was found before where nothing of it changed."""
        terms, market, size, variation = making.terms, making.market, making.size, making.variation.value
        known = side.judged
        if (
            known is not None
            and known.seen is seen
            and known.terms is terms
            and known.market is market
            and (known.size, known.variation, known.loss) == (size, variation, loss)
        ):
            return known.wanted
        wanted = self._weighed(making, side, seen, loss)
        if self._settings.quoting is Quoting.BOUNDARY:  # a reservation price also follows what is held
            side.judged = Judged(seen, terms, market, size, variation, loss, wanted)
        return wanted

    def _weighed(self, making: Making, side: OutcomeSide, seen: Sight, loss: int) -> Target | Danger:
        placed = self._placed(making, side, seen)
        if placed is None and len(seen.bids) > 1 and seen.asks:
            return Danger("reward_band", "a price that earns", "the reservation price is beyond the largest spread")
        if placed is None:
            return Danger("book", "two bids and an ask", f"{len(seen.bids)} bids, {len(seen.asks)} asks")
        settings = self._settings
        if loss and seen.middle is not None:
            price = lowered(placed[0], Price(loss), seen.middle, making.terms, making.market.grid)
            if price is None:
                limit = f"markout_allowance {decimal_text(settings.markout_allowance, 4)}"
                return Danger("markout", limit, f"fills lose {decimal_text(loss, 4)} more")
            placed = price, Place.LOWER
        least = making.market.min_size
        usual = quote_size(making.terms, least, settings.order_size_multiplier, settings.size_where_all_earn)
        size = usual if making.size is None else max(Size(making.size // CONTRACT * CONTRACT), making.terms.min_size)
        target = Target(placed[0], size, placed[1])
        if target.price >= seen.asks[0].price:
            return Danger("crossing", "below the best ask", decimal_text(target.price, 4))
        return next(dangers(target, seen, making.variation.value, settings), target)

    def _obstacle(
        self, stock: Filled, making: Making, side: OutcomeSide, target: Target, cost: Money, bound: Money
    ) -> Danger | None:
        """What of ours stands in the way of a new quote; what `bound` already is of the room that there is."""
        return self._unwanted(stock, making, side) or self._affordable(making, side, target, cost, bound)

    def _unwanted(self, stock: Filled, making: Making, side: OutcomeSide) -> Danger | None:
        """Whether more of an outcome would stand in the way of what is held of it, or of what is to give that up.

        Nothing is quoted until the venue has what does. A quote for the other outcome goes its way: one that is lost
        would hold it up.
        """
        if bare := stock.bare.get(side.outcome):
            return Danger("unhedged", "what filled is sold, offered or paired", f"{decimal_text(bare, 6)} are not")
        for held in making.sides:
            if (alone := stock.alone.get(held.outcome)) and not making.covered(held):
                text = f"{decimal_text(alone, 6)} are not"
                return Danger("unhedged", "what filled is sold, offered or paired", text)
        return None

    def _affordable(
        self, making: Making, side: OutcomeSide, target: Target, cost: Money, bound: Money
    ) -> Danger | None:
        """Whether a new quote fits beside all else that is ours in this market."""
        other = making.other(side)
        if other.quote is not None and other.quote.price + target.price >= ONE:
            return Danger("own_orders", "no trade with ourselves", "our quote for the other outcome")
        if side.hedge is not None and side.completing and side.hedge.waits:
            return Danger("own_orders", "one bid of ours", "our bid for the same outcome, to pair what filled")
        if other.hedge is not None and other.completing and other.hedge.price + target.price >= ONE:
            return Danger("own_orders", "no trade with ourselves", "our bid for the other outcome, to pair what filled")
        if side.hedge is not None and not side.completing and target.price >= side.hedge.price:
            return Danger("own_orders", "no trade with ourselves", "our sale of the same outcome")
        return exposure(cost, bound, self._settings) or self._too_much_of_a_question(making, side, target, cost)

    def _too_much_of_a_question(self, making: Making, side: OutcomeSide, target: Target, cost: Money) -> Danger | None:
        """Whether all markets of a negRisk question could lose too much together, this quote among them."""
        limit, market = self._settings.max_loss_per_question, making.market
        if limit is None or not market.neg_risk:
            return None
        stakes = stakes_in(market.question, self._related(making), self._stock)
        stakes.append(Stake(market.id, side is making.yes, target.size, cost, open=True))
        if sum(stake.cost for stake in stakes) <= limit:
            return None  # no outcome loses more than all that was paid
        worst = worst_loss(stakes)
        if worst <= limit:
            return None
        return Danger("question_exposure", f"max_loss_per_question ${dollars(limit)}", f"${dollars(worst)} at worst")

    def _kept(self, making: Making, side: OutcomeSide, quote: Own, wanted: Target) -> list[Wish]:
        """A quote that rests stays, unless its price is off or too little of it is left to earn."""
        if quote.leaving:
            return []
        if deviates(quote.price, wanted.price, self._settings.price_deviation_threshold):
            why = f"{wanted.place} is {decimal_text(wanted.price, 4)} now"
        elif quote.left < making.terms.min_size:
            why = f"{decimal_text(quote.left, 6)} left earn nothing"
        elif making.size is not None and quote.left * 10 > wanted.size * 11:
            # Less than a tenth too much is not worth its place in the queue; too little is mended by the next quote.
            why = f"its part of the budget is {decimal_text(wanted.size, 6)} now"
        else:
            return []
        quote.leaving = True
        return [Withdraw(quote.intent, f"quote of {side.outcome}: {why}")]

    def _forget_ended(self, side: OutcomeSide, now: Nanos) -> None:
        """A quote whose plan is over. One that was refused is wanted again after a pause, as a new order."""
        quote = side.quote
        if quote is None or (not quote.over and self._stock.planned(quote.intent)):
            return
        side.quote = None
        if quote.rests or quote.leaving or quote.left < quote.size:
            side.refusals = 0
            return
        side.refusals += 1
        settings = self._settings
        pause = settings.order_retry_delay if side.refusals <= settings.order_retries else settings.hedge_sell.cool_down
        side.again = Nanos(now + pause)

    def _note(self, making: Making, side: OutcomeSide, wanted: Target | Danger, now: Nanos) -> None:
        """Put on record when a check begins to stand in the way, and when it does no more."""
        before, danger = side.danger, wanted if isinstance(wanted, Danger) else None
        if (before and before.rule) == (danger and danger.rule):
            return
        if before is not None:
            lasted = Nanos(now - side.since)
            self.seen.append(QuoteAllowed(making.id, side.outcome, before.rule, lasted, now))
        if danger is not None:
            self.refused[danger.rule] += 1
            self.seen.append(QuoteRefused(making.id, side.outcome, *danger, now))
        side.danger, side.since = danger, now

    def _cost(self, making: Making, target: Target) -> Money:
        fee = maker_fee(making.market.fees, target.price, target.size, Side.BUY)
        return Money(notional_up(target.price, target.size) + max(0, fee))

    def _intent(self, making: Making, side: OutcomeSide, target: Target, cost: Money, desk: DeskView) -> Intent:
        intent = self._wish(making, side, target, cost, desk)
        side.quote = Own(intent.id, target.price, target.size, target.size, since=desk.now)
        self.quotes += 1
        return intent

    def _wish(self, making: Making, side: OutcomeSide, target: Target, cost: Money, desk: DeskView) -> Intent:
        book = desk.book(side.outcome)
        leg = Leg(
            side.outcome,
            making.id,
            Side.BUY,
            target.price,
            target.size,
            target.price,
            TimeInForce.GTC,
            post_only=True,
        )
        return Intent(
            id=desk.next_intent(),
            strategy=REWARD_MAKER,
            kind=QUOTE,
            subject=_subject(side.outcome),
            legs=(leg,),
            cost=cost,
            edge=Money(0),
            max_loss=cost,
            oldest=desk.now if book is None else book.received,
            at=desk.now,
            reason=f"quote at the {target.place}: {decimal_text(target.size, 6)} at {decimal_text(target.price, 4)}",
            plan=PlanKind.POST_ONLY,
            rests=self._settings.quote_rests,
            insists=True,
        )


def _withdrawn(side: OutcomeSide, danger: Danger) -> list[Wish]:
    quote = side.quote
    if quote is None or quote.leaving:
        return []
    quote.leaving = True
    return [Withdraw(quote.intent, f"quote of {side.outcome}: {danger.rule}: {danger.found} against {danger.limit}")]


def _subject(outcome: OutcomeId) -> str:
    return f"{REWARD_MAKER}:quote:{outcome}"
