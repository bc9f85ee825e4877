"""Short ways to say what was booked, for the tests of this room."""

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, IntentId, OrderId
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.portfolio.entries import Claim, FillBooked, Merge, Settlement, Split

RAIN = MarketId("rain")


def yes(market: MarketId = RAIN) -> OutcomeId:
    return OutcomeId(market + "/yes")


def no(market: MarketId = RAIN) -> OutcomeId:
    return OutcomeId(market + "/no")


def claim(outcome: OutcomeId) -> Claim:
    return Claim(outcome, MarketId(outcome.rpartition("/")[0]))


def traded(
    side: Side, outcome: OutcomeId, price: int, size: int, fee: int = 0, *, fill: str = "", order: str = "o"
) -> FillBooked:
    """A trade; one with a name is provisional."""
    market = claim(outcome).market
    return FillBooked(
        Fill(
            order=OrderId(order),
            intent=IntentId("i"),
            outcome=outcome,
            market=market,
            side=side,
            price=Price(price),
            size=Size(size),
            fee=Money(fee),
            at=Nanos(0),
            id=fill,
            provisional=bool(fill),
        )
    )


def bought(outcome: OutcomeId, price: int, size: int, fee: int = 0) -> FillBooked:
    return traded(Side.BUY, outcome, price, size, fee)


def sold(outcome: OutcomeId, price: int, size: int, fee: int = 0) -> FillBooked:
    return traded(Side.SELL, outcome, price, size, fee)


def split(size: int, market: MarketId = RAIN) -> Split:
    return Split(market, yes(market), no(market), Size(size))


def merge(size: int, market: MarketId = RAIN) -> Merge:
    return Merge(market, yes(market), no(market), Size(size))


def settlement(payout: int, market: MarketId = RAIN) -> Settlement:
    return Settlement(market, yes(market), no(market), Price(payout))
