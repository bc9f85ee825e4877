"""Series, events and markets over REST, as the desk knows them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import QuestionId, kalshi_no, kalshi_yes
from dutchbook.domain.markets import KalshiFees, Market, MarketStatus, PriceGrid, Strike, StrikeKind
from dutchbook.domain.units import ONE, SECOND, Money, Price
from dutchbook.venues.kalshi.markets import Listing, Series, decode_events, decode_markets, decode_series
from dutchbook.venues.kalshi.terms import ASSUMED_FEES
from tests.conftest import protocol_samples


def one(**changes: object) -> Market:
    listing = decode_markets(json.dumps({"market": body(**changes)}).encode())
    assert listing.skipped == ()
    [market] = listing.markets
    return market


def body(**changes: object) -> dict[str, Any]:
    return {
        "ticker": "KXA-1-T5",
        "event_ticker": "KXA-1",
        "status": "active",
        "title": "A?",
        "yes_sub_title": "5 or more",
        "price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}],
        **changes,
    }


def event(**changes: object) -> dict[str, Any]:
    return {"event_ticker": "KXA-1", "series_ticker": "KXA", "title": "A", "mutually_exclusive": True, **changes}


def listed(answer: dict[str, Any], series: dict[str, Series] | None = None) -> Listing:
    return decode_events(json.dumps(answer).encode(), series or {})


def test_a_settled_event_of_production_is_read_whole() -> None:
    record = json.loads((protocol_samples("kalshi/ws_gold15m") / "KXGOLD15M-26AUG101900.json").read_bytes())
    listing = listed(record["response"])
    [question], [market] = listing.questions, listing.markets
    assert (question.id, question.series, question.category) == ("KXGOLD15M-26AUG101900", "KXGOLD15M", "Commodities")
    assert not question.exclusive
    assert not question.exhaustive
    assert market.strike == Strike(StrikeKind.GREATER_OR_EQUAL, 4_395_850_000)
    assert (market.status, market.payout) == (MarketStatus.RESOLVED, ONE)
    assert market.settles == 1_786_402_805_467_118_000
    assert market.closes == 1_786_402_800 * SECOND
    assert market.grid == PriceGrid.uniform(Price(100))
    assert market.min_size == 10_000
    assert not market.placeholder
    assert "1-minute candlestick" in market.rules


def test_a_weather_event_has_a_ladder_of_all_three_kinds() -> None:
    listing = decode_markets((protocol_samples("kalshi/rest_demo") / "markets__high_temp.json").read_bytes())
    strikes = {market.id: market.strike for market in listing.markets}
    assert len(strikes) == 18
    assert listing.skipped == ()
    assert strikes["KXHIGHNY-26JUN15-T85"] == Strike(StrikeKind.GREATER, 85_000_000)  # type: ignore[index]
    assert strikes["KXHIGHNY-26JUN15-T78"] == Strike(StrikeKind.LESS, None, 78_000_000)  # type: ignore[index]
    assert strikes["KXHIGHNY-26JUN15-B84.5"] == Strike(StrikeKind.BETWEEN, 84_000_000, 85_000_000)  # type: ignore[index]
    determined = [market for market in listing.markets if market.status is MarketStatus.CLOSED]
    assert len(determined) == 6
    assert all(market.payout is None for market in determined)


def test_the_pages_of_the_demo_are_read() -> None:
    folder = protocol_samples("kalshi/rest_demo")
    page = decode_markets((folder / "markets__page1.json").read_bytes())
    assert len(page.markets) == 5
    assert page.cursor
    assert page.markets[0].status is MarketStatus.UNOPENED
    [single] = decode_markets((folder / "markets__single.json").read_bytes()).markets
    assert (single.yes, single.no) == (kalshi_yes(single.id), kalshi_no(single.id))
    assert single.strike is None
    assert single.settles == (1_781_204_400 + 60) * SECOND


def test_a_production_ladder_covers_the_line_without_overlap() -> None:
    record = json.loads((protocol_samples("kalshi/rest_prod") / "kxbtc_ladder_2026-06-13.json").read_bytes())
    rungs = [{**rung, "event_ticker": "KXBTC-26JUN1917"} for rung in record["data"]["kxbtc_ladder"]]
    listing = decode_markets(json.dumps({"markets": rungs}).encode())
    assert listing.skipped == ()
    strikes = [market.strike for market in listing.markets]
    first, *middle, last = (strike for strike in strikes if strike is not None)
    assert first == Strike(StrikeKind.LESS, None, 51_000_000_000)
    assert last == Strike(StrikeKind.GREATER, 74_999_990_000)
    assert len(middle) == 48
    assert all(strike.floor is not None and strike.floor % 1_000_000 == 0 for strike in middle)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("initialized", MarketStatus.UNOPENED),
        ("inactive", MarketStatus.PAUSED),
        ("active", MarketStatus.OPEN),
        ("closed", MarketStatus.CLOSED),
        ("determined", MarketStatus.CLOSED),
        ("disputed", MarketStatus.CLOSED),
        ("amended", MarketStatus.CLOSED),
        ("finalized", MarketStatus.RESOLVED),
        ("a word of next year", MarketStatus.PAUSED),
    ],
)
def test_only_an_active_market_is_open(word: str, status: MarketStatus) -> None:
    assert one(status=word).status is status


@pytest.mark.parametrize(
    ("fields", "payout"),
    [
        ({"status": "finalized", "result": "yes", "settlement_value_dollars": "1.0000"}, 10_000),
        ({"status": "finalized", "result": "no"}, 0),
        ({"status": "finalized", "result": "scalar", "settlement_value_dollars": "0.5970"}, 5_970),
        ({"status": "finalized", "result": "scalar"}, None),
        ({"status": "determined", "result": "yes", "settlement_value_dollars": "1.0000"}, None),
        ({"status": "active", "result": ""}, None),
    ],
)
def test_a_payout_is_known_once_it_is_final(fields: dict[str, object], payout: int | None) -> None:
    assert one(**fields).payout == payout


def test_a_target_to_be_determined_is_a_placeholder_without_strike() -> None:
    market = one(yes_sub_title="Target price: TBD", strike_type="greater_or_equal", floor_strike=0)
    assert market.strike is None
    assert market.placeholder


def test_a_negative_strike_is_read_and_an_unstructured_one_is_none() -> None:
    assert one(strike_type="less", cap_strike=-3.5).strike == Strike(StrikeKind.LESS, None, -3_500_000)
    assert one(strike_type="structured", custom_strike={"who": "x"}).strike is None
    assert one(strike_type="functional", functional_strike="f", floor_strike=None).strike is None


def test_without_price_ranges_the_label_tells_the_grid_and_an_unknown_one_means_cents() -> None:
    tapered = one(price_ranges=None, price_level_structure="tapered_deci_cent").grid
    assert tapered.contains(Price(910))
    assert not tapered.contains(Price(1_010))
    assert one(price_ranges=[], price_level_structure="banded_centi_cent").grid == PriceGrid.uniform(Price(100))


@pytest.mark.parametrize(
    "fields",
    [
        {"ticker": "a b"},
        {"ticker": 5},
        {"event_ticker": ""},
        {"strike_type": "less", "cap_strike": 0.1234567},
        {"strike_type": "less", "cap_strike": 1e30},
        {"close_time": "yesterday"},
        {"close_time": "2026-13-01T00:00:00Z"},
        {"price_ranges": [{"start": "0.0000", "end": "1.0000", "step": "0.0000"}]},
        {"price_ranges": [{"start": "0.0000", "end": "1.5000", "step": "0.0100"}]},
        {"status": "finalized", "settlement_value_dollars": "1.5000"},
        {"status": "finalized", "settlement_value_dollars": "NaN"},
    ],
)
def test_one_unreadable_market_is_skipped_with_its_reason_and_its_bytes(fields: dict[str, object]) -> None:
    bad = body(**fields)
    listing = decode_markets(json.dumps({"markets": [bad, body()], "cursor": "next"}).encode())
    assert [market.id for market in listing.markets] == ["KXA-1-T5"]
    [skipped] = listing.skipped
    assert json.loads(skipped.body) == bad
    assert skipped.reason
    assert listing.cursor == "next"


@pytest.mark.parametrize("decode", [decode_markets, decode_events, decode_series])
@pytest.mark.parametrize(
    "answer", [b"", b"[]", b"{}", b'{"markets":{}}', b'{"markets":[', b"\xff", b'{"error":{"code":"not_found"}}']
)
def test_an_answer_that_is_no_page_is_refused_and_kept(decode: Callable[[bytes], object], answer: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode(answer)
    assert caught.value.frame == answer


def test_a_mutually_exclusive_event_is_exclusive_and_never_exhaustive() -> None:
    answer = {"events": [event(markets=[body(), body(ticker="KXA-1-T9")])], "cursor": "c"}
    listing = listed(answer)
    [question] = listing.questions
    assert question.exclusive
    assert not question.exhaustive
    assert question.markets == ("KXA-1-T5", "KXA-1-T9")
    assert listing.cursor == "c"


def test_a_scalar_market_takes_the_exclusivity_away() -> None:
    [question] = listed({"event": event(), "markets": [body(), body(ticker="X", market_type="scalar")]}).questions
    assert not question.exclusive


def test_a_market_of_another_event_is_no_member() -> None:
    listing = listed({"event": event(), "markets": [body(), body(ticker="X", event_ticker="KXB-1")]})
    assert listing.questions[0].markets == ("KXA-1-T5",)
    assert "KXB-1" in listing.skipped[0].reason


MAKERS = Series("KXA", fee_type="quadratic_with_maker_fees", multiplier=b"0.5")


@pytest.mark.parametrize(
    ("overrides", "taker", "maker"),
    [
        ({}, 35_000, 8_750),
        ({"fee_multiplier_override": 1}, 70_000, 17_500),
        ({"fee_type_override": "quadratic"}, 35_000, 0),
        ({"fee_type_override": "quadratic_with_combo_maker_fees", "fee_multiplier_override": 0.001234}, 87, 44),
        ({"fee_type_override": "of next year"}, 35_000, 17_500),
        ({"fee_type_override": None, "fee_multiplier_override": None}, 35_000, 8_750),
        ({"fee_multiplier_override": 0}, 0, 0),
    ],
)
def test_fees_are_the_events_own_else_those_of_its_series(overrides: dict[str, object], taker: int, maker: int) -> None:
    listing = listed({"events": [event(markets=[body()], **overrides)]}, {"KXA": MAKERS})
    expected = KalshiFees(taker_ppm=taker, maker_ppm=maker, unit=Money(100))
    assert listing.markets[0].fees == expected
    # Markets read apart from their event are charged the same.
    [apart] = decode_markets(json.dumps({"market": body()}).encode(), listing.fees).markets
    assert listing.fees == {QuestionId("KXA-1"): expected}
    assert apart.fees == expected


def test_fees_of_an_unknown_series_are_the_dearest() -> None:
    assert one().fees == ASSUMED_FEES == KalshiFees(taker_ppm=70_000, maker_ppm=35_000)
    assert listed({"events": [event(markets=[body()])]}).markets[0].fees == ASSUMED_FEES


def test_series_come_alone_or_in_a_list() -> None:
    single = {"ticker": "KXMLBGAME", "title": "MLB", "fee_type": "quadratic_with_maker_fees", "fee_multiplier": 0.5}
    expected = Series("KXMLBGAME", "MLB", "", "quadratic_with_maker_fees", b"0.5")
    assert decode_series(json.dumps({"series": single}).encode()) == (expected,)
    assert decode_series(json.dumps({"series": [single, single]}).encode()) == (expected, expected)
    assert decode_series(b'{"series":null}') == ()


@pytest.mark.parametrize("multiplier", [-1, 1e9, "x", 0.1234567])
def test_a_multiplier_that_is_none_is_refused(multiplier: object) -> None:
    with pytest.raises(WireError):
        decode_series(json.dumps({"series": {"ticker": "A", "fee_multiplier": multiplier}}).encode())


def test_the_venues_zero_time_is_no_time() -> None:
    assert one(open_time="0001-01-01T00:00:00Z").opens is None
    assert one(open_time="2026-06-11T06:29:47.42784Z").opens == 1_781_159_387_427_840_000
