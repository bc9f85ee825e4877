"""What the CLOB tells everybody: markets, books, prices, histories."""

import json
from typing import Any

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import ONE, SECOND, Nanos, Price
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.clob_stage import FINE, FINE_YES, NEG_RISK, NEG_YES, NO, NOW_S, PLAIN, YES, Desk
from tests.exchange.servers.shape import differences

NO_BOOK = (404, "No orderbook exists for the requested token id")
UNKNOWN = "12345"
WRONG_LISTS: tuple[object, ...] = ({}, [1], [{"token": "1"}], [{"token_id": 1}])


def sample(name: str) -> Any:
    return json.loads(protocol_samples(f"polymarket/{name}").read_text())


async def test_the_service_says_that_it_is_there() -> None:
    async with Desk().served() as desk:
        assert await desk.asks("GET", "/ok") == "OK"
        assert await desk.asks("GET", "/time") == NOW_S
        assert await desk.asks("GET", "/version") == {"version": 2}
        assert await desk.fails("GET", "/nothing/here") == (404, "not found")
        assert await desk.fails("POST", "/ok") == (405, "method not allowed")


async def test_lists_of_markets_are_paged_to_the_end_cursor() -> None:
    async with Desk(ClobOptions(market_page=3)).served() as desk:
        first = await desk.asks("GET", "/markets")
        same = await desk.asks("GET", "/markets?next_cursor=MA==")
        second = await desk.asks("GET", f"/markets?next_cursor={first['next_cursor']}")
        over = await desk.asks("GET", "/markets?next_cursor=LTE=")
        wrong = await desk.fails("GET", "/markets?next_cursor=nonsense")
    assert list(first) == ["limit", "count", "next_cursor", "data"]
    assert same == first
    assert (first["limit"], first["count"], second["count"]) == (3, 3, 1)
    assert (second["next_cursor"], over["data"], over["next_cursor"]) == ("LTE=", [], "LTE=")
    assert len({row["condition_id"] for row in first["data"] + second["data"]}) == 4
    assert wrong[0] == 400


async def test_a_market_has_the_shape_of_the_captures() -> None:
    async with Desk().served() as desk:
        desk.crowd(Side.BUY, 48, 100)
        desk.crowd(Side.SELL, 49, 100)
        row = await desk.asks("GET", f"/markets/{PLAIN}")
        neg_risk = await desk.asks("GET", f"/markets/{NEG_RISK}")
        desk.exchange.resolve(PLAIN, Price(0))
        closed = await desk.asks("GET", f"/markets/{PLAIN}")
    pictures = {f"$.{name}": "the sandbox has no pictures" for name in ("icon", "image")}
    old = {"$.accepting_order_timestamp": "null in 2024, a time in 2026"}
    assert differences(neg_risk, sample("nautilus_trader/http/market.json"), {**pictures, **old}) == []
    captured = sample("nautilus_trader/http/adapter_clob_market_closed_binary_accepting_false.json")
    rates = {"$.rewards.rates": "the captured market paid no rewards"}
    assert differences(closed, captured, {**pictures, **rates}, ordered=False) == []
    assert [token["price"] for token in row["tokens"]] == [0.485, 0.515]
    assert [(token["price"], token["winner"]) for token in closed["tokens"]] == [(0, False), (1, True)]
    assert (row["accepting_orders"], closed["accepting_orders"], closed["closed"]) == (True, False, True)
    assert (row["minimum_order_size"], row["minimum_tick_size"], row["taker_base_fee"]) == (5, 0.01, 1000)


async def test_sampling_markets_are_those_that_pay_rewards_now() -> None:
    async with Desk(change={FINE: {"rewards": None}}).served() as desk:
        desk.exchange.set_status(NEG_RISK, MarketStatus.CLOSED)
        found = await desk.asks("GET", "/sampling-markets")
        simple = await desk.asks("GET", "/sampling-simplified-markets")
        every = await desk.asks("GET", "/simplified-markets")
    assert {FINE, NEG_RISK}.isdisjoint(row["condition_id"] for row in found["data"])
    assert found["count"] == simple["count"] == 2
    assert every["count"] == 4
    names = ["condition_id", "rewards", "tokens", "active", "closed", "archived", "accepting_orders"]
    assert list(every["data"][0]) == names


async def test_compact_markets_have_short_keys() -> None:
    async with Desk(change={PLAIN: {"taker_delay": Nanos(SECOND)}}).served() as desk:
        row = await desk.asks("GET", f"/clob-markets/{PLAIN}")
        missing = await desk.fails("GET", "/clob-markets/0xdead")
    assert " ".join(row) == "c t mos mts mbf tbf ao aot cbos gst nr rfqe itode ibce fd oas r v"
    assert row["t"] == [{"t": YES, "o": "Yes"}, {"t": NO, "o": "No"}]
    assert row["fd"] == {"r": 0.04, "e": 1, "to": True}
    assert (row["mts"], row["itode"], row["r"]["ma"]) == (0.01, True, 4.5)
    assert missing == (404, "market not found")


