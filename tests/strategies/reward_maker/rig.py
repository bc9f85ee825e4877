"""A reward maker before a venue that does what it is asked: accepts, cancels, and fills what a test says."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from dutchbook.catalogue.reward_filters import Unfit
from dutchbook.catalogue.rewards import Assessment, Choice
from dutchbook.domain.book import Side
from dutchbook.domain.events import (
    Event,
    FillMined,
    FillReversed,
    OrderFilled,
    OrderReported,
    RewardsListed,
    TimerFired,
)
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, Intent, IntentId, Order, OrderId, OrderStatus, Report
from dutchbook.domain.rewards import RewardOffer, RewardTerms
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size, notional_up
from dutchbook.domain.wishes import MergePair, Wake, Wish, Withdraw
from dutchbook.portfolio.entries import Adopted, Deposit, FillBooked, FillUndone
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.maker import RewardMaker
from dutchbook.strategies.reward_maker.making import Own
from dutchbook.strategies.reward_maker.observations import MakerObservation
from dutchbook.strategies.reward_maker.selection import RestingOf
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings
from tests.catalogue.makers import market
from tests.execution.fills import fill_of
from tests.strategies.desk import PaperDesk, Quotes
from tests.strategies.reward_maker.books import terms

DEEP: tuple[Quotes, Quotes] = (
    [(0.46, 100), (0.45, 100), (0.44, 80), (0.43, 80)],
    [(0.48, 100), (0.49, 100), (0.50, 80), (0.51, 80)],
)
"""Quoted at 0.45 for YES, and at 0.51 for NO."""


class MostPaid:
    """Chooses what pays most, without any filter."""

    def __init__(self, most: int) -> None:
        self._most = most

    def choose(self, offers: Mapping[MarketId, RewardOffer], resting: RestingOf, desk: DeskView) -> Choice:  # noqa: ARG002
        ranked = sorted(offers.values(), key=lambda offer: (-offer.terms.daily, offer.terms.market))
        found = [Assessment(market=offer.terms.market, unfit=()) for offer in ranked]
        left = tuple(replace(one, unfit=(Unfit("rank", "", ""),)) for one in found[self._most :])
        return Choice(tuple(found[: self._most]), (), left)


class Rig:
    """One maker, its desk, and a venue. `shown`: whether our orders stand in the books; a test puts them there."""

    def __init__(self, *names: str, shown: bool = False, most: int = 10, facts: Any = None, **settings: Any) -> None:
        plain = {"patience": "0s", "completing": "never"} | settings.pop("hedge_sell", {})
        self.settings = RewardMakerSettings.model_validate({"hedge_sell": plain, "volatility_check": False} | settings)
        listed = [market(name, min_size=Size(5 * CONTRACT), **(facts or {})) for name in names or ("a",)]
        self.markets = {one.id: one for one in listed}
        self.desk = PaperDesk(listed)
        self.ledger = Ledger()
        self.ledger.apply(Deposit(Money(1_000 * DOLLAR)))
        self.orders: dict[OrderId, Order] = {}
        self.plans: dict[IntentId, Intent] = {}
        self.unsettled: dict[OutcomeId, int] = {}
        self.sets: list[CompleteSet] = []
        self.wakes: list[Wake] = []
        self.merges: list[MergePair] = []
        self.log: list[Wish] = []
        self.stopped: str | None = None
        self.refuses = False
        """Whether the venue refuses every order."""
        self.foretold: list[Intent] | None = None
        """Where it is a list, the maker is asked what follows each cancelled quote before it hears of it."""
        self.silent = False
        """Whether it says nothing of new orders, which it may have or not."""
        self._fills = 0
        self._last: Fill | None = None
        self.maker = RewardMaker(
            self,
            self.settings,
            MostPaid(most),
            [RewardOffer(terms=terms(market=name)) for name in self.markets],
            shown=shown,
        )

    # What the maker reads.

    def positions(self) -> Mapping[OutcomeId, Position]:
        return self.ledger.positions

    def complete_sets(self) -> Sequence[CompleteSet]:
        return self.sets

    def sellable(self, outcome: OutcomeId) -> Size:
        selling = sum(
            order.remaining
            for order in self.orders.values()
            if order.leg.outcome == outcome and order.leg.side is Side.SELL
        )
        return Size(max(0, self.ledger.held(outcome) - self.unsettled.get(outcome, 0) - selling))

    def reserved(self, market: MarketId) -> Money:
        open_ = (o for o in self.orders.values() if o.leg.market == market and o.leg.side is Side.BUY)
        return Money(sum(notional_up(order.leg.limit, order.remaining) for order in open_))

    def reserved_for(self, intent: IntentId, market: MarketId) -> Money:
        open_ = (o for o in self.orders.values() if (o.intent, o.leg.market, o.leg.side) == (intent, market, Side.BUY))
        return Money(sum(notional_up(order.leg.limit, order.remaining) for order in open_))

    def market(self, market: MarketId) -> Market | None:
        return self.markets.get(market)

    def order(self, order: OrderId) -> Order | None:
        return self.orders.get(order)

    def at_work(self, strategy: str) -> Sequence[Intent]:
        return [intent for intent in self.plans.values() if intent.strategy == strategy]

    def planned(self, intent: IntentId) -> bool:
        return intent in self.plans

    def held_back(self, strategy: str) -> str | None:  # noqa: ARG002
        return self.stopped

    # What happens to it.

    def quote(self, bids: Quotes = DEEP[0], asks: Quotes = DEEP[1], name: str = "a") -> list[Wish]:
        """A book changes in one instant."""
        outcomes = self.desk.quote_market(self.markets[MarketId(name)], bids, asks)
        return self._serve(self.maker.books_changed(outcomes, self.desk))

    def tell(self, event: Event) -> list[Wish]:
        return self._serve(self.maker.on_event(event, self.desk))

    def reward(self, *offered: RewardTerms) -> list[Wish]:
        """These, and no others, are rewarded from now on."""
        offers = tuple(RewardOffer(terms=one) for one in offered)
        return self.tell(RewardsListed(Venue.POLYMARKET, offers, self.desk.now))

    def fill(self, order: Order, contracts: float | None = None, *, provisional: bool = False) -> list[Wish]:
        """Part or all of an order trades at its limit."""
        order = self.orders[order.id]
        size = order.remaining if contracts is None else Size(round(contracts * CONTRACT))
        self._fills += 1
        fill = fill_of(order, size, self.desk.now, f"t{self._fills}", provisional=provisional)
        self._last = fill
        self.ledger.apply(FillBooked(fill))
        self.orders[order.id] = order.after_fill(size)
        if provisional:
            self.unsettled[fill.outcome] = self.unsettled.get(fill.outcome, 0) + size
        elif self.orders[order.id].status.final:
            self.plans.pop(order.intent, None)
        return self.tell(OrderFilled(fill, self.desk.now))

    def mine(self, order: Order) -> list[Wish]:
        """What an order bought stands in a block."""
        self.unsettled.pop(order.leg.outcome, None)
        return self.tell(FillMined(order.id, f"t{self._fills}", self.desk.now))

    def answer(self, order: Order, report: Report) -> list[Wish]:
        """What the venue says of an order in the end."""
        return self._serve(self.maker.on_event(self._report(order.id, report), self.desk))

    def take_back(self, order: Order) -> list[Wish]:
        """The settlement of the last fill, of that order, fails: it never happened."""
        fill = self._last
        assert fill is not None
        assert fill.order == order.id
        self.ledger.apply(FillUndone(fill))
        self.unsettled.pop(fill.outcome, None)
        self.orders[order.id] = self.orders[order.id].after_reversal(fill.size)
        self.plans.pop(order.intent, None)
        return self.tell(FillReversed(order.id, fill.id, self.desk.now))

    def find(self, outcome: OutcomeId, contracts: int, cents: int) -> None:
        """Contracts that nobody knows the reason of."""
        home = next(one for one in self.markets.values() if outcome in (one.yes, one.no))
        cost = Money(contracts * cents * 10_000)
        self.ledger.apply(Adopted(outcome, home.id, contracts * CONTRACT, cost, "found"))

    def pass_time(self, seconds: float) -> list[Wish]:
        """Time passes, and wake-ups that were asked for come, in order."""
        until = Nanos(self.desk.now + round(seconds * 1_000_000_000))
        served: list[Wish] = []
        while due := [wake for wake in self.wakes if wake.at <= until]:
            first = min(due, key=lambda wake: wake.at)
            self.wakes.remove(first)
            self.desk.now = max(self.desk.now, first.at)
            served += self.tell(TimerFired(first.name, self.desk.now))
        self.desk.now = until
        return served

    # What a test looks at.

    @property
    def resting(self) -> list[Order]:
        """Orders of ours that may trade."""
        return [order for order in self.orders.values() if order.remaining]

    def one(self, side: Side, outcome: str) -> Order:
        """The only order of ours at work on that side of an outcome."""
        [found] = [order for order in self.resting if (order.leg.side, order.leg.outcome) == (side, outcome)]
        return found

    def prices(self) -> dict[str, Price]:
        """Where we bid."""
        return {order.leg.outcome: order.leg.limit for order in self.resting if order.leg.side is Side.BUY}

    def seen(self) -> list[MakerObservation]:
        return list(self.maker.observations())

    def _serve(self, wishes: Sequence[Wish]) -> list[Wish]:
        """Do what is wished for, tell of it afterwards, and so on until nothing follows any more."""
        served: list[Wish] = []
        reports = self._carry_out(wishes, served)
        while reports:
            order, report = reports.pop(0)
            foretold = self._foretell(self.orders[order]) if report is Report.CANCELLED else None
            following = self.maker.on_event(self._report(order, report), self.desk)
            assert foretold is None or list(following) == [foretold]
            reports += self._carry_out(following, served)
        return served

    def _foretell(self, order: Order) -> Intent | None:
        if self.foretold is None or order.status is not OrderStatus.OPEN or order.filled:
            return None
        before = resting_of(self.maker)
        likely = self.maker.likely(order, self.desk)
        assert resting_of(self.maker) == before
        following = self.maker.following(order, self.desk)
        assert (likely is None) == (following is None)
        if likely is not None and following is not None:
            assert likely.legs == following.legs
            self.foretold.append(following)
        return following

    def _carry_out(self, wishes: Sequence[Wish], served: list[Wish]) -> list[tuple[OrderId, Report]]:
        """Do what is wished for, then what was put off until that was done."""
        reports = self._do(wishes)
        later = self.maker.tidy(self.desk)
        served += [*wishes, *later]
        return reports + self._do(later)

    def _do(self, wishes: Sequence[Wish]) -> list[tuple[OrderId, Report]]:
        """Take wishes on, as a desk does before anything else happens; what the venue will say."""
        self.log += wishes
        reports: list[tuple[OrderId, Report]] = []
        for wish in wishes:
            match wish:
                case Wake():
                    self.wakes.append(wish)
                case MergePair():
                    self.merges.append(wish)
                case Withdraw(intent=intent):
                    mine = [order.id for order in self.resting if order.intent == intent]
                    reports += [(order, Report.CANCELLED) for order in mine]
                    if not mine:
                        self.plans.pop(intent, None)
                case _:
                    placed = self._place(wish)
                    reports += [] if self.silent else [placed]
        return reports

    def _place(self, intent: Intent) -> tuple[OrderId, Report]:
        [leg] = intent.legs
        order = Order(id=OrderId(f"{intent.id}-1"), intent=intent.id, leg=leg, created=self.desk.now)
        self.orders[order.id] = order.after(Report.SENT)
        self.plans[intent.id] = intent
        return order.id, Report.REJECTED if self.refuses else Report.ACCEPTED

    def _report(self, order: OrderId, report: Report) -> OrderReported:
        self.orders[order] = self.orders[order].after(report)
        if self.orders[order].status.final:
            self.plans.pop(self.orders[order].intent, None)
        return OrderReported(order, report, self.desk.now)


def resting_of(maker: RewardMaker) -> list[tuple[Own | None, Own | None]]:
    """What the maker knows of its own orders."""
    return [(side.quote, side.hedge) for making in maker.makings for side in making.sides]
