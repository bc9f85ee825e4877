"""Whatever is repeated, mixed up or said on both channels: each fill is told once, and an end only after its fills."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import FillSettled, ForeignFill, OrderFilled, OrderMissing, OrderReported
from dutchbook.domain.orders import Order, OrderStatus, Report, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, SECOND, Nanos
from dutchbook.venues.polymarket import known_orders
from dutchbook.venues.trading import Asked, Exchange
from tests.venues.polymarket.broker import telling
from tests.venues.polymarket.broker.stage import LittleDesk
from tests.venues.polymarket.broker.telling import (
    KEY_ID,
    START,
    Match,
    answered,
    gone,
    heard,
    name,
    order,
    order_event,
    placed,
    trade,
    trade_event,
    trades_page,
)

type Saying = tuple[str, object]
"""How something is said: on the user channel (its bytes), or as an answer."""

LATER = Nanos(START + 100 * SECOND)


class Life(msgspec.Struct, frozen=True):
    """What truly happens to an order: its trades, each with its end, and how it ends itself."""

    number: int
    matches: tuple[Match, ...]
    failed: frozenset[str]
    cancelled: bool
    answer_lost: bool
    tif: TimeInForce

    @property
    def size(self) -> int:
        return sum(match.size for match in self.matches) + (3 if self.cancelled else 0)

    @property
    def sent(self) -> Order:
        return order(self.number, self.size, tif=self.tif)

    @property
    def matched(self) -> int:
        return sum(match.size for match in self.matches)

    def over(self, match: Match) -> str:
        return "FAILED" if match.trade in self.failed else "CONFIRMED"

    def sayings(self) -> list[Saying]:
        """All that both channels say of it."""
        sent, names = self.sent, [match.trade for match in self.matches]
        said: list[Saying] = []
        if self.answer_lost:
            said.append(("place", Exchange(path="/order", failure="timeout")))
        elif self.matches:
            said.append(("place", placed(sent, "matched", taking=str(self.matched), trades=names)))
        else:
            said.append(("place", placed(sent)))
        said.append(("user", order_event(sent, "PLACEMENT", 0)))
        total = 0
        for match in self.matches:
            total += match.size
            over = total == self.size
            said.append(("user", order_event(sent, "UPDATE", total, "MATCHED" if over else "LIVE", names)))
            said += [("user", trade_event(sent, match, status)) for status in ("MATCHED", "MINED", self.over(match))]
        if self.cancelled:
            said.append(("user", order_event(sent, "CANCELLATION", total, "CANCELED", names)))
            body = f'{{"canceled":["{sent.venue_id}"],"not_canceled":{{}}}}'
            said.append(("cancel", Exchange(path="/order", status=200, body=body)))
        return said

    def question(self, at: Nanos) -> Frame:
        """The answer to a query once all is over."""
        rows = [trade(self.sent, match, self.over(match)) for match in self.matches]
        return answered(Asked.QUERY, [gone(self.sent), trades_page(rows)], [self.sent.venue_id], at, at)

    def frame(self, saying: Saying, at: Nanos) -> Frame:
        kind, what = saying
        if isinstance(what, bytes):
            return heard(what, at)
        assert isinstance(what, Exchange)
        return answered(Asked.PLACE if kind == "place" else Asked.CANCEL, [what], [self.sent.venue_id], at, START)


@st.composite
def lives(draw: st.DrawFn, number: int) -> Life:
    count = draw(st.integers(0, 4))
    matches = tuple(
        Match(
            trade=f"{number}-{index}",
            size=draw(st.integers(1, 9)),
            price=draw(st.integers(10, 90)),
            maker=draw(st.booleans()),
            other_token=draw(st.booleans()),
        )
        for index in range(count)
    )
    failed = frozenset(match.trade for match in matches if draw(st.integers(0, 4)) == 0)
    cancelled = draw(st.booleans()) or not matches
    immediate = draw(st.sampled_from([TimeInForce.GTC, TimeInForce.IOC]))
    return Life(number, matches, failed, cancelled, draw(st.booleans()), immediate if matches else TimeInForce.GTC)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Life], list[tuple[int, Saying]]]:
    """Some lives, and everything said of them: in any order, some of it twice, some of it never."""
    told = [draw(lives(number)) for number in range(1, draw(st.integers(1, 3)) + 1)]
    sayings = [(index, saying) for index, life in enumerate(told) for saying in life.sayings()]
    heard_: list[tuple[int, Saying]] = []
    for saying in sayings:
        # An answer comes once; what the channel says may come twice, or be missed.
        times = draw(st.sampled_from((0, 1, 1, 1, 2))) if saying[1][0] == "user" else 1
        heard_ += [saying] * times
    return told, draw(st.permutations(heard_))


class Hearer:
    """A codec and a desk that believes it; both channels end here."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self.codec = telling.codec()
        self.codec.know(orders)
        self.desk = LittleDesk()
        self.desk.orders = {each.id: each for each in orders}
        self.reports: list[tuple[str, Report]] = []

    def hear(self, frame: Frame) -> None:
        events = self.codec.decode(frame)
        self.desk.learn(events)
        self.reports += [(each.order, each.report) for each in events if isinstance(each, OrderReported)]


