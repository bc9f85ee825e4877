"""Gamma's events as questions: what may be relied on for arbitrage, and what is only listed."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dutchbook.domain.errors import WireError
from dutchbook.domain.markets import MarketStatus, NoFees, PolymarketFees, PriceGrid
from dutchbook.domain.units import ONE, SECOND, Money, Price, Size
from dutchbook.venues.polymarket import clob
from dutchbook.venues.polymarket.gamma import Listing, decode_events, decode_markets, decode_search, instant
from tests.conftest import protocol_samples, recorded_data

GROUP = "0x" + "ab" * 31


def said(number: int, **fields: Any) -> dict[str, Any]:
    """A market of a negRisk event as Gamma tells it."""
    return {
        "conditionId": f"0x{number + 1:064x}", "questionID": f"{GROUP}{number:02x}", "question": f"Will {number} win?",
        "outcomes": '["Yes", "No"]', "clobTokenIds": json.dumps([f"{number}1", f"{number}2"]),
        "outcomePrices": '["0.2", "0.8"]', "active": True, "closed": False, "acceptingOrders": True,
        "enableOrderBook": True, "orderPriceMinTickSize": 0.001, "orderMinSize": 5, "negRisk": True,
        "negRiskOther": False, "feesEnabled": True, "feeSchedule": {"exponent": 1, "rate": 0.04, "rebateRate": 0.25},
        "endDate": "2026-10-04T00:00:00Z", **fields,
    }  # fmt: skip


def event(*markets: dict[str, Any], augmented: bool = False, **fields: Any) -> Listing:
    body = {"slug": "who", "title": "Who?", "enableNegRisk": True, "negRisk": True, "negRiskAugmented": augmented}
    return decode_events(json.dumps([{**body, "markets": markets, **fields}]).encode())


def exhaustive(listing: Listing) -> bool:
    [question] = listing.questions
    assert question.exclusive
    return question.exhaustive


def test_a_closed_list_of_names_is_exhaustive() -> None:
    assert exhaustive(event(said(0), said(1), said(2)))


def test_a_hole_in_the_contracts_numbering_means_that_a_market_is_missing() -> None:
    assert not exhaustive(event(said(0), said(2)))


def test_a_market_that_cannot_be_read_leaves_the_question_open() -> None:
    listing = event(said(0), said(1, clobTokenIds="[]"))
    assert not exhaustive(listing)
    assert [one.reason for one in listing.skipped] == ["not two tokens and two outcomes"]


def test_an_augmented_question_needs_a_tradable_other_and_no_unnamed_slots() -> None:
    other = said(2, negRiskOther=True)
    assert not exhaustive(event(said(0), said(1), augmented=True))
    assert exhaustive(event(said(0), said(1), other, augmented=True))
    assert not exhaustive(event(said(0), said(1), {**other, "active": False}, augmented=True))
    with_slot = event(said(0), said(1, active=False), other, augmented=True)
    assert not exhaustive(with_slot)
    assert [one.placeholder for one in with_slot.markets] == [False, True, False]
    assert [one.catch_all for one in with_slot.markets] == [False, False, True]


def test_a_market_resolved_no_is_no_part_of_the_question_any_more() -> None:
    listing = event(said(0), said(1, closed=True, outcomePrices='["0", "1"]'), said(2))
    [question] = listing.questions
    assert len(question.markets) == 2
    assert question.exhaustive
    assert listing.markets[1].status is MarketStatus.RESOLVED
    assert listing.markets[1].payout == 0


def test_a_group_without_the_contract_promises_nothing() -> None:
    [question] = event(said(0, negRisk=False), said(1, negRisk=False), enableNegRisk=False, negRisk=False).questions
    assert (question.exclusive, question.exhaustive, question.convertible) == (False, False, False)


def test_a_market_is_read_exactly() -> None:
    [market] = event(said(0)).markets
    assert (market.yes, market.no, market.labels) == ("01", "02", ("Yes", "No"))
    assert market.grid == PriceGrid.uniform(Price(10))
    assert market.min_size == Size(5_000_000)
    assert market.min_notional == Money(1_000_000)
    assert market.fees == PolymarketFees(40_000, 1, True, 250_000)
    assert market.settles == 1_791_072_000 * SECOND
    assert market.neg_risk
    assert market.status is MarketStatus.OPEN


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"acceptingOrders": False}, MarketStatus.PAUSED),
        ({"active": False}, MarketStatus.UNOPENED),
        ({"closed": True}, MarketStatus.CLOSED),
        ({"closed": True, "outcomePrices": '["1", "0"]'}, MarketStatus.RESOLVED),
        ({"closed": True, "outcomePrices": '["0.9999", "0.0001"]'}, MarketStatus.CLOSED),
    ],
)
def test_the_status_follows_from_flags_and_final_prices(fields: dict[str, Any], status: MarketStatus) -> None:
    [market] = event(said(0, **fields)).markets
    assert market.status is status
    assert market.payout == (ONE if status is MarketStatus.RESOLVED else None)


def test_fees_that_were_not_told_count_as_the_highest() -> None:
    free, unknown = event(
        said(0, feesEnabled=False, feeSchedule=None), said(1, feesEnabled=None, feeSchedule=None)
    ).markets
    assert free.fees == NoFees()
    assert unknown.fees == PolymarketFees(rate_ppm=70_000)


@pytest.mark.parametrize("field", ["orderPriceMinTickSize", "orderMinSize"])
@pytest.mark.parametrize("number", ["NaN", "-1", "1e-2", "0", "0.0000001", "true", "[1]"])
def test_a_market_with_an_impossible_number_is_skipped_or_refused(field: str, number: str) -> None:
    body = json.dumps([{"slug": "who", "markets": [said(0)]}]).replace(f'"{field}": ', f'"{field}": {number}, "was": ')
    try:
        listing = decode_events(body.encode())
    except WireError:
        return
    assert not listing.markets
    assert len(listing.skipped) == 1


def test_lone_markets_are_grouped_by_the_events_they_name() -> None:
    listing = decode_markets((protocol_samples("polymarket/microstructure_lab") / "gamma_markets.json").read_bytes())
    [question] = listing.questions
    assert (question.id, len(question.markets)) == ("what-will-happen-before-gta-vi", 2)
    assert not question.exclusive


@pytest.mark.parametrize(
    ("file", "question", "status"),
    [
        ("nautilus_trader/gamma/gamma_market.json", "btc-updown-5m-1773307200", MarketStatus.OPEN),
        (
            "nautilus_trader/gamma/gamma_market_sports_market_money_line.json",
            "cs2-faze-ill-2026-04-05",
            MarketStatus.RESOLVED,
        ),
        (
            "nautilus_trader/gamma/gamma_market_closed_binary_accepting_false.json",
            "katana-fdv-above-1b-one-day-after-launch-395-996",
            MarketStatus.RESOLVED,
        ),
        ("microstructure_lab/gamma_market_updown.json", "hype-updown-5m-1782287400", MarketStatus.OPEN),
    ],
)
def test_a_market_asked_for_alone_is_an_object(file: str, question: str, status: MarketStatus) -> None:
    [market] = decode_markets((protocol_samples("polymarket") / file).read_bytes()).markets
    assert (market.question, market.status) == (question, status)
    assert market.yes.isdigit()


def test_an_event_asked_for_alone_is_an_object() -> None:
    sample = protocol_samples("polymarket/nautilus_trader/http") / "event.json"
    [question] = decode_events(sample.read_bytes()).questions
    assert question.id == json.loads(sample.read_bytes())["slug"]


def test_a_time_needs_a_zone() -> None:
    assert instant("2026-06-28 19:00:00+00") == 1_782_673_200 * SECOND
    assert instant("2026-06-25T10:03:21.790669Z") == 1_782_381_801_790_669_000
    assert instant(None) is None
    with pytest.raises(ValueError, match="time zone"):
        instant("2026-06-28T19:00:00")


def test_what_is_no_answer_is_refused_with_its_bytes() -> None:
    for body in (b"", b"{}", b"[]", b'{"events":[{"slug":1}]}', b"\xff"):
        with pytest.raises(WireError) as caught:
            decode_search(body)
        assert caught.value.frame == body
    for decode in (decode_events, decode_markets):
        with pytest.raises(WireError, match="no Gamma answer"):
            decode(b'{"type":"not found error","error":"id not found"}')


DUMPS = [("R32_73_ZAF_CAN", 20, 938, 0, 9, {"fifwc-rsa-can-2026-06-28"}),
         ("R32_76_BRA_JPN", 20, 618, 114, 8, {"fifwc-bra-jpn-2026-06-29", "fif-jpn-bra-2025-10-14"})]  # fmt: skip


@pytest.mark.parametrize(("name", "questions", "markets", "skipped", "exclusive", "complete"), DUMPS)
def test_recorded_search_responses(
    name: str, questions: int, markets: int, skipped: int, exclusive: int, complete: set[str]
) -> None:
    found = decode_search(_dump(recorded_data("polymarket-gamma-dumps") / f"{name}.polymarket.search.raw.json.gz"))
    assert (len(found.questions), len(found.markets), len(found.skipped)) == (questions, markets, skipped)
    assert sum(question.exclusive for question in found.questions) == exclusive
    assert {question.id for question in found.questions if question.exhaustive} == complete
    assert all(one.fees == NoFees() or isinstance(one.fees, PolymarketFees) for one in found.markets)


def test_clob_markets_in_the_long_form() -> None:
    samples = protocol_samples("polymarket/nautilus_trader/http")
    live = clob.decode_market((samples / "market.json").read_bytes())
    assert (live.grid, live.min_size) == (PriceGrid.uniform(Price(10)), 5_000_000)
    assert (live.neg_risk, live.status, live.fees) == (True, MarketStatus.OPEN, NoFees())
    closed = clob.decode_market((samples / "adapter_clob_market_closed_binary_accepting_false.json").read_bytes())
    assert (closed.status, closed.payout) == (MarketStatus.RESOLVED, 0)


def test_clob_terms_in_the_short_form_update_a_market() -> None:
    [market] = event(said(0)).markets
    body = {"c": market.id, "t": [{"t": "01", "o": "Yes"}, {"t": "02", "o": "No"}], "mos": 15, "mts": 0.0001,
            "nr": True, "ao": True, "fd": {"r": 0.0725, "e": 1, "to": True}}  # fmt: skip
    terms = clob.decode_terms(json.dumps(body).encode())
    assert terms.accepts_orders
    updated = terms.applied_to(market)
    assert updated.grid == PriceGrid.uniform(Price(1))
    assert (updated.min_size, updated.fees) == (15_000_000, PolymarketFees(72_500))
    with pytest.raises(ValueError, match="do not fit"):
        terms.applied_to(msgspec.structs.replace(market, yes=market.no))
    assert clob.decode_tick_size(b'{"minimum_tick_size":0.01}') == PriceGrid.uniform(Price(100))
    for bad in (b"{}", b'{"minimum_tick_size":0.03}', b'{"minimum_tick_size":-1}', b'{"minimum_tick_size":1e-2}'):
        with pytest.raises(WireError):
            clob.decode_tick_size(bad)


def _dump(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())
