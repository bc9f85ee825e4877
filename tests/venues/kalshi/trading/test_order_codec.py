"""What the codec makes of single frames: captured bodies, held fills, foreign fills, accounts that are not whole."""

import json
from collections.abc import Callable

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    AccountStated,
    CancelFailed,
    ForeignFill,
    OrderFilled,
    OrderMissing,
    OrderReported,
    StatedPosition,
    VenueState,
    VenueStateChanged,
)
from dutchbook.domain.identity import MarketId, kalshi_no, kalshi_yes
from dutchbook.domain.orders import Order, OrderStatus, Report
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, Money, Price, Size, money_of
from dutchbook.venues.kalshi import known_orders
from dutchbook.venues.kalshi.account_facts import AS_OF, BALANCE, RESTING_VALUE
from dutchbook.venues.kalshi.order_codec import STATUS, KalshiOrderCodec
from dutchbook.venues.kalshi.shards import Shards
from dutchbook.venues.trading import Asked, Exchange
from tests.conftest import protocol_samples
from tests.venues.kalshi.trading.orders import NAME, RESTING, TICKER, VENUE_NAME
from tests.venues.kalshi.trading.orders import sent as order
from tests.venues.kalshi.trading.venue_words import (
    AT,
    VenueFill,
    VenueOrder,
    account,
    answered,
    ok,
    placed,
    queried,
    said,
    swept,
)

SAMPLES = protocol_samples("kalshi/rest_demo")
FILL = VenueFill("t-1", VENUE_NAME, NAME, TICKER, True, 40, 100)


def sample(name: str) -> str:
    return (SAMPLES / f"{name}.json").read_text()


def knowing(*orders: Order) -> KalshiOrderCodec:
    codec = KalshiOrderCodec()
    codec.know(orders or [order()])
    return codec


def unnamed(fill: VenueFill) -> Frame:
    return said("fill", fill.body(socket=True, named=False))


def test_a_fill_that_comes_before_the_answer_waits_for_it() -> None:
    codec = knowing()
    assert not codec.decode(unnamed(FILL))
    accepted, filled = codec.decode(placed(RESTING))
    assert isinstance(accepted, OrderReported)
    assert isinstance(filled, OrderFilled)
    assert (filled.fill.order, filled.fill.id, filled.fill.size) == (NAME, "t-1", CONTRACT)
    assert not codec.decode(unnamed(FILL))


def test_a_fill_that_names_our_order_need_not_wait() -> None:
    [filled] = knowing().decode(said("fill", FILL.body(socket=True)))
    assert isinstance(filled, OrderFilled)
    assert filled.fill.fee == Money(100)
    assert filled.fill.maker


def test_a_fill_of_a_strange_order_is_foreign_at_once_where_nothing_of_ours_is_expected() -> None:
    codec = knowing()
    codec.decode(placed(RESTING))
    strange = VenueFill("t-9", "o-9", "", TICKER, False, 40, 100)
    [foreign] = codec.decode(unnamed(strange))
    assert isinstance(foreign, ForeignFill)
    assert foreign.fill.order == "o-9"
    assert (foreign.fill.outcome, foreign.fill.side, foreign.fill.price) == (
        kalshi_no(TICKER),
        Side.BUY,
        Price(6_000),
    )
    assert not codec.decode(unnamed(strange))


def test_a_fill_of_a_strange_order_is_foreign_once_that_order_was_read() -> None:
    codec = knowing()
    strange = VenueFill("t-9", "o-9", "somebody", TICKER, True, 40, 100)
    assert not codec.decode(unnamed(strange))
    looked_up = ok("/portfolio/orders/o-9", {"order": VenueOrder("o-9", "somebody", TICKER, True, 40, 100).body()})
    [foreign] = codec.decode(answered(Asked.QUERY, looked_up))
    assert isinstance(foreign, ForeignFill)


