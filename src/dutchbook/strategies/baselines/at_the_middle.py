"""Quotes both outcomes of rewarded markets right beside the middle: most of the reward, and all of the flow.

It neither hedges nor checks anything: what filled is held until the other outcome fills too, and both are merged.
"""

from collections.abc import Collection, Container, Iterable, Sequence

from dutchbook.domain.book import BookView, Side
from dutchbook.domain.events import (
    AccountStated,
    Event,
    MarketStatusChanged,
    OperationReported,
    OrderFilled,
    OrderReported,
    RewardsListed,
)
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market, MarketStatus, PriceGrid
from dutchbook.domain.orders import Intent, IntentId, Leg, PlanKind, TimeInForce
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos, Price, Size, notional_up
from dutchbook.domain.wishes import MergePair, Wish, Withdraw
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.reward_maker.ports import Stock

NAME = "at-the-middle"
MOST = Money(25 * DOLLAR)
"""The most that is at stake in one market."""
_MARKETS = 10
"""So many markets with the largest rewards that one can afford."""
_CHANGES = (OrderFilled, OrderReported, OperationReported, MarketStatusChanged, AccountStated)
"""What may let it quote again. Nothing is taken before the first statement of the account."""
_PAUSE = Nanos(SECOND)
"""Between a quote that ended by itself and the next."""


class _Quote:
    """One outcome's quote: its intent, its price, and whether it is to go."""

    __slots__ = ("again", "intent", "leaving", "price")

    def __init__(self) -> None:
        self.intent: IntentId | None = None
        self.price = Price(0)
        self.leaving = False
        self.again = Nanos(0)


class AtTheMiddle:
    """One for all markets."""

    name = NAME

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._terms: dict[MarketId, RewardTerms] = {}
        self._quotes: dict[OutcomeId, _Quote] = {}
        self._markets: dict[OutcomeId, Market] = {}

    def outcomes(self) -> Collection[OutcomeId]:
        """Those of the markets that it quotes."""
        return self._quotes.keys()

    def deep(self) -> Container[OutcomeId]:
        """None: the best prices make the middle."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Wish]:
        """Move what is not beside the middle any more."""
        touched = {market.id: market for o in outcomes if (market := self._markets.get(o)) is not None}
        return self._look(touched.values(), desk)

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """It would not notice."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
        """Rewards, the life of its orders, and what became of its merges."""
        if isinstance(event, RewardsListed):
            self._choose(event)
        elif not isinstance(event, _CHANGES):
            return ()
        return self._look({market.id: market for market in self._markets.values()}.values(), desk)

    def _choose(self, event: RewardsListed) -> None:
        """The largest rewards among those whose least size can be had on both sides for the money; chosen once."""
        if self._terms:
            return
        offered = sorted((offer.terms for offer in event.offers), key=lambda terms: (-terms.daily, terms.market))
        for terms in [each for each in offered if each.sides is None and each.min_size < MOST]:
            market = self._stock.market(terms.market)
            if market is not None and len(self._terms) < _MARKETS:
                self._terms[market.id] = terms
                for outcome in (market.yes, market.no):
                    self._markets[outcome], self._quotes[outcome] = market, _Quote()

    def _look(self, markets: Iterable[Market], desk: DeskView) -> list[Wish]:
        wishes: list[Wish] = []
        for each in markets:
            market = self._stock.market(each.id)
            if market is None:
                continue
            pairs = min(self._stock.sellable(market.yes), self._stock.sellable(market.no))
            if pairs:
                wishes.append(MergePair(market.id, Size(pairs), "both outcomes are held"))
            stake = self._at_stake(market)
            for outcome in (market.yes, market.no):
                for wish in self._of(outcome, market, stake, desk):
                    wishes.append(wish)
                    stake += wish.cost if isinstance(wish, Intent) else 0
        return wishes

    def _of(self, outcome: OutcomeId, market: Market, stake: int, desk: DeskView) -> list[Wish]:
        quote, book = self._quotes[outcome], desk.book(outcome)
        if quote.intent is not None and not desk.busy(_subject(outcome)):
            quote.intent, quote.leaving, quote.again = None, False, Nanos(desk.now + _PAUSE)
        usable = book is not None and book.usable and market.status is MarketStatus.OPEN
        price = _beside_the_middle(book, market.grid, own=quote.price) if usable and book is not None else None
        if quote.intent is not None:
            if quote.leaving or price == quote.price:
                return []
            quote.leaving = True
            return [Withdraw(quote.intent, "the middle moved")]
        if price is None or desk.now < quote.again or self._stock.held_back(NAME) is not None:
            return []
        size = max(self._terms[market.id].min_size, market.min_size)
        cost = notional_up(price, size)
        if stake + cost > MOST:
            return []
        intent = _intent(outcome, market, price, size, cost, desk)
        quote.intent, quote.price = intent.id, price
        return [intent]

    def _at_stake(self, market: Market) -> int:
        """What quotes may still spend, and the cost of what is held and not paired."""
        held = [self._stock.positions().get(outcome) for outcome in (market.yes, market.no)]
        pairs = min(0 if each is None else each.size for each in held)
        unpaired = sum(each.cost * (each.size - pairs) // each.size for each in held if each is not None and each.size)
        return self._stock.reserved(market.id) + unpaired


def _beside_the_middle(book: BookView, grid: PriceGrid, own: Price) -> Price | None:
    """The highest price of the grid below the middle; None where there is none. Our own quote stands in the book.

    A quote that is the best bid alone would move the middle up to itself: it stays while it is below the middle.
    """
    bid, ask = book.best_bid, book.best_ask
    if bid is None or ask is None:
        return None
    middle = bid + ask
    if own == bid and 2 * own < middle:
        return own
    return grid.below(Price((middle - 1) // 2))


def _subject(outcome: OutcomeId) -> str:
    return f"{NAME}:{outcome}"


def _intent(outcome: OutcomeId, market: Market, price: Price, size: Size, cost: Money, desk: DeskView) -> Intent:
    leg = Leg(outcome, market.id, Side.BUY, price, size, price, TimeInForce.GTC, post_only=True)
    return Intent(
        id=desk.next_intent(),
        strategy=NAME,
        kind="quote",
        subject=_subject(outcome),
        legs=(leg,),
        cost=cost,
        edge=Money(0),
        max_loss=cost,
        oldest=desk.now,
        at=desk.now,
        reason="right below the middle",
        plan=PlanKind.POST_ONLY,
        rests=Nanos(3_600 * SECOND),
    )
