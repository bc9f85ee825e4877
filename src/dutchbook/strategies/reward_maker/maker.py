"""The reward maker: rests quotes near the middle of rewarded markets, moves them with the book, gives up what fills.

Woken by each change of a book that it quotes, and by what becomes of its orders. A quote is withdrawn before another
takes its place, so at no moment two of them can fill. What it knows of its own orders it hears from the desk alone.
"""

from collections.abc import Collection, Container, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from dutchbook.domain.events import (
    AccountStated,
    BookLost,
    Event,
    FillMined,
    FillReversed,
    FillSettled,
    GridChanged,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    OperationReported,
    OrderFilled,
    OrderReported,
    RewardsListed,
    TimerFired,
    VenueState,
    VenueStateChanged,
)
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent, Order, OrderId
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import Money, Nanos, Size
from dutchbook.domain.wishes import Wake, Wish, Withdraw
from dutchbook.strategies.names import REWARD_MAKER
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.appointments import Appointments
from dutchbook.strategies.reward_maker.fair import FairValue, Microprice
from dutchbook.strategies.reward_maker.hedger import Hedger
from dutchbook.strategies.reward_maker.making import Making, OutcomeSide, Own
from dutchbook.strategies.reward_maker.observations import MakerFigures, MakerObservation
from dutchbook.strategies.reward_maker.ports import Stock
from dutchbook.strategies.reward_maker.quoted_markets import QuotedMarkets
from dutchbook.strategies.reward_maker.quoter import NOTHING_FILLED, Filled, Quoter
from dutchbook.strategies.reward_maker.quoting import DEEPEST
from dutchbook.strategies.reward_maker.selection import Selection
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings
from dutchbook.strategies.reward_maker.shadows import Levels

SCAN = f"{REWARD_MAKER}:scan"
"""The timer at which markets are chosen anew."""
_LOOK = f"{REWARD_MAKER}:look"
_MILLION = 1_000_000
_NOTHING: tuple[Wish, ...] = ()
_UNSEEN: tuple[MakerObservation, ...] = ()

type _News = OrderReported | OrderFilled | FillMined | FillSettled | FillReversed


class _Foretold(NamedTuple):
    """What follows an order whose end the desk is about to learn of, as it was said then."""

    order: OrderId
    at: Nanos
    intent: Intent | None