def test_fills_that_were_booked_before_a_restart_are_not_told_again() -> None:
    for name in (NAME, VENUE_NAME):
        codec = knowing(msgspec.structs.replace(order(OrderStatus.PARTLY_FILLED), filled=CONTRACT))
        codec.told([(name, "t-1")])
        assert not codec.decode(said("fill", FILL.body(socket=True)))


def test_the_end_of_an_order_is_told_after_its_last_fill() -> None:
    codec = knowing()
    gone = msgspec.structs.replace(RESTING, filled=100, status="canceled")
    assert [event.report for event in reports(codec.decode(said("user_order", gone.body())))] == [Report.ACCEPTED]
    filled, ended = codec.decode(unnamed(FILL))
    assert isinstance(filled, OrderFilled)
    assert isinstance(ended, OrderReported)
    assert ended.report is Report.CANCELLED


def reports(events: object) -> list[OrderReported]:
    assert isinstance(events, list)
    return [event for event in events if isinstance(event, OrderReported)]


@pytest.mark.parametrize(
    ("changes", "report"),
    [
        ({"last_update_reason": "ExpiryCancel"}, Report.EXPIRED),
        ({"expiration_time": "2026-06-11T06:29:30Z"}, Report.EXPIRED),
        ({"expiration_time": "2026-06-11T06:29:30Z", "last_update_reason": "HaltCancel"}, Report.CANCELLED),
        ({"expiration_time": "2026-06-11T07:00:00Z"}, Report.CANCELLED),
        ({}, Report.CANCELLED),
    ],
)
def test_an_order_that_expired_is_told_from_one_that_was_cancelled(changes: dict[str, str], report: Report) -> None:
    codec = knowing()
    gone = msgspec.structs.replace(RESTING, status="canceled").body() | changes
    assert reports(codec.decode(said("user_order", gone)))[-1].report is report


def test_stale_reads_after_the_end_say_nothing() -> None:
    codec = knowing()
    codec.decode(said("user_order", msgspec.structs.replace(RESTING, status="canceled").body()))
    assert not codec.decode(queried(RESTING, []))
    assert not codec.decode(placed(RESTING))


def test_an_order_that_was_refused_and_rests_all_the_same_is_told_to_live() -> None:
    refused = answered(
        Asked.PLACE, ok("/portfolio/events/orders", {"error": {"code": "invalid_price"}}, 400), ids=(NAME,)
    )
    codecs = [knowing(), knowing(order(OrderStatus.REJECTED)), knowing(order(OrderStatus.DEAD))]
    codecs[0].decode(refused)
    for codec in codecs:
        assert not reports(codec.decode(said("user_order", msgspec.structs.replace(RESTING, status="canceled").body())))
        lives, *more = reports(codec.decode(said("user_order", RESTING.body())))
        assert lives.report is Report.ACCEPTED
        assert not more
        assert not codec.decode(said("user_order", RESTING.body()))


def test_an_order_that_a_query_does_not_find_is_missing_only_if_every_answer_came() -> None:
    listed = ok("/portfolio/orders?ticker=KXA-1", {"orders": [], "cursor": ""})
    fills = ok("/portfolio/fills?ticker=KXA-1", {"fills": [], "cursor": ""})
    codec = knowing()
    [missing] = codec.decode(answered(Asked.QUERY, listed, fills, ids=(NAME,)))
    assert isinstance(missing, OrderMissing)
    failed = Exchange(path="/portfolio/fills?ticker=KXA-1", failure="timeout")
    assert not codec.decode(answered(Asked.QUERY, listed, failed, ids=(NAME,)))
    assert not codec.decode(answered(Asked.QUERY, ids=(NAME,)))


def test_an_order_is_not_missing_while_a_fill_waits_that_could_be_its_own() -> None:
    codec = knowing()
    codec.decode(unnamed(FILL))
    listed = ok("/portfolio/orders?ticker=KXA-1", {"orders": [], "cursor": ""})
    assert not codec.decode(answered(Asked.QUERY, listed, ids=(NAME,)))


