"""A desk as risk sees it, on the real ledger and exposure, with books and switches that a test can set."""

from collections.abc import Mapping, Sequence

from dutchbook.domain.book import Book, BookView, Level, Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, OrderId, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.portfolio.entries import Deposit, FillBooked
from dutchbook.portfolio.exposure import Exposure
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.valuation import LastBids
from dutchbook.portfolio.venue_cash import VenueCash
from dutchbook.risk.drawdown import Drawdown, DrawdownState
from dutchbook.risk.ports import Block
from dutchbook.risk.settings import RiskSettings

NOW = Nanos(1_780_000_000 * SECOND)
RAIN, SUN, WIND = (MarketId(name) for name in ("rain", "sun", "wind"))
DEFAULTS = RiskSettings()


def yes(market: MarketId) -> OutcomeId:
    return OutcomeId(market + "/yes")


def no(market: MarketId) -> OutcomeId:
    return OutcomeId(market + "/no")


def market_named(name: MarketId, venue: Venue = Venue.POLYMARKET) -> Market:
    return Market(
        id=name,
        venue=venue,
        question=QuestionId("weather"),
        title=name,
        yes=yes(name),
        no=no(name),
        grid=PriceGrid.uniform(Price(100)),
        min_size=CONTRACT,
        fees=NoFees(),
    )


class TestDesk:
    """Fits `RiskView`: a bankroll of 1,000 dollars, books at .49 bid and .50 asked for everything."""

    __test__ = False

    def __init__(self, settings: RiskSettings = DEFAULTS, bankroll: int = 1_000 * DOLLAR) -> None:
        self.now = NOW
        self.markets = {name: market_named(name) for name in (RAIN, WIND)} | {SUN: market_named(SUN, Venue.KALSHI)}
        self.books: dict[OutcomeId, Book] = {}
        self.unsettled: dict[OutcomeId, Size] = {}
        self.venue_cash_ = VenueCash(lambda name: self.markets[name].venue)
        self.ledger = Ledger(self.venue_cash_.booked)
        self.ledger.apply(Deposit(Money(bankroll)))
        self.exposure = Exposure(
            self.ledger, lambda name: self.markets[name].venue, lambda *_: Money(0), self.unsettled_of
        )
        self.drawdown = Drawdown(settings, DrawdownState.start(Money(bankroll), self.now))
        self.marks = LastBids(self)
        self.halt: str | None = None
        self.blocks: dict[OutcomeId, Block] = {}
        self.last_frame = self.now
        for name in self.markets:
            self.quote(yes(name), 4_900, 5_000)
            self.quote(no(name), 4_900, 5_000)

    def quote(self, outcome: OutcomeId, bid: int, ask: int, contracts: int = 100_000) -> None:
        size = Size(contracts * CONTRACT)
        book = self.books.setdefault(outcome, Book(outcome))
        book.replace([Level(Price(bid), size)], [Level(Price(ask), size)], self.now)

    def hold(self, outcome: OutcomeId, contracts: int, price: int = 5_000) -> None:
        market = MarketId(outcome.rpartition("/")[0])
        fill = Fill(
            order=OrderId("before"),
            intent=IntentId("before"),
            outcome=outcome,
            market=market,
            side=Side.BUY,
            price=Price(price),
            size=Size(contracts * CONTRACT),
            fee=Money(0),
            at=self.now,
        )
        self.ledger.apply(FillBooked(fill))

    @property
    def bankroll(self) -> Money:
        return self.drawdown.bankroll

    def equity(self) -> Money:
        return self.ledger.equity(self.marks)

    def unpriced(self) -> Sequence[OutcomeId]:
        return self.ledger.valuation(self.marks).unpriced

    def high_water(self) -> Money:
        return self.drawdown.high_water

    def equity_at_day_start(self) -> Money:
        return self.drawdown.equity_at_day_start

    def market(self, market: MarketId) -> Market | None:
        return self.markets.get(market)

    def view(self, outcome: OutcomeId) -> BookView | None:
        return self.books.get(outcome)

    def book(self, outcome: OutcomeId) -> BookView | None:
        return self.books.get(outcome)

    def known_at(self, outcome: OutcomeId) -> Nanos | None:
        book = self.books.get(outcome)
        return max(book.received, self.last_frame) if book and book.usable else None

    def needed(self, intent: Intent) -> Mapping[MarketId, Money]:
        return self.exposure.needed(intent)

    def market_exposure(self, market: MarketId) -> Money:
        return self.exposure.market(market)

    def venue_exposure(self, venue: Venue) -> Money:
        return self.exposure.venue(venue)

    def deployed(self) -> Money:
        return self.exposure.deployed()

    def free_cash(self) -> Money:
        return self.exposure.free_cash()

    def venue_cash(self, venue: Venue) -> Money | None:
        cash = self.venue_cash_.at(venue)
        return None if cash is None else Money(cash - self.exposure.reserved_at(venue))

    def worst_loss(self) -> Money:
        return self.exposure.worst_loss()

    def held(self, outcome: OutcomeId) -> Size:
        return self.ledger.held(outcome)

    def unsettled_of(self, outcome: OutcomeId) -> Size:
        return self.unsettled.get(outcome, Size(0))

    def settled(self, outcome: OutcomeId) -> Size:
        return self.exposure.settled(outcome)

    def blocked(self, leg: Leg) -> Block | None:
        return self.blocks.get(leg.outcome)

    def incoming(self, outcome: OutcomeId) -> Size:
        return self.exposure.incoming(outcome)

    def outgoing(self, outcome: OutcomeId) -> Size:
        return self.exposure.outgoing(outcome)

    def in_flight(self, intent: IntentId) -> bool:
        return self.exposure.in_flight(intent)

    def halted(self) -> str | None:
        return self.halt

    def paused_by(self, strategy: str) -> str | None:  # noqa: ARG002 - nobody pauses here
        return None

    def paused(self) -> str | None:
        return self.drawdown.paused(self.now)


def leg(side: Side, outcome: OutcomeId, contracts: int, limit: int | None = None, expected: int | None = None) -> Leg:
    price = limit if limit is not None else 5_000 if side is Side.BUY else 4_900
    return Leg(
        outcome,
        MarketId(outcome.rpartition("/")[0]),
        side,
        Price(price),
        Size(contracts * CONTRACT),
        Price(price if expected is None else expected),
        TimeInForce.FOK,
    )


def buy(outcome: OutcomeId, contracts: int, limit: int | None = None, expected: int | None = None) -> Leg:
    return leg(Side.BUY, outcome, contracts, limit, expected)


def sell(outcome: OutcomeId, contracts: int, limit: int | None = None, expected: int | None = None) -> Leg:
    return leg(Side.SELL, outcome, contracts, limit, expected)


def intent(*legs: Leg, name: str = "i1", max_loss: int = 0, at: Nanos = NOW, oldest: Nanos = NOW) -> Intent:
    return Intent(
        id=IntentId(name),
        strategy="test",
        kind="test",
        subject="test",
        legs=legs,
        cost=Money(0),
        edge=Money(0),
        max_loss=Money(max_loss),
        oldest=oldest,
        at=at,
        reason="test",
    )