async def test_tokens_lead_to_their_market_and_its_terms() -> None:
    async with Desk().served() as desk:
        assert await desk.asks("GET", f"/markets-by-token/{NO}") == {
            "condition_id": PLAIN,
            "primary_token_id": YES,
            "secondary_token_id": NO,
        }
        assert await desk.asks("GET", f"/tick-size?token_id={FINE_YES}") == {"minimum_tick_size": 0.001}
        assert await desk.asks("GET", f"/neg-risk?token_id={NEG_YES}") == {"neg_risk": True}
        assert await desk.asks("GET", f"/fee-rate?token_id={YES}") == {"base_fee": 1000}
        for path in ("/tick-size", "/neg-risk", "/fee-rate"):
            assert await desk.fails("GET", f"{path}?token_id={UNKNOWN}") == (404, "market not found")
            assert await desk.fails("GET", f"{path}?token_id=x") == (400, "Invalid token id")
            assert await desk.fails("GET", path) == (400, "Invalid token id")


async def test_a_book_has_the_shape_of_the_capture_and_its_best_levels_last() -> None:
    async with Desk().served() as desk:
        for cents in (40, 47, 45):
            desk.crowd(Side.BUY, cents, 100)
        for cents in (60, 51, 55):
            desk.crowd(Side.SELL, cents, 12.5)
        book = await desk.asks("GET", f"/book?token_id={YES}")
        mirror = await desk.asks("GET", f"/book?token_id={NO}")
    captured = sample("microstructure_lab/clob_book.json")
    assert (
        differences(
            book,
            captured,
            {"$.last_trade_price": "the captured market had not traded"} if captured["last_trade_price"] else {},
        )
        == []
    )
    assert [level["price"] for level in book["bids"]] == ["0.4", "0.45", "0.47"]
    assert [level["price"] for level in book["asks"]] == ["0.6", "0.55", "0.51"]
    assert [level["price"] for level in mirror["bids"]] == ["0.4", "0.45", "0.49"]
    assert book["hash"] != mirror["hash"]


async def test_many_books_come_at_once_without_those_that_do_not_exist() -> None:
    async with Desk().served() as desk:
        desk.crowd(Side.BUY, 40, 100)
        wanted = [{"token_id": token} for token in (YES, UNKNOWN, NO, "x")]
        books = await desk.asks("POST", "/books", body=wanted)
        single = await desk.asks("GET", f"/book?token_id={YES}")
        assert books[0] == single
        assert [book["asset_id"] for book in books] == [YES, NO]
        assert await desk.asks("POST", "/books", body=[]) == []
        assert await desk.asks("POST", "/books", body=wanted[:1] * 500)
        assert await desk.fails("POST", "/books", body=wanted[:1] * 501) == (400, "Payload exceeds the limit")
        assert (await desk.fails("GET", "/books"))[0] == 400
        for path in ("/books", "/prices", "/midpoints", "/spreads", "/last-trades-prices"):
            for wrong in WRONG_LISTS:
                assert (await desk.fails("POST", path, body=wrong))[0] == 400


async def test_there_is_no_book_where_nothing_is_traded() -> None:
    async with Desk().served() as desk:
        assert await desk.fails("GET", f"/book?token_id={UNKNOWN}") == NO_BOOK
        assert await desk.fails("GET", "/book?token_id=x") == (400, "Invalid token id")
        desk.exchange.resolve(PLAIN, Price(ONE))
        for path in ("/book", "/midpoint", "/spread"):
            assert await desk.fails("GET", f"{path}?token_id={YES}") == NO_BOOK


async def test_buy_is_the_best_bid_and_sell_the_best_ask() -> None:
    async with Desk().served() as desk:
        desk.crowd(Side.BUY, 53, 100)
        desk.crowd(Side.SELL, 55, 100)
        assert await desk.asks("GET", f"/price?token_id={YES}&side=BUY") == {"price": "0.53"}
        assert await desk.asks("GET", f"/price?token_id={YES}&side=SELL") == {"price": "0.55"}
        assert await desk.asks("GET", f"/price?token_id={NO}&side=BUY") == {"price": "0.45"}
        assert await desk.asks("GET", f"/midpoint?token_id={YES}") == {"mid": "0.54"}
        assert await desk.asks("GET", f"/spread?token_id={NO}") == {"spread": "0.02"}
        assert await desk.fails("GET", f"/price?token_id={YES}&side=HOLD") == (400, "Invalid side")
        wanted = [{"token_id": YES, "side": "BUY"}, {"token_id": YES, "side": "SELL"}, {"token_id": NO, "side": "BUY"}]
        assert await desk.asks("POST", "/prices", body=wanted) == {
            YES: {"BUY": "0.53", "SELL": "0.55"},
            NO: {"BUY": "0.45"},
        }
        assert await desk.asks("POST", "/midpoints", body=wanted) == {YES: "0.54", NO: "0.46"}
        assert await desk.asks("POST", "/spreads", body=wanted) == {YES: "0.02", NO: "0.02"}