def test_a_row_by_the_name_of_our_order_that_is_another_is_refused_and_nothing_of_it_applied() -> None:
    codec = knowing()
    other_market = msgspec.structs.replace(RESTING, ticker="KXB-1")
    with pytest.raises(WireError, match="which is none"):
        codec.decode(said("user_order", other_market.body()))
    other_side = msgspec.structs.replace(FILL, bid=False)
    with pytest.raises(WireError):
        codec.decode(said("fill", other_side.body(socket=True)))
    assert codec.decode(said("fill", FILL.body(socket=True)))


# Answers to cancels.


def cancel_of(*rows: object, status: int = 200) -> Frame:
    path = "/trade-api/v2/portfolio/events/orders/batched"
    return answered(Asked.CANCEL, ok(path, {"orders": rows}, status), ids=(NAME,))


def test_a_cancel_that_worked_says_nothing_until_the_order_is_seen() -> None:
    codec = knowing()
    codec.decode(placed(RESTING))
    body = json.loads(sample("orders__cancel_v2"))
    assert not codec.decode(cancel_of(body))


@pytest.mark.parametrize(
    ("frame", "ambiguous"),
    [
        (cancel_of({"error": {"code": "not_found", "message": "not found"}}), False),
        (cancel_of({"error": {"code": "trading_is_paused"}}), False),
        (cancel_of({"error": {"code": "internal_server_error"}}), True),
        (cancel_of(), True),
        (cancel_of({}, status=503), True),
        (cancel_of({}, status=429), False),
        (answered(Asked.CANCEL, Exchange(path="x", failure="timeout"), ids=(NAME,)), True),
        (answered(Asked.CANCEL, Exchange(path="x", failure="no connection", left=False), ids=(NAME,)), False),
        (answered(Asked.CANCEL, Exchange(path="x", status=200, body="{"), ids=(NAME,)), True),
    ],
)
def test_a_cancel_that_failed_is_told_and_whether_it_may_have_worked(frame: Frame, ambiguous: bool) -> None:
    codec = knowing()
    codec.decode(placed(RESTING))
    [failed] = codec.decode(frame)
    assert isinstance(failed, CancelFailed)
    assert failed.order == NAME
    assert failed.ambiguous is ambiguous


# Captured bodies.


def test_captured_answers_to_orders_are_read() -> None:
    for case, expected in (
        ("orders__create_v2_maker", [Report.ACCEPTED]),
        ("orders__create_v2_taker_ioc", [Report.ACCEPTED]),
        ("orders__duplicate_client_order_id", [Report.TIMEOUT]),
        ("orders__insufficient_balance", [Report.REJECTED]),
        ("orders__invalid_price_structure", [Report.REJECTED]),
        ("orders__post_only_cross", [Report.REJECTED]),
        ("auth__unknown_key_id", [Report.REJECTED]),
        ("auth__skew_minus5min", [Report.REJECTED]),
        ("orders__cancel_unknown_id", [Report.REJECTED]),
    ):
        meta = json.loads(sample(case + ".meta"))
        name = (meta["request_body"] or {}).get("client_order_id", NAME)
        exchange = Exchange(path="/portfolio/events/orders", status=meta["status"], body=sample(case))
        found = reports(knowing(order(name=name)).decode(answered(Asked.PLACE, exchange, ids=(name,))))
        assert [event.report for event in found] == expected, case
        assert expected == [Report.ACCEPTED] or str(meta["status"]) in found[0].detail


@pytest.mark.parametrize(
    "line", protocol_samples("kalshi/frames/rest_misc.jsonl").read_text().splitlines(), ids=lambda line: line[9:40]
)
def test_bodies_that_others_quote_are_read(line: str) -> None:
    case = json.loads(line)
    body = json.dumps(case["body"]).replace('"redacted"', f'"{NAME}"')
    exchange = Exchange(path="/portfolio/events/orders", status=case["status"], body=body)
    codec = knowing()
    if "orders" in case["body"] or case["status"] == 200:
        return
    [event, *_] = reports(codec.decode(answered(Asked.PLACE, exchange, ids=(NAME,))))
    if case["status"] == 201:
        assert event.report is Report.ACCEPTED
    elif "already exists" in body:
        assert event.report is Report.TIMEOUT
    else:
        assert event.report is Report.REJECTED


