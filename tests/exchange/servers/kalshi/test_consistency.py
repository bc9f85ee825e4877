"""Reads lag behind writes, on the exchange's clock (protocol section 5.6)."""

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from tests.exchange.servers.kalshi.venue import LEP, kalshi, pem

LATE = KalshiOptions(limit_rates=False)
ORDERS = "/portfolio/events/orders"


async def test_a_new_order_is_unknown_for_three_tenths_of_a_second() -> None:
    async with kalshi(LATE) as venue:
        order = (await venue.create())["order_id"]
        assert (await venue.get(f"/portfolio/orders/{order}")).status == 404
        assert (await venue.get("/portfolio/orders"))["orders"] == []
        venue.clock.pass_(0.299)
        assert (await venue.get(f"/portfolio/orders/{order}")).status == 404
        venue.clock.pass_(0.001)
        assert (await venue.get(f"/portfolio/orders/{order}"))["order"]["status"] == "resting"


async def test_a_cancelled_order_looks_resting_for_a_while_and_then_never_again() -> None:
    async with kalshi(LATE) as venue:
        order = (await venue.create(count="3"))["order_id"]
        venue.clock.pass_(1)
        assert (await venue.send("DELETE", f"{ORDERS}/{order}"))["reduced_by"] == "3.00"
        shown = (await venue.get(f"/portfolio/orders/{order}"))["order"]
        assert (shown["status"], shown["remaining_count_fp"]) == ("resting", "3.00")
        venue.clock.pass_(0.36)
        for _ in range(2):
            shown = (await venue.get(f"/portfolio/orders/{order}"))["order"]
            assert (shown["status"], shown["remaining_count_fp"]) == ("canceled", "0.00")


async def test_an_order_that_is_cancelled_while_hidden_never_looks_resting_after_its_end() -> None:
    async with kalshi(LATE) as venue:
        order = (await venue.create())["order_id"]
        await venue.send("DELETE", f"{ORDERS}/{order}")
        venue.clock.pass_(0.30)
        assert (await venue.get(f"/portfolio/orders/{order}"))["order"]["status"] == "resting"
        venue.clock.pass_(0.06)
        assert (await venue.get(f"/portfolio/orders/{order}"))["order"]["status"] == "canceled"


async def test_fills_and_positions_come_late() -> None:
    async with kalshi(LATE) as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 2)
        await venue.create(price="0.50", count="2", time_in_force="immediate_or_cancel")
        assert (await venue.get("/portfolio/fills"))["fills"] == []
        venue.clock.pass_(0.5)
        assert len((await venue.get("/portfolio/fills"))["fills"]) == 1
        assert (await venue.get("/portfolio/positions"))["market_positions"] == []
        venue.clock.pass_(0.5)
        assert len((await venue.get("/portfolio/positions"))["market_positions"]) == 1


async def test_settlements_come_as_late_as_positions() -> None:
    async with kalshi(LATE) as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 2)
        await venue.create(price="0.50", count="2", time_in_force="immediate_or_cancel")
        venue.clock.pass_(10)
        venue.exchange.resolve(MarketId(LEP), ONE)
        assert len((await venue.get("/portfolio/positions"))["market_positions"]) == 1
        assert (await venue.get("/portfolio/settlements"))["settlements"] == []
        venue.clock.pass_(1)
        assert (await venue.get("/portfolio/positions"))["market_positions"] == []
        assert len((await venue.get("/portfolio/settlements"))["settlements"]) == 1


async def test_the_public_book_and_the_matching_are_never_late() -> None:
    async with kalshi(LATE) as venue:
        await venue.create(price="0.40")
        book = (await venue.get(f"/markets/{LEP}/orderbook", key=None))["orderbook_fp"]
        assert book == {"yes_dollars": [["0.4000", "1.00"]], "no_dollars": []}


async def test_without_delays_a_read_sees_the_write() -> None:
    async with kalshi() as venue:
        order = (await venue.create())["order_id"]
        assert (await venue.get(f"/portfolio/orders/{order}")).status == 200


async def test_a_member_who_comes_later_sees_the_roles_of_earlier_fills() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 2)
        await venue.create(price="0.50", count="2", time_in_force="immediate_or_cancel")
        venue.rest.auth.add_key("key-maker", pem(), "maker")
        shown = (await venue.get("/portfolio/orders/maker-1", key="key-maker"))["order"]
        assert (shown["maker_fill_cost_dollars"], shown["taker_fill_cost_dollars"]) == ("1.000000", "0.000000")


async def test_how_fresh_reads_are_is_told() -> None:
    async with kalshi(LATE) as venue:
        assert (await venue.get("/exchange/user_data_timestamp")).body == {"as_of_time": "2025-11-21T10:29:59Z"}


async def test_orders_placed_before_their_member_had_a_key_are_never_hidden() -> None:
    async with kalshi(LATE) as venue:
        venue.rest_of_maker(Side.BUY, "0.50", 2)
        venue.clock.pass_(1)
        venue.rest.auth.add_key("key-maker", pem(), "maker")
        await venue.send("DELETE", f"{ORDERS}/maker-1", key="key-maker")
        shown = await venue.get("/portfolio/orders/maker-1", key="key-maker")
        assert shown["order"]["status"] == "resting"
        venue.clock.pass_(0.36)
        assert (await venue.get("/portfolio/orders/maker-1", key="key-maker"))["order"]["status"] == "canceled"