async def test_the_last_trade_is_one_value_for_both_tokens() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        assert await desk.asks("GET", f"/last-trade-price?token_id={YES}") == {"price": "0.5", "side": ""}
        desk.crowd(Side.SELL, 60, 100)
        await desk.posts(trader, trader.limit("BUY", 60, 10))
        for token in (YES, NO):
            assert await desk.asks("GET", f"/last-trade-price?token_id={token}") == {"price": "0.6", "side": "BUY"}
        wanted = [{"token_id": YES}, {"token_id": FINE_YES}]
        assert await desk.asks("POST", "/last-trades-prices", body=wanted) == [
            {"token_id": YES, "price": "0.6", "side": "BUY"}
        ]


async def test_a_history_has_a_point_each_minute_and_its_mirror() -> None:
    async with Desk().served() as desk:
        desk.crowd(Side.BUY, 48, 100)
        desk.crowd(Side.SELL, 50, 100)
        desk.later(180)
        desk.crowd(Side.BUY, 49, 100)
        desk.later(30)
        history = await desk.asks("GET", f"/prices-history?market={YES}&interval=1h&fidelity=1")
        other = await desk.asks("GET", f"/prices-history?market={NO}&startTs={NOW_S}&endTs={NOW_S + 300}")
        both = await desk.asks("POST", "/batch-prices-history", body={"markets": [YES, NO, UNKNOWN], "interval": "max"})
        assert history == {
            "history": [{"t": NOW_S + 60 * minute, "p": 0.495 if minute == 3 else 0.49} for minute in range(4)]
        }
        assert [point["p"] for point in other["history"]] == [0.51, 0.51, 0.51, 0.505]
        assert set(both["history"]) == {YES, NO}
        assert differences(history, sample("microstructure_lab/clob_prices_history.json")) == []
        for query in ("", "&interval=2h", "&interval=1h&fidelity=0", "&interval=1h&fidelity=x", "&startTs=-5"):
            assert (await desk.fails("GET", f"/prices-history?market={YES}{query}"))[0] == 400
        assert await desk.fails("GET", "/prices-history?interval=1h") == (400, "Invalid token id")
        many = {"markets": [YES] * 21, "interval": "1h"}
        assert (await desk.fails("POST", "/batch-prices-history", body=many))[0] == 400


async def test_reward_programmes_are_listed() -> None:
    async with Desk().served() as desk:
        current = await desk.asks("GET", "/rewards/markets/current")
        one = await desk.asks("GET", f"/rewards/markets/{PLAIN}")
        several = await desk.asks("GET", "/rewards/markets/multi?page_size=2&q=it+be")
        assert (current["count"], one["count"], several["count"]) == (4, 1, 2)
        assert current["data"][0]["rewards_config"] == [
            {
                "id": 500_001,
                "asset_address": "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB",
                "start_date": "2026-01-01",
                "end_date": "2026-01-31",
                "rate_per_day": 10,
                "total_rewards": 300,
            }
        ]
        assert several["data"][0]["event_id"] == "900"
        assert (await desk.fails("GET", "/rewards/markets/0xdead"))[0] == 404
        assert (await desk.fails("GET", "/rewards/markets/multi?page_size=0"))[0] == 400


async def test_builder_fees_are_those_of_the_options() -> None:
    code = "0x" + "ab" * 32
    async with Desk(ClobOptions(builder_fees={code: (5, 10)})).served() as desk:
        assert await desk.asks("GET", f"/fees/builder-fees/{code}") == {
            "builder_maker_fee_rate_bps": 5,
            "builder_taker_fee_rate_bps": 10,
        }
        assert (await desk.fails("GET", "/fees/builder-fees/0x" + "cd" * 32))[0] == 404


@pytest.mark.parametrize("change", [{"rewards": None}, {"clear_on_start": True}])
async def test_a_market_without_rewards_says_so(change: dict[str, Any]) -> None:
    async with Desk(change={PLAIN: change}).served() as desk:
        row = await desk.asks("GET", f"/clob-markets/{PLAIN}")
        full = await desk.asks("GET", f"/markets/{PLAIN}")
    assert ("r" in row) is ("rewards" not in change)
    assert (full["rewards"]["rates"] is None) is ("rewards" in change)
    assert row["cbos"] is change.get("clear_on_start", False)
    assert msgspec.json.encode(row)