def captured_account() -> list[Exchange]:
    """The captured account, with what captures do not have: an empty list of orders, and as of when it is."""
    return [
        ok(AS_OF, {"as_of_time": "2026-06-11T06:40:00Z"}),
        ok("/portfolio/orders?status=resting", {"orders": [], "cursor": ""}),
        Exchange(path="/portfolio/positions", status=200, body=sample("portfolio__positions")),
        Exchange(path=BALANCE, status=200, body=sample("auth__balance_ok")),
        ok(RESTING_VALUE, {"total_resting_order_value": 12}),
        Exchange(path="/portfolio/fills", status=200, body=sample("fills__after_taker")),
    ]


def test_a_captured_account_is_stated() -> None:
    shards = Shards()
    codec = KalshiOrderCodec(shards)
    *fills, stated = codec.decode(swept(*captured_account()))
    assert isinstance(stated, AccountStated)
    balance = money_of(json.loads(sample("auth__balance_ok"))["balance_dollars"])
    assert stated.cash == balance + 120_000
    assert shards.free == {0: balance}
    rows = json.loads(sample("portfolio__positions"))["market_positions"]
    held = {row["ticker"]: (row["position_fp"], row["market_exposure_dollars"]) for row in rows}
    assert stated.positions == tuple(
        StatedPosition(kalshi_yes(name), MarketId(name), Size(round(float(size) * CONTRACT)), money_of(cost))
        for name, (size, cost) in held.items()
    )
    captured = json.loads(sample("fills__after_taker"))["fills"]
    told = [event.fill for event in fills if isinstance(event, ForeignFill)]
    assert {fill.id for fill in told} == {row["fill_id"] for row in captured}
    assert {fill.fee for fill in told} == {money_of(row["fee_cost"]) for row in captured}


# Accounts.


def test_a_negative_position_is_one_of_no_and_nothing_is_none() -> None:
    codec = KalshiOrderCodec()
    frame = swept(*account([], [], {"KXA-1": "-2.50", "KXB-1": "0.00", "KXC-1": "1.00"}))
    stated = codec.decode(frame)[-1]
    assert isinstance(stated, AccountStated)
    assert [(one.outcome, one.size) for one in stated.positions] == [
        (kalshi_no("KXA-1"), 2_500_000),
        (kalshi_yes("KXC-1"), CONTRACT),
    ]
    assert stated.cash == money_of("99.0186")


def test_open_orders_are_ours_or_strange() -> None:
    codec = knowing()
    strange = VenueOrder("o-9", "", TICKER, False, 30, 100)
    accepted, stated = codec.decode(swept(*account([RESTING, strange], [])))
    assert isinstance(accepted, OrderReported)
    assert isinstance(stated, AccountStated)
    ours, other = stated.orders
    assert (ours.venue_id, ours.order, ours.outcome, ours.side) == (NAME, NAME, kalshi_yes(TICKER), Side.BUY)
    assert (other.venue_id, other.order, other.outcome, other.price) == ("o-9", None, kalshi_no(TICKER), Price(7_000))


def broken(change: Callable[[list[Exchange]], object]) -> Frame:
    exchanges = account([RESTING], [FILL], {"KXA-1": "1.00"})
    change(exchanges)
    return swept(*exchanges)


def swap(exchanges: list[Exchange], prefix: str, **changes: object) -> None:
    at = next(i for i, each in enumerate(exchanges) if each.path.startswith(prefix))
    exchanges[at] = msgspec.structs.replace(exchanges[at], **changes)


def edit(exchanges: list[Exchange], prefix: str, old: str, new: str) -> None:
    at = next(i for i, each in enumerate(exchanges) if each.path.startswith(prefix))
    assert old in exchanges[at].body
    swap(exchanges, prefix, body=exchanges[at].body.replace(old, new))


