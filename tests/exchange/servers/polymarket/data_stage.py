"""An exchange with two questions, and a seeded tape of orders, for tests of what Polymarket's data servers tell."""

from contextlib import suppress
from random import Random

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, PolymarketFees, PriceGrid, Question
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.listing import Listing, QuestionListing, RewardProgramme
from dutchbook.exchange.matching.messages import NewOrder, Refused
from dutchbook.exchange.rules import POLYMARKET
from dutchbook.exchange.servers.context import ServerContext

START = Nanos(1_780_000_000_000_000_000)
ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
TRADERS = (ALICE, BOB)
ELECTION = QuestionId("who-wins")
RAIN = QuestionId("rain-tomorrow")


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Nanos:
        return self.at

    def pass_(self, nanos: int) -> None:
        self.at = Nanos(self.at + nanos)


def market_id(number: int) -> MarketId:
    return MarketId(f"0x{number:064x}")


def token(number: int, outcome: int) -> OutcomeId:
    return OutcomeId(str(10**76 + 1_000 * number + outcome))


def listing(number: int, question: QuestionId, title: str, *, tick: int = 100, neg_risk: bool = False) -> Listing:
    market = Market(
        id=market_id(number),
        venue=Venue.POLYMARKET,
        question=question,
        title=title,
        yes=token(number, 0),
        no=token(number, 1),
        grid=PriceGrid.uniform(Price(tick)),
        min_size=Size(5 * CONTRACT),
        min_notional=DOLLAR,
        fees=PolymarketFees(rate_ppm=40_000, rebate_ppm=250_000),
        opens=START,
        closes=Nanos(START + 86_400 * SECOND),
        neg_risk=neg_risk,
    )
    return Listing(
        market=market,
        slug=title.lower().replace(" ", "-").replace("?", ""),
        number=str(500_000 + number),
        description=f'It resolves to "Yes" if so: {title}',
        group_title=title if neg_risk else "",
        category="Politics" if neg_risk else "Weather",
        created=START,
        rewards=RewardProgramme(max_spread=Price(450), min_size=Size(50 * CONTRACT), daily_rate=Money(10 * DOLLAR)),
    )


def question(name: QuestionId, number: int, title: str, markets: tuple[MarketId, ...], series: str) -> QuestionListing:
    asked = Question(
        id=name,
        venue=Venue.POLYMARKET,
        title=title,
        markets=markets,
        exclusive=len(markets) > 1,
        exhaustive=len(markets) > 1,
        convertible=len(markets) > 1,
        category="Politics" if len(markets) > 1 else "Weather",
        series=series,
    )
    return QuestionListing(
        question=asked, slug=str(name), number=str(number), description=title, tags=("Sandbox",), created=START
    )


class Stage:
    """The exchange, its clock, its server context, and two accounts with everything they could want."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = Clock()
        self.rng = Random(seed)
        self.exchange = Exchange(POLYMARKET, self.clock, Random(seed))
        self.context = ServerContext(
            venue=Venue.POLYMARKET,
            clock=self.clock,
            switchboard=Switchboard(FaultPlan(), Random(seed), self.clock),
            rng=Random(seed),
            catch_up=self.exchange.advance,
        )
        self.orders = 0

    def open(self) -> None:
        """List the markets and fund the accounts; listeners that shall hear of it must be there already."""
        exchange = self.exchange
        names = ("Arden?", "Bellamy?", "Castro?")
        ids = tuple(market_id(number) for number in range(1, 4))
        exchange.add_question(question(ELECTION, 900, "Who wins the election?", ids, ""))
        for number, name in enumerate(names, 1):
            exchange.add_market(listing(number, ELECTION, name, neg_risk=True))
        exchange.add_question(question(RAIN, 901, "Rain tomorrow?", (market_id(4),), "Daily rain"))
        exchange.add_market(listing(4, RAIN, "Rain tomorrow?", tick=10))
        for account in TRADERS:
            exchange.open_account(account, Money(1_000_000 * DOLLAR))
            for number in range(1, 5):
                exchange.split(account, market_id(number), Size(10_000 * CONTRACT))

    def order(
        self,
        account: str,
        side: Side,
        price: int,
        size: int,
        *,
        number: int = 1,
        outcome: int = 0,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
    ) -> NewOrder:
        """An order that was not sent yet; `size` in contracts."""
        self.orders += 1
        return NewOrder(
            id=f"0x{self.orders:064x}",
            account=account,
            market=market_id(number),
            outcome=token(number, outcome),
            side=side,
            price=Price(price),
            size=Size(size * CONTRACT),
            tif=tif,
            post_only=post_only,
        )

    def some_order(self) -> NewOrder:
        """A random order; about one in three crosses."""
        rng = self.rng
        number = rng.randrange(1, 5)
        tick = 10 if number == 4 else 100
        outcome, side = rng.randrange(2), rng.choice((Side.BUY, Side.SELL))
        high_bid = (side is Side.BUY) == (outcome == 0)
        yes_price = 5_000 + (-1 if high_bid else 1) * tick * rng.randrange(-2, 12)
        price = yes_price if outcome == 0 else ONE - yes_price
        tif = TimeInForce.IOC if rng.randrange(4) == 0 else TimeInForce.GTC
        size = rng.randrange(5, 60)
        return self.order(rng.choice(TRADERS), side, price, size, number=number, outcome=outcome, tif=tif)

    def step(self) -> None:
        """Something happens: an order, a batch of them, cancels of one or many; time passes now and then."""
        rng, exchange = self.rng, self.exchange
        self.clock.pass_(rng.choice((0, 300_000, 2_000_000, 40_000_000)))
        choice = rng.randrange(10)
        account = rng.choice(TRADERS)
        live = [order.new.id for order in exchange.open_orders(account)]
        if choice < 6:
            with suppress(Refused):  # an order that meets nothing, or that would be too small to trade
                exchange.submit(self.some_order())
        elif choice == 6:
            exchange.submit_batch([self.some_order() for _ in range(rng.randrange(2, 6))])
        elif live and choice < 9:
            exchange.cancel(account, rng.choice(live))
        elif live:
            exchange.cancel_many(account, rng.sample(live, min(len(live), rng.randrange(2, 8))))