@given(stories())
def test_any_mixture_of_both_channels_gives_the_same_truth(story: tuple[list[Life], list[tuple[int, Saying]]]) -> None:
    told, sayings = story
    hearer = Hearer([life.sent for life in told])
    for moment, (index, saying) in enumerate(sayings, 1):
        hearer.hear(told[index].frame(saying, Nanos(START + moment)))
        assert not hearer.desk.late
    for life in told:  # what nobody said is asked for, at last more than once
        for again in range(3):
            hearer.hear(life.question(Nanos(LATER + again)))
        check(hearer, life)
    assert not hearer.desk.late
    assert len(set(hearer.reports)) == len(hearer.reports)


def check(hearer: Hearer, life: Life) -> None:
    known = hearer.desk.orders[life.sent.id]
    good = sum(match.size for match in life.matches if match.trade not in life.failed)
    assert hearer.desk.filled(known.id) == good * CONTRACT
    assert known.status.final or (life.answer_lost and not life.matches)
    if not life.failed and not life.cancelled:
        assert known.status is OrderStatus.FILLED
    for match in life.matches:
        key = known.id, match.trade
        if key in hearer.desk.fills:
            fill = hearer.desk.fills[key]
            assert (fill.size, fill.price) == (match.size * CONTRACT, match.price * 100)
            assert (fill.outcome, fill.side, fill.maker) == (life.sent.leg.outcome, Side.BUY, match.maker)
            assert (key in hearer.desk.reversed) == (match.trade in life.failed)
            assert (key in hearer.desk.settled) == (match.trade not in life.failed)
        else:
            assert match.trade in life.failed


@given(stories(), st.integers(0, 60))
def test_a_restart_tells_no_fill_again(story: tuple[list[Life], list[tuple[int, Saying]]], after: int) -> None:
    told, sayings = story
    hearer = Hearer([life.sent for life in told])
    for moment, (index, saying) in enumerate(sayings, 1):
        if moment == after:
            before = hearer.desk
            hearer.codec = telling.codec()
            hearer.codec.know(before.orders.values())
            hearer.codec.told((before.orders[order_].venue_id, fill) for order_, fill in before.fills)
            before.restarted = True
        hearer.hear(told[index].frame(saying, Nanos(START + moment)))
    for life in told:
        for again in range(3):
            hearer.hear(life.question(Nanos(LATER + again)))
        good = sum(match.size for match in life.matches if match.trade not in life.failed)
        assert hearer.desk.filled(life.sent.id) == good * CONTRACT


def test_a_cancellation_waits_for_the_trade_that_came_before_it() -> None:
    sent, match = order(1), Match("t", 4)
    hearer = Hearer([sent])
    hearer.hear(heard(order_event(sent, "PLACEMENT", 0), START))
    hearer.hear(heard(order_event(sent, "CANCELLATION", 4, "CANCELED", ["t"]), START))
    assert hearer.desk.orders[sent.id].status is OrderStatus.OPEN
    hearer.hear(heard(trade_event(sent, match, "MATCHED"), START))
    known = hearer.desk.orders[sent.id]
    assert (known.status, known.filled) == (OrderStatus.CANCELLED, 4 * CONTRACT)


def test_what_is_missing_by_less_than_a_hundredth_of_a_share_is_dust() -> None:
    sent = order(1, 100)
    hearer = Hearer([sent])
    hearer.hear(heard(order_event(sent, "UPDATE", 100, "MATCHED", ["t"]), START))
    row = trade(sent, Match("t", 100), "CONFIRMED")
    row["size"] = row["maker_orders"][0]["matched_amount"] = "99.997714"
    hearer.hear(answered(Asked.QUERY, [trades_page([row])], [], START, START))
    known = hearer.desk.orders[sent.id]
    assert (known.status, known.filled) == (OrderStatus.CANCELLED, 99_997_714)


