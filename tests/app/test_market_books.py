"""Which books a desk should know: those of markets that trade, and whatever else it knows."""

import pytest
from msgspec.structs import replace

from dutchbook.app.assembly import Terms, assemble
from dutchbook.app.looking import MemoryRecord
from dutchbook.app.market_books import market_books
from dutchbook.config.load import shipped_settings
from dutchbook.domain.book import Level
from dutchbook.domain.events import BookSnapshot
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.engine.desk import Desk, Opening
from tests.catalogue.makers import NOW, market

TRADING = market("m1")
AWAITS_ITS_RESULT = replace(market("m2"), status=MarketStatus.PAUSED)
PAST_ITS_CLOSE = replace(market("m3"), closes=Nanos(NOW - 1))
PAST_ITS_END = replace(market("m6"), closes=None, settles=Nanos(NOW - 1))
BEFORE_ITS_CLOSE = replace(market("m4"), closes=Nanos(NOW + 1))
OVER = replace(market("m5"), status=MarketStatus.RESOLVED, payout=Price(0))


def desk_of(*markets: Market) -> Desk:
    terms = Terms(opening=Opening(Money(1_000 * DOLLAR), NOW), strategies=())
    return assemble(shipped_settings(), [], list(markets), MemoryRecord(), terms).desk


def test_a_market_that_trades_no_more_has_no_book_to_be_known() -> None:
    desk = desk_of(TRADING, AWAITS_ITS_RESULT, PAST_ITS_CLOSE, PAST_ITS_END, BEFORE_ITS_CLOSE, OVER)
    assert [market.id for market, _ in market_books(desk)] == [TRADING.id, BEFORE_ITS_CLOSE.id]


@pytest.mark.parametrize("market", [AWAITS_ITS_RESULT, PAST_ITS_CLOSE, PAST_ITS_END])
def test_a_book_that_is_known_counts_whatever_its_market_does(market: Market) -> None:
    desk = desk_of(market)
    desk.books.apply(BookSnapshot(market.yes, (), (Level(Price(5_000), Size(10 * CONTRACT)),), NOW))
    assert [view.usable for _, view in market_books(desk)] == [True]