@pytest.mark.parametrize(
    "change",
    [
        *(lambda found, number=number: found.pop(number) for number in range(6)),
        lambda found: swap(found, "/portfolio/positions", status=503),
        lambda found: swap(found, "/portfolio/positions", status=404),
        lambda found: swap(found, "/portfolio/orders", status=None, failure="timeout"),
        lambda found: swap(found, "/portfolio/fills", body="<html>"),
        lambda found: edit(found, "/portfolio/positions", '"cursor": ""', '"cursor": "next"'),
        lambda found: edit(found, "/portfolio/positions", '"1.00"', '"1.0x"'),
        lambda found: edit(found, "/portfolio/positions", '"1.00"', '"NaN"'),
        lambda found: edit(found, "/portfolio/positions", '"1.00"', "1.00"),
        lambda found: edit(found, "/portfolio/positions", '"KXA-1"', '""'),
        lambda found: edit(found, "/portfolio/orders", '"resting"', '"amended"'),
        lambda found: edit(found, "/portfolio/orders", '"bid"', '"both"'),
        lambda found: edit(found, "/portfolio/orders", '"subaccount_number": 0', '"subaccount_number": 7'),
        lambda found: edit(found, "/portfolio/fills", '"0.4000"', '"1.0000"'),
        lambda found: edit(found, "/portfolio/fills", '"t-1"', '""'),
        lambda found: edit(found, "/portfolio/balance", '"98.0186"', '"9e9"'),
        lambda found: edit(found, AS_OF, "2026", "0001"),
    ],
)
def test_an_account_of_which_anything_is_missing_or_unreadable_is_not_stated(
    change: Callable[[list[Exchange]], object],
) -> None:
    codec = knowing()
    with pytest.raises(WireError):
        codec.decode(broken(change))
    events = codec.decode(broken(lambda _: None))
    assert [type(event) for event in events] == [OrderReported, OrderFilled, AccountStated]


def test_a_fill_whose_order_cannot_be_read_stops_the_statement_and_is_not_lost() -> None:
    codec = knowing()
    strange = VenueFill("t-9", "o-9", "", TICKER, True, 40, 100)
    with pytest.raises(WireError, match="o-9"):
        codec.decode(swept(*account([], [strange])))
    read = VenueOrder("o-9", "somebody", TICKER, True, 40, 100, 100, "executed")
    foreign, stated = codec.decode(swept(*account([], [strange], looked_up=(read,))))
    assert isinstance(foreign, ForeignFill)
    assert isinstance(stated, AccountStated)


def test_pages_must_follow_one_another() -> None:
    def page(cursor: str, following: str) -> Exchange:
        path = "/portfolio/positions?limit=1" + (f"&cursor={cursor}" if cursor else "")
        return ok(path, {"market_positions": [], "cursor": following})

    whole = [each for each in account([], []) if not each.path.startswith("/portfolio/positions")]
    codec = KalshiOrderCodec()
    assert codec.decode(swept(*whole, page("", "a"), page("a", "b"), page("b", "")))
    for pages in (
        [page("", "a"), page("b", "")],
        [page("", "a"), page("a", "a"), page("a", "a")],
        [page("a", "")],
        [page("", ""), page("", "")],
    ):
        with pytest.raises(WireError):
            codec.decode(swept(*whole, *pages))


# The venue's state.


def status(*, active: bool = True, trading: bool = True, resume: str | None = None, at: int = AT) -> Frame:
    body = {"exchange_active": active, "trading_active": trading, "exchange_estimated_resume_time": resume}
    frame = answered(Asked.HEARTBEAT, ok(STATUS, body))
    return msgspec.structs.replace(frame, received=at)


def states(codec: KalshiOrderCodec, *frames: Frame) -> list[VenueState]:
    events = [event for frame in frames for event in codec.decode(frame)]
    return [event.state for event in events if isinstance(event, VenueStateChanged)]