def test_trades_that_were_announced_and_never_came_do_not_keep_an_order_for_ever() -> None:
    sent = order(1)
    hearer = Hearer([sent])
    hearer.hear(heard(order_event(sent, "CANCELLATION", 4, "CANCELED"), START))
    hearer.hear(heard(order_event(sent, "PLACEMENT", 0), START))
    for again in range(3):
        assert hearer.desk.orders[sent.id].status is OrderStatus.OPEN
        at = Nanos(LATER + again)
        hearer.hear(answered(Asked.QUERY, [gone(sent), trades_page([])], [sent.venue_id], at, at))
    assert hearer.desk.orders[sent.id].status is OrderStatus.CANCELLED


def test_an_answer_from_before_the_order_was_known_does_not_end_it() -> None:
    sent = order(1)
    hearer = Hearer([sent])
    hearer.hear(answered(Asked.PLACE, [placed(sent)], [sent.venue_id], LATER, START))
    for _ in range(5):
        hearer.hear(answered(Asked.QUERY, [gone(sent), trades_page([])], [sent.venue_id], LATER, START))
    assert hearer.desk.orders[sent.id].status is OrderStatus.OPEN


@pytest.mark.parametrize("body", ["null", '{"error":"order not found"}'])
def test_an_unknown_order_that_is_nowhere_is_missing_and_no_more(body: str) -> None:
    sent, codec = order(1), telling.codec()
    codec.know([sent])
    nowhere = Exchange(path=f"/data/order/{sent.venue_id}", status=200 if body == "null" else 404, body=body)
    for _ in range(5):
        [event] = codec.decode(answered(Asked.QUERY, [nowhere, trades_page([])], [sent.venue_id], LATER, LATER))
        assert isinstance(event, OrderMissing)


def test_an_order_without_an_answer_that_could_be_cancelled_was_there() -> None:
    sent = order(1)
    hearer = Hearer([sent])
    lost = Exchange(path="/order", failure="timeout")
    hearer.hear(answered(Asked.PLACE, [lost], [sent.venue_id], START, START))
    body = f'{{"canceled":["{sent.venue_id}"],"not_canceled":{{}}}}'
    hearer.hear(answered(Asked.CANCEL, [Exchange(path="/order", status=200, body=body)], [sent.venue_id], START, START))
    assert hearer.desk.orders[sent.id].status is OrderStatus.UNKNOWN
    hearer.hear(answered(Asked.QUERY, [gone(sent), trades_page([])], [sent.venue_id], LATER, LATER))
    assert hearer.desk.orders[sent.id].status is OrderStatus.CANCELLED


def test_a_restart_knows_a_trade_by_all_its_prices() -> None:
    sent, codec = order(1), telling.codec()
    codec.know([sent])
    codec.told([(sent.venue_id, "t@4800"), (sent.venue_id, "t@4900")])
    row = trade(sent, Match("t", 10), "CONFIRMED")
    events = codec.decode(answered(Asked.QUERY, [trades_page([row])], [], START, START))
    assert [event.fill for event in events if isinstance(event, FillSettled)] == ["t@4800", "t@4900"]
    assert len(events) == 2


def test_a_question_without_a_whole_answer_says_nothing() -> None:
    sent, codec = order(1), telling.codec()
    codec.know([sent])
    for exchanges in (
        [gone(sent)],
        [gone(sent), Exchange(path="/data/trades?x=1", status=500, body="")],
        [gone(sent), Exchange(path="/data/trades?x=1", failure="timeout")],
        [Exchange(path=gone(sent).path, failure="timeout"), trades_page([])],
        [Exchange(path=gone(sent).path, status=500), trades_page([])],
    ):
        assert not codec.decode(answered(Asked.QUERY, exchanges, [sent.venue_id], LATER, LATER))


def test_a_list_that_lacks_its_last_page_is_none() -> None:
    sent, codec = order(1), telling.codec()
    codec.know([sent])
    with pytest.raises(WireError, match="last page"):
        codec.decode(answered(Asked.QUERY, [gone(sent), trades_page([], "MTA=")], [sent.venue_id], LATER, LATER))


