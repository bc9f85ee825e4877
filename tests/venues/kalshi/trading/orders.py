"""Orders as tests of Kalshi's trading have them; nothing here needs captures."""

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, kalshi_yes
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.units import CONTRACT, Price, Size
from tests.exchange.servers.kalshi.venue import START
from tests.venues.kalshi.trading.venue_words import AT, VenueOrder

NAME, VENUE_NAME, TICKER = "run-i1-1", "o-1", "KXA-1"
RESTING = VenueOrder(VENUE_NAME, NAME, TICKER, True, 40, 300)


def planned(wanted: Leg, name: str = NAME) -> Order:
    """An order that was not sent yet."""
    return Order(id=OrderId(name), intent=IntentId("i1"), leg=wanted, created=START)


def sent(status: OrderStatus = OrderStatus.SENDING, tif: TimeInForce = TimeInForce.GTC, name: str = NAME) -> Order:
    """An order for three contracts that its venue knows by its name."""
    leg = Leg(kalshi_yes(TICKER), MarketId(TICKER), Side.BUY, Price(4_000), Size(3 * CONTRACT), Price(4_000), tif)
    return Order(id=OrderId(name), intent=IntentId("i1"), leg=leg, venue_id=name, status=status, created=AT)