class RewardMaker:
    """One for all markets. `shown` says whether our own orders stand in the books that we see: on paper they do not.

    `fair` values outcomes where quotes stand around a reservation price: by their own books if nobody knows better.
    """

    name = REWARD_MAKER

    def __init__(
        self,
        stock: Stock,
        settings: RewardMakerSettings,
        selection: Selection,
        offers: Iterable[RewardOffer] = (),
        *,
        shown: bool,
        fair: FairValue | None = None,
    ) -> None:
        self._stock = stock
        self._settings = settings
        self._shown = shown
        self._markets = QuotedMarkets(stock, settings, selection, offers, shown=shown)
        self._by_outcome = self._markets.by_outcome
        self._due = Appointments()
        self._wakes = Nanos(0)
        """When a wake-up was asked for; 0 if none is on its way."""
        self._begun = False
        self._hedger = Hedger(stock, settings, self.name)
        self._quoter = Quoter(stock, settings, fair or Microprice(), self._markets.related)
        self._seen: list[MakerObservation] = []
        self._fills = 0
        self._withdrawn = 0
        self._behind: list[Making] = []
        """Markets in which something is on its way that was not followed yet: nothing of it waits for that."""
        self._later: list[Making] = []
        """Those of them in which a quote was replaced, and nothing else looked at."""
        self._foretold: _Foretold | None = None

    @property
    def makings(self) -> Collection[Making]:
        """All markets that are quoted, and those in which something is left."""
        return self._markets.all

    def figures(self) -> MakerFigures:
        """What was done so far."""
        quoting = sum(any(side.quote is not None for side in one.sides) for one in self._markets.all)
        return MakerFigures(
            markets=self._markets.active,
            quoting=quoting,
            rewarded=self._markets.rewarded,
            quotes=self._quoter.quotes,
            withdrawn=self._withdrawn,
            fills=self._fills,
            hedges=self._hedger.hedges,
            merges=self._hedger.merges,
            unhedged=Money(sum(self._hedger.unhedged(one) for one in self._markets.all)),
            refused=dict(sorted(self._quoter.refused.items())),
        )

    def outcomes(self) -> Collection[OutcomeId]:
        """Those of all rewarded markets: which of them are quoted changes."""
        return self._markets.outcomes()

    def deep(self) -> Container[OutcomeId]:
        """Every change of what is quoted: the second-best bid moves a quote, and what stands behind it protects it."""
        return self._by_outcome

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Wish]:
        """Move the quotes of these markets, and what is offered of what they bought."""
        if not self._begun:
            return self._begin(desk)
        touched = {making.id: making for outcome in outcomes if (making := self._by_outcome.get(outcome)) is not None}
        if not touched:
            return _NOTHING
        return self._look(touched.values(), desk)

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """Nothing yet: what rests on them is withdrawn by `on_event`, which hears of it next."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
        """Follow rewards, listings, the life of our orders, what settles, and timers of our own."""
        if not self._begun:
            return [*self._begin(desk), *self.on_event(event, desk)]
        match event:
            case TimerFired(name=name):
                return self._timer(name, desk)
            case OrderReported() | OrderFilled() | FillMined() | FillSettled() | FillReversed():
                return self._order_news(event, desk)
            case RewardsListed():
                return self._rewards(event, desk)
            case MarketListed() | MarketStatusChanged() | GridChanged() | MarketResolved():
                return self._relisted(event, desk)
            case AccountStated() | VenueStateChanged():
                return self._venue_news(event, desk)
            case BookLost(outcomes=outcomes):
                return self.books_changed(outcomes, desk)
            case OperationReported():
                return self._look(list(self._markets.all), desk)
            case _:
                return _NOTHING

    def tidy(self, desk: DeskView) -> Sequence[Wish]:
        """Look at the rest of markets in which a quote was replaced; follow what left into the books that we see."""
        if not self._behind:
            return _NOTHING
        later, self._later = self._later, []
        wishes = self._look(later, desk, moved=False)
        behind, self._behind = {making.id: making for making in self._behind}, []
        for making in behind.values():
            if self._shown:
                making.cast(desk.now)
            self._note_due(making, desk.now)
        return [*wishes, *self._wake(desk.now)]

    def likely(self, order: Order, desk: DeskView) -> Intent | None:
        """See `Replaces.likely`."""
        found = self._giving_way(order, desk.now)
        if found is None:
            return None
        making, side, _ = found
        return self._quoter.likely(making, side, desk, self._stock.reserved_for(order.intent, making.id))

    def following(self, order: Order, desk: DeskView) -> Intent | None:
        """See `Replaces.following`."""
        found = self._giving_way(order, desk.now)
        if found is None:
            return None
        making, side, quote = found
        quote.over = True
        freed = self._stock.reserved_for(order.intent, making.id)
        self._foretold = _Foretold(order.id, desk.now, self._quoter.follow(making, side, desk, freed))
        return self._foretold.intent

    def observations(self) -> Sequence[MakerObservation]:
        """What was seen since the last call; given once."""
        if not (self._seen or self._quoter.seen or self._hedger.seen):
            return _UNSEEN
        seen = [*self._seen, *self._quoter.seen, *self._hedger.seen]
        self._seen, self._quoter.seen, self._hedger.seen = [], [], []
        return seen

    def _begin(self, desk: DeskView) -> Sequence[Wish]:
        """A clean start: what an earlier run left at work is withdrawn, then markets are chosen."""
        self._begun = True
        left = [Withdraw(intent.id, "a clean start") for intent in self._stock.at_work(self.name)]
        return [*left, *self._scan(desk)]

    def _timer(self, name: str, desk: DeskView) -> Sequence[Wish]:
        if name == SCAN:
            return self._scan(desk)
        if name != _LOOK or not self._wakes or desk.now < self._wakes:
            return _NOTHING  # one that was asked for before an earlier one came to be due; its turn comes again
        self._wakes = Nanos(0)
        return self._look([self._markets[market] for market in self._due.take(desk.now)], desk)

    def _rewards(self, event: RewardsListed, desk: DeskView) -> Sequence[Wish]:
        """Take new terms over. What is no more, or is another programme, is felt at once; new markets at the scan."""
        wishes = self._look(self._markets.take_over(event), desk)
        return wishes if self._markets.active else [*wishes, *self._choose(desk)]

    def _venue_news(self, event: AccountStated | VenueStateChanged, desk: DeskView) -> Sequence[Wish]:
        there = [making for making in self._markets.all if making.market.venue is event.venue]
        if isinstance(event, VenueStateChanged) and event.state is VenueState.UP:
            for making in there:
                self._hedger.try_again(making)
        return self._look(there, desk)

    def _scan(self, desk: DeskView) -> Sequence[Wish]:
        """Choose markets anew, and see to it that it happens again."""
        wishes = self._choose(desk)
        return [Wake(SCAN, Nanos(desk.now + self._markets.next_scan(desk))), *wishes]

    def _choose(self, desk: DeskView) -> Sequence[Wish]:
        chosen = self._markets.choose(desk)
        if chosen is not None:
            self._seen.append(chosen)
        return self._look(list(self._markets.all), desk)

    def _relisted(
        self, event: MarketListed | MarketStatusChanged | GridChanged | MarketResolved, desk: DeskView
    ) -> Sequence[Wish]:
        market_id = event.market.id if isinstance(event, MarketListed) else event.market
        making, market = self._markets.get(market_id), self._stock.market(market_id)
        if making is None or market is None:
            return _NOTHING
        making.market = market
        return self._look((making,), desk)

    def _order_news(self, event: _News, desk: DeskView) -> Sequence[Wish]:
        """What an order of ours came to: it is what the desk says it is."""
        order = self._stock.order(event.fill.order if isinstance(event, OrderFilled) else event.order)
        making = None if order is None else self._by_outcome.get(order.leg.outcome)
        if order is None or making is None:
            return _NOTHING
        foretold, self._foretold = self._foretold, None
        if foretold is None or (foretold.order, foretold.at) != (order.id, desk.now):
            following = self._follow_news(event, order, making, desk)
        else:
            following = foretold.intent
        if following is None:
            return self._look((making,), desk, moved=False)
        self._behind.append(making)
        self._later.append(making)
        return (following,)

    def _follow_news(self, event: _News, order: Order, making: Making, desk: DeskView) -> Intent | None:
        """Take in how an order stands; what takes its place, if it made room and nothing else has to be looked at."""
        side = making.side(order.leg.outcome)
        if not isinstance(event, OrderReported):
            making.follow_sale(event)
        if isinstance(event, OrderFilled) and side.quote is not None and side.quote.intent == order.intent:
            making.toxicity.filled(event.fill, desk.now, yes=side is making.yes)
        for own in (side.quote, side.hedge):
            if own is not None and own.intent == order.intent:
                self._fills += isinstance(event, OrderFilled)
                own.left = Size(order.leg.size - order.filled - order.taken_back)
                own.over = order.status.final
                own.rests = own.rests or order.status.rests
        quote = side.quote
        if quote is None or not quote.over or not self._makes_room(making, quote, desk.now):
            return None
        return self._quoter.follow(making, side, desk)

    def _makes_room(self, making: Making, quote: Own, now: Nanos) -> bool:
        """Whether a quote was withdrawn whole and nothing else is new: once it is gone, the next need not wait for a
        look."""
        if not (quote.leaving and quote.rests) or quote.left != quote.size:
            return False
        return self._hedger.rests(making) and not making.settles(now)

    def _giving_way(self, order: Order, now: Nanos) -> tuple[Making, OutcomeSide, Own] | None:
        """Where an order is a quote that was withdrawn and makes room as soon as its venue says that it is gone."""
        making = self._by_outcome.get(order.leg.outcome)
        if making is None:
            return None
        side = making.side(order.leg.outcome)
        quote = side.quote
        if quote is None or quote.intent != order.intent or quote.over or not self._makes_room(making, quote, now):
            return None
        return making, side, quote

    def _filled_in(self, making: Making, promised: Money) -> Filled:
        cost = self._hedger.unhedged(making)
        if not cost:
            return Filled(promised, {}, {})
        alone = {side.outcome: self._hedger.alone(making, side) for side in making.sides}
        offered = {side.outcome for side in making.sides if side.hedge is not None and not side.completing}
        return Filled(Money(cost + promised), alone, {o: size for o, size in alone.items() if o not in offered})

    def _look(self, makings: Iterable[Making], desk: DeskView, *, moved: bool = True) -> Sequence[Wish]:
        """All that is due in these markets: hedges first, then quotes; what is withdrawn leaves before all else.

        If not `moved`, their books are as they were at the last look.
        """
        first: list[Wish] = []
        then: list[Wish] = []
        for making in makings:
            wishes = self._look_at(making, desk, moved=moved)
            for wish in wishes:
                (first if isinstance(wish, Withdraw) else then).append(wish)
            if wishes:
                self._behind.append(making)
            else:
                self._note_due(making, desk.now)
        self._withdrawn += len(first)
        return [*first, *then] if self._behind else self._wake(desk.now)

    def _look_at(self, making: Making, desk: DeskView, *, moved: bool) -> list[Wish]:
        if moved or not making.levels:
            making.levels = _levels(making, desk)
        if self._shown:
            making.cast(desk.now)
        sights = making.seen()
        if self._hedger.rests(making):
            return self._quoter.look(making, sights, NOTHING_FILLED, desk)
        wanted = self._hedger.look(making, sights, desk)
        # What the hedger buys now is bound before it is on the desk's books: no quote may use the same room.
        promised = Money(sum(wish.cost for wish in wanted if isinstance(wish, Intent)))
        wanted += self._quoter.look(making, sights, self._filled_in(making, promised), desk)
        return wanted

    def _wake(self, now: Nanos) -> Sequence[Wish]:
        """Be woken for what is due next, unless that is asked for already."""
        soonest = self._due.soonest()
        if soonest is None or (self._wakes and soonest >= self._wakes):
            return _NOTHING
        self._wakes = max(soonest, Nanos(now + 1))
        return (Wake(_LOOK, self._wakes),)

    def _note_due(self, making: Making, now: Nanos) -> None:
        """When this market has to be looked at though nothing happens: a retry, or the end of a pause."""
        times = [making.cooling, making.merging, making.moves.calm_at, making.toxicity.streak.calm_at]
        times.append(making.toxicity.flow.calm_at(self._settings.flow_threshold / _MILLION))
        times += [settles for shadow in making.shadows if (settles := shadow.settles) is not None]
        times += [own.answer_due for own in making.orders() if not own.rests]
        hedging = self._settings.hedge_sell
        for side in making.sides:
            times += (side.again, side.hedge_again)
            if side.held_since:
                times.append(Nanos(side.held_since + hedging.patience))
            if side.bare_since:
                times.append(Nanos(side.bare_since + hedging.uncovered))
        to_come = [at for at in times if at > now]
        self._due.set(making.id, min(to_come) if to_come else None)


def _levels(making: Making, desk: DeskView) -> dict[OutcomeId, Levels]:
    """Both books of a market; one that is not known is not there."""
    levels = {}
    for side in making.sides:
        book = desk.book(side.outcome)
        if book is not None and book.usable:
            levels[side.outcome] = Levels(list(islice(book.bids(), DEEPEST)), list(islice(book.asks(), DEEPEST)))
    return levels