def test_trades_of_our_account_by_unknown_orders_are_foreign() -> None:
    stranger = order(7)
    codec = telling.codec()
    for maker in (False, True):
        match = Match(f"t{maker}", 4, maker=maker)
        [event] = codec.decode(heard(trade_event(stranger, match, "MATCHED"), START))
        assert isinstance(event, ForeignFill)
        assert (event.fill.order, event.fill.size, event.fill.maker) == (stranger.venue_id, 4 * CONTRACT, maker)
        [settled] = codec.decode(heard(trade_event(stranger, match, "CONFIRMED"), START))
        assert isinstance(settled, FillSettled)


def test_trades_of_others_are_nobodys() -> None:
    row = trade(order(7), Match("t", 4), "MATCHED")
    row.update(owner="somebody", maker_address="0x" + "ee" * 20)
    assert not telling.codec().decode(answered(Asked.QUERY, [trades_page([row])], [], START, START))


def test_a_trade_with_ourselves_fills_both_orders() -> None:
    buyer, seller = order(1, 5), order(2, 5, side=Side.SELL)
    row = trade(buyer, Match("t", 5), "MATCHED")
    row["maker_orders"][0].update(order_id=seller.venue_id, owner=KEY_ID)
    codec = telling.codec()
    codec.know([buyer, seller])
    events = codec.decode(answered(Asked.QUERY, [trades_page([row])], [], START, START))
    fills = [event.fill for event in events if isinstance(event, OrderFilled)]
    assert [(fill.order, fill.maker) for fill in fills] == [(buyer.id, False), (seller.id, True)]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("price", "1.5"),
        ("price", "-0.5"),
        ("price", "NaN"),
        ("price", "0.\u0665"),
        ("price", "0.12345"),
        ("matched_amount", "0"),
        ("matched_amount", "1e3"),
        ("matched_amount", "0.1234567"),
        ("asset_id", "333"),
        ("side", "HOLD"),
        ("side", 7),
    ],
)
def test_numbers_and_words_that_cannot_be_are_refused_and_change_nothing(place: str, value: object) -> None:
    sent, match = order(1), Match("t", 4, maker=True)
    hearer = Hearer([sent])
    row = trade(sent, match, "MATCHED")
    row["maker_orders"][0][place] = value
    with pytest.raises(WireError):
        hearer.hear(answered(Asked.QUERY, [trades_page([row])], [], START, START))
    hearer.hear(heard(trade_event(sent, match, "MATCHED"), START))
    assert hearer.desk.filled(sent.id) == 4 * CONTRACT


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[1]", b"null", b"7", b'"x"', b"[" * 3_000, b'{"event_type":7}', b"\xff"]
)
def test_frames_that_are_none_are_refused(payload: bytes) -> None:
    with pytest.raises(WireError):
        telling.codec().decode(heard(payload, START))


def test_what_nobody_knows_is_passed_over() -> None:
    codec = telling.codec()
    assert not codec.decode(heard(b'{"event_type":"notice"}', START))
    assert not codec.decode(heard(b"[]", START))
    assert not codec.decode(heard(order_event(order(5), "PLACEMENT", 0), START))
    assert not codec.decode(Frame("polymarket/market", START, b"{}"))


def test_frames_may_be_lists() -> None:
    sent, match = order(1), Match("t", 10)
    hearer = Hearer([sent])
    parts = [order_event(sent, "PLACEMENT", 0), trade_event(sent, match, "CONFIRMED")]
    hearer.hear(heard(b"[" + b",".join(parts) + b"]", START))
    assert hearer.desk.orders[sent.id].status is OrderStatus.FILLED


def test_a_name_is_the_same_in_capitals() -> None:
    sent = order(0xABC)
    hearer = Hearer([sent])
    answer = placed(sent)
    shouted = msgspec.structs.replace(
        answer, body=answer.body.replace(name(0xABC), name(0xABC).upper().replace("X", "x"))
    )
    hearer.hear(answered(Asked.PLACE, [shouted], [sent.venue_id], START, START))
    assert hearer.desk.orders[sent.id].status is OrderStatus.OPEN


def test_of_very_many_orders_those_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_orders, "MOST_KNOWN", 20)
    known = known_orders.KnownOrders()
    for number in range(1, 100):
        known.know([order(number)])
        if number % 2:
            known.by_id[name(number)].report(Report.REJECTED, START)
    assert len(known.by_id) < 60
    assert all(known.get(name(number)) for number in range(2, 100, 2))
