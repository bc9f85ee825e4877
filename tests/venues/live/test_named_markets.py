"""A market asked for by its id is the one that the list shows."""

import pytest

from dutchbook.domain.errors import VenueRefused
from dutchbook.domain.identity import MarketId
from dutchbook.venues.kalshi.discovery import KalshiWanted
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.polymarket.discovery import PolymarketWanted
from dutchbook.venues.polymarket.live import LivePolymarket
from tests.exchange.servers.kalshi import venue as kalshi_venue
from tests.exchange.servers.polymarket import data_stage
from tests.venues.live.desk_side import session, surroundings
from tests.venues.live.sandbox_side import KalshiBox, PolymarketBox
from tests.venues.live.virtual_time import VirtualTime


async def test_on_polymarket() -> None:
    time = VirtualTime(data_stage.START)
    async with PolymarketBox(time).listening() as box, session(time) as http:
        live = LivePolymarket(http, surroundings(time), box.hosts)
        listed = {one.id: one for one in (await live.discover(PolymarketWanted())).markets}
        wanted = next(iter(listed))
        [found] = (await live.markets([wanted])).markets
        for fact in ("id", "yes", "no", "grid", "min_size", "min_notional", "fees", "settles", "status"):
            assert getattr(found, fact) == getattr(listed[wanted], fact), fact
        assert (await live.markets([MarketId("0x" + "0" * 64)])).markets == ()


async def test_on_kalshi_with_the_fees_of_its_series() -> None:
    time = VirtualTime(kalshi_venue.START)
    async with KalshiBox(time).listening() as box, session(time) as http:
        live = LiveKalshi(http, surroundings(time), box.hosts)
        listed = {one.id: one for one in (await live.discover(KalshiWanted())).markets}
        for wanted in list(listed)[:3]:
            found = {one.id: one for one in (await live.markets([wanted])).markets}
            assert found[wanted] == listed[wanted]
        with pytest.raises(VenueRefused):
            await live.markets([MarketId("KXNOWHERE-26JAN01-T1")])
