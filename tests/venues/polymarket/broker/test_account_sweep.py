"""The whole account, or nothing: what a sweep says is complete, and one row that cannot be mapped makes it void."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import AccountStated, ForeignFill, OrderFilled
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import CONTRACT, Nanos
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.venues.trading import Asked, Exchange, read_answered
from tests.exchange.servers.polymarket.clob_stage import NO, PLAIN, YES
from tests.venues.polymarket.broker import telling
from tests.venues.polymarket.broker.stage import ADDRESS, Stage
from tests.venues.polymarket.broker.telling import CONDITION, START, Match, answered, order, trade, trades_page


async def swept(stage: Stage) -> AccountStated:
    await stage.pass_time(1)
    asked = stage.time.now()
    stage.broker.sweep(asked)
    await stage.happen(lambda: stage.desk.stated[-1].asked >= asked)
    return stage.desk.stated[-1]


async def test_cash_shares_and_orders_are_the_venues_own() -> None:
    async with Stage().playing(cash=3_000_000, held=250) as stage:
        [mine] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        stated = await swept(stage)
        account = stage.exchange.accounts[ADDRESS.lower()]
        assert stated.cash == account.cash()
        assert {each.outcome: each.size for each in stated.positions} == {YES: 250 * CONTRACT, NO: 250 * CONTRACT}
        [row] = stated.orders
        assert (row.order, row.venue_id, row.side, row.price) == (mine.id, mine.venue_id, Side.BUY, 4_000)
        assert (row.size, row.filled, row.market) == (10 * CONTRACT, 0, PLAIN)


async def test_lists_are_read_to_their_last_page() -> None:
    async with Stage(ClobOptions(page=2)).playing() as stage:
        orders = await stage.placed(*(stage.order(Side.BUY, 3_000 + 100 * n, 5) for n in range(7)))
        stage.turn_on("freeze", channel="user")
        for _ in range(3):
            stage.crowd(Side.SELL, 30, 5)
        stated = await swept(stage)
        assert {row.order for row in stated.orders} == {
            order.id for order in orders if order.venue_id in stage.resting()
        }
        assert sum(fill.size for fill in stage.desk.fills.values()) == 15 * CONTRACT


async def test_a_start_finds_what_an_earlier_desk_left() -> None:
    async with Stage().playing() as stage:
        rests, filled = await stage.placed(stage.order(Side.BUY, 4_000, 10), stage.order(Side.BUY, 4_500, 10))
        stage.crowd(Side.SELL, 45, 10)
        await stage.happen(lambda: stage.now(filled).status is OrderStatus.FILLED)
        booked = list(stage.desk.fills.values())
        # A new desk: it knows the first order alone, and has booked what that filled, which is nothing.
        stage.codec = type(stage.codec)(stage.me, stage.listings)
        stage.codec.know([stage.now(rests)])
        stage.desk.fills.clear()
        stated = await swept(stage)
        assert [row.order for row in stated.orders] == [rests.id]
        assert [(fill.order, fill.size) for fill in stage.desk.foreign] == [(filled.venue_id, booked[0].size)]
        await swept(stage)
        assert len(stage.desk.foreign) == 1


async def test_an_order_of_somebody_else_on_the_account_is_stated_as_his() -> None:
    async with Stage().playing() as stage:
        [mine] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        stage.codec = type(stage.codec)(stage.me, stage.listings)
        [row] = (await swept(stage)).orders
        assert (row.order, row.venue_id) == (None, mine.venue_id)


@pytest.mark.parametrize("what", ["order", "trade", "position"])
async def test_what_cannot_be_mapped_makes_the_reading_void(what: str) -> None:
    async with Stage().playing(held=100 if what == "position" else 0) as stage:
        if what != "position":
            [sent] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        if what == "trade":
            stage.crowd(Side.SELL, 40, 10)
            await stage.ended(sent)
        await swept(stage)
        stated, fills = len(stage.desk.stated), len(stage.desk.fills)
        stage.codec._listings.market = lambda _: None
        stage.codec._listings.holding = lambda _: None
        stage.broker.sweep(stage.time.now())
        await stage.happen(lambda: stage.errors)
        assert len(stage.desk.stated) == stated
        assert len(stage.desk.fills) == fills


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("truncated_body", {}),
        ("html_body", {"status": 200}),
        ("http_status", {"status": 401}),
        ("reset_mid_body", {}),
    ],
)
@pytest.mark.parametrize("path", ["/data/orders", "/data/trades", "/balance-allowance"])
async def test_an_answer_that_is_none_makes_the_reading_void(kind: str, fields: dict[str, object], path: str) -> None:
    async with Stage().playing() as stage:
        await swept(stage)
        stated = len(stage.desk.stated)
        stage.turn_on(kind, path=path, method="GET", **fields)
        stage.broker.sweep(stage.time.now())
        await stage.happen(lambda: stage.errors, seconds=300)
        assert len(stage.desk.stated) == stated
        stage.turn_off(kind)
        await swept(stage)


async def test_a_reading_that_failed_once_is_read_again() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("truncated_body", path="/data/orders", times=1)
        await swept(stage)
        assert not stage.errors


async def test_balances_are_as_the_chain_has_them_though_the_venue_repeats_old_ones() -> None:
    async with Stage().playing(held=100) as stage:
        await swept(stage)
        stage.exchange.merge(ADDRESS.lower(), PLAIN, 40 * CONTRACT)  # type: ignore[arg-type]
        stated = await swept(stage)
        assert {each.size for each in stated.positions} == {60 * CONTRACT}


# Without a venue: what a reading must have.


def balance(amount: str, token: str = "") -> Exchange:
    return Exchange(path=f"/balance-allowance?token_id={token}", status=200, body=f'{{"balance":"{amount}"}}')


def open_orders(rows: list[dict[str, object]], cursor: str = "LTE=") -> Exchange:
    return Exchange(path="/data/orders", status=200, body=json.dumps({"data": rows, "next_cursor": cursor}))


WHOLE = [
    open_orders([]),
    trades_page([trade(order(1), Match("t", 4), "CONFIRMED")]),
    balance("5000000"),
    balance("4000000", "111"),
]
BROKEN = {
    "no orders": WHOLE[1:],
    "no trades": [WHOLE[0], *WHOLE[2:]],
    "no cash": [WHOLE[0], WHOLE[1], WHOLE[3]],
    "orders cut short": [open_orders([], "MTA="), *WHOLE[1:]],
    "trades cut short": [WHOLE[0], trades_page([], "MTA="), *WHOLE[2:]],
    "a page that failed": [WHOLE[0], Exchange(path="/data/orders?next_cursor=x", status=500), *WHOLE[1:]],
    "negative cash": [*WHOLE[:2], balance("-5"), WHOLE[3]],
    "cash with a point": [*WHOLE[:2], balance("5.5"), WHOLE[3]],
    "an unknown token": [*WHOLE, balance("1", "999")],
    "a trade of ours in an unknown market": [
        WHOLE[0],
        trades_page([{**trade(order(7), Match("u", 4), "CONFIRMED"), "market": "0x77"}]),
        *WHOLE[2:],
    ],
    "an unknown market": [open_orders([{"id": "0x9", "market": "0x77", "asset_id": "111"}]), *WHOLE[1:]],
    "an order without a price": [
        open_orders([{"id": "0x9", "status": "LIVE", "market": CONDITION, "asset_id": "111", "side": "BUY"}]),
        *WHOLE[1:],
    ],
}


def test_a_whole_reading_states_the_account() -> None:
    codec = telling.codec()
    codec.know([order(1)])
    events = codec.decode(answered(Asked.SWEEP, WHOLE, [], START, START))
    assert [type(event) for event in events] == [OrderFilled, AccountStated]
    assert [type(event) for event in codec.decode(answered(Asked.SWEEP, WHOLE, [], START, START))] == [AccountStated]


@pytest.mark.parametrize("name", BROKEN)
def test_a_reading_that_is_not_whole_changes_nothing(name: str) -> None:
    codec = telling.codec()
    codec.know([order(1)])
    with pytest.raises(WireError):
        codec.decode(answered(Asked.SWEEP, BROKEN[name], [], START, START))
    # Nothing of it was applied: the fill is told by the next whole one.
    events = codec.decode(answered(Asked.SWEEP, WHOLE, [], START, START))
    assert [type(event) for event in events] == [OrderFilled, AccountStated]


@given(st.data())
def test_damaged_readings_are_refused_or_read_never_worse(data: st.DataObject) -> None:
    exchanges = list(WHOLE)
    index = data.draw(st.integers(0, len(exchanges) - 1))
    body = bytearray(exchanges[index].body.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                body[place] = data.draw(st.integers(32, 126))
            case 1:
                del body[place:]
                body += b" "
            case _:
                body[place:place] = data.draw(st.binary(max_size=4)).decode("latin-1").encode()
    exchanges[index] = msgspec.structs.replace(exchanges[index], body=body.decode("utf-8", "replace"))
    codec = telling.codec()
    codec.know([order(1)])
    frame = answered(Asked.SWEEP, exchanges, [], START, START)
    assert read_answered(frame).exchanges == tuple(exchanges)
    try:
        events = codec.decode(frame)
    except WireError:
        return
    stated = events[-1]
    assert isinstance(stated, AccountStated)
    assert stated.cash >= 0
    assert all(event.fill.size > 0 for event in events if isinstance(event, OrderFilled | ForeignFill))
    assert stated.asked <= Nanos(START)
