"""A frame that brings what a near miss waits for is known by a glance, before it is decoded; nothing else differs."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dutchbook.domain.orders import Order
from dutchbook.domain.ports import Frame, NewBest
from dutchbook.domain.units import CONTRACT, MILLISECOND, Nanos
from dutchbook.engine.ahead import Decided
from dutchbook.execution.settings import Sending
from dutchbook.storage.journal import Journal
from dutchbook.storage.journal_reader import read
from dutchbook.venues.polymarket.codec import MARKET_SOURCE
from tests.app.near_miss_stage import HERE, Stage, Venuelike
from tests.venues.polymarket.venue_side import VenueBook, change, frame, price_change

WRONG = "5e" * 20


class Wired(Stage):
    """The desk of the stage, told of its books by frames. Notes which orders left before their frame was applied."""

    def __init__(self, folder: Path, sending: Sending = Sending.TOGETHER) -> None:
        super().__init__(folder, sending, wired=True)
        self.at_a_glance: list[str] = []
        self.books: list[tuple[VenueBook, VenueBook]] = []
        for each in self.markets:
            more = {"market": each.id, "neg_risk": True}
            yes = VenueBook(each.yes, [("0.3", "40")], [("0.34", "40")], **more)  # type: ignore[arg-type]
            no = VenueBook(each.no, [("0.66", "40")], [("0.7", "40")], **more)  # type: ignore[arg-type]
            self.books.append((yes, no))
            for book in (yes, no):
                self.hear(book.frame(self.at_ms))
        contingencies = self.parts.loop.contingencies
        assert contingencies is not None
        really = contingencies.announced

        def announced(best: NewBest) -> Decided | None:
            found = really(best)
            book = self.parts.desk.books.held(best.outcome)
            assert book is not None
            assert book.best_ask != best.price, "it was applied already"
            if found is not None:
                self.at_a_glance += [order.id for order in found.loaded.ready.orders]
            return found

        contingencies.announced = announced  # type: ignore[method-assign]

    @property
    def at_ms(self) -> int:
        return self.clock.now() // MILLISECOND

    def hear(self, message: object) -> None:
        told = frame(message)
        self.journal.hold()
        self.parts.loop.frame(Frame(MARKET_SOURCE, self.clock.now(), told.payload), HERE)
        self.journal.let_go()

    def tell(self, number: int, price: str, size: str, *, how: str = "", side: str = "SELL") -> None:
        """A YES is offered, which is a bid for its NO; somehow otherwise than usual, if `how` says so."""
        yes, no = self.books[number]
        mirror = f"{1 - float(price):.2f}".rstrip("0")
        other = "BUY" if side == "SELL" else "SELL"
        yes.set(side, price, size)
        no.set(other, mirror, size)
        at = self.at_ms
        rows = [change(yes, side, price, size, yes.hash(at)), change(no, other, mirror, size, no.hash(at))]
        match how:
            case "the other first":
                rows.reverse()
            case "one alone":
                self.hear(price_change(rows[:1], at, yes.market))
                rows = rows[1:]
            case "no hash":
                rows = [{**row, "hash": ""} for row in rows]
            case "two at once":
                yes.set(side, "0.9", "1")
                no.set(other, "0.1", "1")
                rows = [change(yes, side, price, size, yes.hash(at)), change(no, other, mirror, size, no.hash(at))]
                rows += [change(yes, side, "0.9", "1", yes.hash(at)), change(no, other, "0.1", "1", no.hash(at))]
            case "wrong":
                rows = [{**row, "hash": WRONG} for row in rows]
            case "old":
                at -= 1_000
        self.hear(price_change(rows, at, yes.market))

    def later(self, ms: int) -> None:
        self.clock.advance(Nanos(self.clock.now() + ms * MILLISECOND))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Wired]:
    made = Wired(tmp_path)
    made.later(10)
    made.work()
    yield made
    made.journal.close()


@pytest.mark.parametrize("how", ["", "the other first"])
def test_orders_leave_before_the_frame_is_applied(stage: Wired, how: str) -> None:
    stage.tell(1, "0.31", "90", how=how)
    assert len(stage.broker.sent) == 3
    assert stage.at_a_glance == [one.order.id for one in stage.broker.sent]
    book = stage.parts.desk.books.held(stage.markets[1].yes)
    assert book is not None
    assert book.best_ask == 3_100
    orders = stage.parts.desk.execution.orders
    assert [order.venue_id for order in orders] == [one.venue_id for one in stage.broker.sent]


@pytest.mark.parametrize("how", ["one alone", "no hash", "two at once", "wrong", "old"])
def test_what_is_not_plain_is_decoded_first(stage: Wired, how: str) -> None:
    stage.tell(1, "0.31", "90", how=how)
    stage.later(30)
    stage.parts.loop.advance(stage.clock.now(), HERE)
    assert stage.at_a_glance == []
    assert len(stage.broker.sent) == (0 if how in ("wrong", "old") else 3)


def test_another_level_of_the_leg_that_moves_is_looked_at_first(stage: Wired) -> None:
    stage.tell(1, "0.36", "10")
    stage.later(10)
    stage.tell(1, "0.31", "90")
    assert len(stage.broker.sent) == 3
    assert stage.at_a_glance == []


def test_a_rehearsal_leaves_no_trace(stage: Wired) -> None:
    yes, no = stage.books[1]
    stage.tell(1, "0.36", "10")
    stage.later(10)
    stage.work()
    at = stage.at_ms
    last = frame(
        price_change([change(yes, "SELL", "0.31", "90", "x"), change(no, "BUY", "0.69", "90", "x")], at, yes.market)
    )
    before = stage.journal.head, stage.parts.desk.version, dict(stage.broker.ahead)
    for _ in range(9):
        stage.parts.loop.rehearse(Frame(MARKET_SOURCE, stage.clock.now(), last.payload))
    assert (stage.journal.head, stage.parts.desk.version, stage.broker.ahead) == before
    assert not stage.broker.sent
    stage.at_a_glance.clear()
    stage.tell(1, "0.31", "90")
    assert stage.at_a_glance == [one.order.id for one in stage.broker.sent]
    assert len(stage.broker.sent) == 3


def test_nothing_is_rehearsed_while_nothing_is_ready(stage: Wired) -> None:
    contingencies = stage.parts.loop.contingencies
    assert contingencies is not None
    contingencies.forget()
    stage.parts.loop.rehearse(Frame(MARKET_SOURCE, stage.clock.now(), b"x"))
    assert not stage.broker.sent


def test_a_death_as_they_leave_finds_them_on_record(stage: Wired) -> None:
    stage.tell(1, "0.31", "90")
    stage.kill()
    stage.tell(1, "0.31", "0")
    stage.later(1_000)
    stage.work()
    before = stage.journal.seq
    dies = patch.object(Venuelike, "place", side_effect=KeyboardInterrupt("killed here"))
    with dies, pytest.raises(KeyboardInterrupt):
        stage.tell(1, "0.31", "90")
    stage.journal.vanish()
    assert [line.seq for line in read(stage.journal.folder)][-1] == before
    wanted = stage.at_a_glance[-3:]
    with Journal.open(stage.journal.folder):
        verdict, *orders = [line for line in read(stage.journal.folder) if line.seq > before]
    assert verdict.kind == "verdict"
    assert [msgspec.json.decode(line.body, type=Order).id for line in orders] == wanted


def test_less_than_was_counted_on_is_looked_at_first(stage: Wired) -> None:
    stage.tell(1, "0.31", "39")
    assert {one.order.leg.size for one in stage.broker.sent} == {39 * CONTRACT}
    assert stage.at_a_glance == []


steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["0.31", "0.31", "0.31", "0.31", "0.32", "0.33", "0.35", "0.29"]),
        st.sampled_from(["39", "60", "60", "60", "200", "0"]),
        st.sampled_from(
            ["", "", "", "", "the other first", "one alone", "no hash", "two at once", "wrong", "old", "bid", "book"]
        ),
        st.sampled_from([0, 1, 3, 200, 200, 200, 1_000, 61_000]),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=40)
@given(steps, st.sampled_from(Sending))
def test_the_journal_is_the_same_with_it_and_without(
    moves: list[tuple[int, str, str, str, int, bool]], sending: Sending
) -> None:
    with TemporaryDirectory() as folder:
        ready, plain = Wired(Path(folder) / "ready", sending), Wired(Path(folder) / "plain", sending)
        for number, price, size, how, ms, back in moves:
            for stage in (ready, plain):
                stage.later(ms)
                stage.parts.loop.advance(stage.clock.now(), HERE)
                if ms > 60_000:
                    stage.state_account()
            ready.work()
            for stage in (ready, plain):
                live(stage, number, price, size, how)
                if back:
                    stage.later(2)
                    stage.tell(number, price, "0")
                    stage.later(10)
        assert ready.journal.head == plain.journal.head
        assert [one.venue_id for one in ready.broker.sent] == [one.venue_id for one in plain.broker.sent]
        assert plain.at_a_glance == []
        event(f"{len(ready.at_a_glance)} orders left at a glance")
        for stage in (ready, plain):
            stage.journal.close()


def live(stage: Wired, number: int, price: str, size: str, how: str) -> None:
    """A book moves in some way, and all that was sent is killed."""
    if how == "bid":
        stage.tell(number, "0.28", size, side="BUY")
    elif how == "book":
        for book in stage.books[number]:
            stage.hear(book.frame(stage.at_ms))
    else:
        stage.tell(number, price, size, how=how)
    stage.kill()