def test_pauses_are_told_once_each() -> None:
    frames = (status(), status(trading=False), status(trading=False), status(active=False, trading=False), status())
    assert states(KalshiOrderCodec(), *frames) == [VenueState.CANCEL_ONLY, VenueState.RESTARTING, VenueState.UP]


def test_a_pause_says_when_it_ends_if_the_venue_does_or_the_calendar() -> None:
    [paused] = KalshiOrderCodec().decode(status(active=False, resume="2026-06-11T09:30:00Z"))
    assert isinstance(paused, VenueStateChanged)
    assert paused.until == 1_781_170_200 * 10**9
    thursday = 1_781_161_200 * 10**9  # 2026-06-11 03:00 in New York
    [planned] = KalshiOrderCodec().decode(status(trading=False, at=thursday))
    assert isinstance(planned, VenueStateChanged)
    assert planned.until == thursday + 7_200 * 10**9


def test_silence_counts_when_it_lasts() -> None:
    silent = answered(Asked.HEARTBEAT, Exchange(path=STATUS, failure="timeout"))
    page = answered(Asked.HEARTBEAT, Exchange(path=STATUS, status=200, body="<html>"))
    codec = KalshiOrderCodec()
    assert states(codec, silent, page, status(), silent, silent) == []
    assert states(codec, page, silent, status()) == [VenueState.RESTARTING, VenueState.UP]


def test_a_group_that_went_off_takes_no_orders_until_it_is_reset() -> None:
    def step(kind: str) -> Frame:
        return said("order_group_updates", {"event_type": kind, "order_group_id": "g-1", "ts_ms": 1})

    codec = KalshiOrderCodec()
    assert states(codec, step("created"), step("triggered")) == [VenueState.CANCEL_ONLY]
    reset = answered(Asked.GROUP, ok("/trade-api/v2/portfolio/order_groups/g-1/reset", {}))
    assert states(codec, reset, step("reset")) == [VenueState.UP]


def test_the_worst_reason_counts() -> None:
    codec = knowing()
    garbled = answered(Asked.PLACE, ok("/portfolio/events/orders", {}, 201), ids=(NAME,))
    frames = (garbled, status(trading=False), status(), swept(*account([], [])), status(trading=False), status())
    assert states(codec, *frames) == [VenueState.DOWN, VenueState.CANCEL_ONLY, VenueState.UP]


def test_a_venue_that_makes_sense_again_in_the_middle_of_a_pause_is_paused() -> None:
    codec = knowing()
    garbled = answered(Asked.PLACE, ok("/portfolio/events/orders", {}, 201), ids=(NAME,))
    frames = (status(trading=False), garbled, swept(*account([], [])))
    assert states(codec, *frames) == [VenueState.CANCEL_ONLY, VenueState.DOWN, VenueState.CANCEL_ONLY]


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"\xff", b'{"type":"fill"}', b'{"type":"fill","msg":{}}', b'{"type":5}', b"[" * 5_000],
)
def test_what_is_no_message_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError):
        knowing().decode(Frame("kalshi/user", AT, payload))


def test_messages_that_tell_nothing_of_orders_are_passed_over() -> None:
    codec = knowing()
    assert not codec.decode(said("subscribed", {"channel": "fill", "sid": 1}))
    assert not codec.decode(said("market_position", {"market_ticker": TICKER, "position_fp": "3.00"}))
    assert not codec.decode(said("something_new", {}))
    assert not codec.decode(Frame("kalshi/ws", AT, b"anything"))


def test_of_very_many_orders_those_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_orders, "MOST_KNOWN", 20)
    known = known_orders.KnownOrders()
    for number in range(100):
        over = number % 2
        known.add([order(OrderStatus.REJECTED if over else OrderStatus.OPEN, name=f"run-i{number}-1")])
    assert sum(known.get(f"run-i{number}-1") is not None for number in range(1, 100, 2)) < 20
    assert all(known.get(f"run-i{number}-1") for number in range(0, 100, 2))
