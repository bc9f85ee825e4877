"""A market, its books and a paper exchange on them, for tests."""

from collections.abc import Mapping
from random import Random

from dutchbook.domain.book import Book, BookView, Level, MirroredBook, Side
from dutchbook.domain.events import (
    BookEvent,
    BookSnapshot,
    LevelAdded,
    LevelSet,
    LevelsSet,
    MarketEvent,
    OrderFilled,
    OrderReported,
)
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import FeeSchedule, Market, NoFees, PolymarketFees, PriceGrid
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Nanos, Price, Size
from dutchbook.exchange.paper.fill_model import PaperExchange
from dutchbook.exchange.paper.settings import PaperSettings

YES, NO = OutcomeId("71"), OutcomeId("72")
FEES = PolymarketFees(rate_ppm=50_000)


def market(fees: FeeSchedule = FEES, min_notional: Money = DOLLAR) -> Market:
    return Market(
        id=MarketId("0xm"),
        venue=Venue.POLYMARKET,
        question=QuestionId("q"),
        title="A market",
        yes=YES,
        no=NO,
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5 * CONTRACT),
        min_notional=min_notional,
        fees=fees,
    )


def kalshi_market() -> Market:
    return Market(
        id=MarketId("KX"),
        venue=Venue.KALSHI,
        question=QuestionId("K"),
        title="A market",
        yes=OutcomeId("KX/yes"),
        no=OutcomeId("KX/no"),
        grid=PriceGrid.uniform(Price(100)),
        min_size=CONTRACT,
        fees=NoFees(),
        closes=Nanos(10**12),
    )


class Views:
    """Books by outcome, fed by events as the desk would feed them."""

    def __init__(self) -> None:
        self.views: dict[OutcomeId, BookView] = {}
        self.books: dict[OutcomeId, Book] = {}

    def view(self, outcome: OutcomeId) -> BookView | None:
        return self.views.get(outcome)

    def add(self, outcome: OutcomeId) -> Book:
        book = Book(outcome)
        self.books[outcome] = self.views[outcome] = book
        return book

    def mirror(self, outcome: OutcomeId, of: OutcomeId) -> None:
        self.views[outcome] = MirroredBook(outcome, self.books[of])

    def apply(self, event: BookEvent) -> None:
        match event:
            case BookSnapshot(outcome=outcome, bids=bids, asks=asks, received=received):
                self.books[outcome].replace(bids, asks, received)
            case LevelsSet(changes=changes):
                for change in changes:
                    self.books[change.outcome].set_level(change.side, change.price, change.size)
            case LevelAdded(outcome=outcome, side=side, price=price, delta=delta):
                self.books[outcome].add(side, price, delta)
            case _:
                pass


class Stage:
    """One Polymarket market with mirrored books in whole cents and contracts, and a paper exchange."""

    def __init__(self, of: Market | None = None, settings: PaperSettings | None = None) -> None:
        self.market = of or market()
        self.views = Views()
        self.views.add(YES)
        self.views.add(NO)
        self.exchange = PaperExchange(self.views, settings or PaperSettings(), Random(1))
        self.now = Nanos(1_000)
        self._sent = 0

    def show(self, bids: Mapping[int, int], asks: Mapping[int, int]) -> list[OrderReported | OrderFilled]:
        """Snapshots of both tokens; cents to contracts, in terms of YES."""
        answers = self.see(BookSnapshot(YES, _levels(bids), _levels(asks), self.now))
        mirrored = _levels({100 - cents: size for cents, size in asks.items()})
        return answers + self.see(
            BookSnapshot(NO, mirrored, _levels({100 - cents: size for cents, size in bids.items()}), self.now)
        )

    def level(self, side: Side, cents: int, contracts: int) -> list[OrderReported | OrderFilled]:
        """A new total at one level of YES, told for both tokens as the venue does."""
        size = Size(contracts * CONTRACT)
        yes = LevelSet(YES, side, Price(cents * 100), size)
        no = LevelSet(NO, side.opposite, Price(ONE - cents * 100), size)
        return self.see(LevelsSet((yes, no), self.now))

    def see(self, event: MarketEvent) -> list[OrderReported | OrderFilled]:
        if isinstance(event, BookSnapshot | LevelsSet | LevelAdded):
            self.views.apply(event)
        return list(self.exchange.observe(event))

    def order(
        self,
        cents: int,
        contracts: float,
        *,
        side: Side = Side.BUY,
        outcome: OutcomeId = YES,
        tif: TimeInForce = TimeInForce.FOK,
    ) -> Order:
        self._sent += 1
        price = Price(cents * 100)
        leg = Leg(outcome, self.market.id, side, price, Size(round(contracts * CONTRACT)), price, tif)
        order = Order(id=OrderId(f"o{self._sent}"), intent=IntentId("i"), leg=leg, created=self.now)
        return order.after(Report.SENT)

    def trade(
        self,
        cents: int,
        contracts: float,
        *,
        side: Side = Side.BUY,
        outcome: OutcomeId = YES,
        tif: TimeInForce = TimeInForce.FOK,
    ) -> list[OrderReported | OrderFilled]:
        """Send an order and let it arrive before anything changes."""
        order = self.order(cents, contracts, side=side, outcome=outcome, tif=tif)
        at = self.exchange.submit(order, self.market, self.now)
        return self.exchange.arrive(order.id, at)


def fills(answers: list[OrderReported | OrderFilled]) -> list[tuple[int, int]]:
    """Price in cents and contracts of each fill."""
    return [(a.fill.price // 100, a.fill.size // CONTRACT) for a in answers if isinstance(a, OrderFilled)]


def report(answers: list[OrderReported | OrderFilled]) -> tuple[Report, str]:
    """The last report among answers."""
    last = [a for a in answers if isinstance(a, OrderReported)][-1]
    return last.report, last.detail


def _levels(levels: Mapping[int, int]) -> tuple[Level, ...]:
    return tuple(Level(Price(cents * 100), Size(contracts * CONTRACT)) for cents, contracts in levels.items())
