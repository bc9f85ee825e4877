"""The next quote is worked out while the cancel of the last is out: it leaves at the answer, and no line differs."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import (
    CashMoved,
    GridChanged,
    HaltOrdered,
    OrderReported,
    PauseOrdered,
    VenueState,
    VenueStateChanged,
)
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.orders import Order, OrderStatus, Report
from dutchbook.domain.units import DOLLAR, Money, Price
from dutchbook.storage.journal_reader import read
from tests.app.quoting_stage import HERE, QuotingStage

type Doing = Callable[[QuotingStage], None]


def leaving(folder: Path) -> tuple[QuotingStage, Order]:
    """A desk that withdrew a quote, has the next one ready, and waits for its venue's word."""
    stage = QuotingStage(folder)
    stage.venue.before_turn.clear()
    stage.move(1)
    stage.work()
    [(order, report)] = stage.venue.unanswered
    assert report is Report.CANCELLED
    return stage, stage.parts.desk.execution.orders[order]


def test_the_next_quote_leaves_before_the_turn_comes_to_it(tmp_path: Path) -> None:
    stage, order = leaving(tmp_path)
    stage.answer()
    assert stage.venue.before_turn == [stage.venue.sent[-1].order.id]
    placed = stage.parts.desk.execution.orders[stage.venue.before_turn[0]]
    assert (placed.leg.outcome, placed.status) == (order.leg.outcome, OrderStatus.SENDING)
    assert placed.leg.limit != order.leg.limit
    assert placed.venue_id == stage.venue.sent[-1].venue_id
    stage.journal.close()


def test_all_that_is_said_of_it_is_on_record_before_it_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, _ = leaving(tmp_path)
    lines: list[str] = []

    def place(*_: object) -> None:
        lines.extend(line.kind for line in read(stage.journal.folder))

    monkeypatch.setattr(stage.venue, "place", place)
    stage.answer()
    assert lines[-4:] == ["report", "basket", "verdict", "order"]
    stage.journal.close()


def filled(stage: QuotingStage) -> None:
    stage.fill(2, 5)


def book_moved_on(stage: QuotingStage) -> None:
    stage.move(1)


def other_quote_moved(stage: QuotingStage) -> None:
    stage.move(2)


def cash_came(stage: QuotingStage) -> None:
    stage.parts.loop.dispatch(CashMoved(Money(DOLLAR), stage.world.now), HERE)


def paused(stage: QuotingStage) -> None:
    stage.parts.loop.dispatch(PauseOrdered(by="somebody", strategy="", received=stage.world.now), HERE)


def halted(stage: QuotingStage) -> None:
    stage.parts.loop.dispatch(HaltOrdered("somebody wants it", stage.world.now), HERE)


def venue_went_down(stage: QuotingStage) -> None:
    gone = VenueStateChanged(Venue.POLYMARKET, VenueState.CANCEL_ONLY, stage.world.now, "maintenance")
    stage.parts.loop.dispatch(gone, HERE)


def grid_changed(stage: QuotingStage) -> None:
    changed = GridChanged(stage.world.markets[1].id, PriceGrid.uniform(Price(100)), stage.world.now)
    stage.parts.loop.dispatch(changed, HERE)


def long_ago(stage: QuotingStage) -> None:
    stage.wait(900)
    stage.parts.loop.advance(stage.world.now, HERE)


CHANGES: list[Doing] = [
    filled, book_moved_on, other_quote_moved, cash_came, paused, halted, venue_went_down, grid_changed, long_ago,
]  # fmt: skip


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_meanwhile_leads_to_what_it_would_lead_to_without(
    tmp_path: Path, change: Doing, again: bool
) -> None:
    heads = []
    for name in ("ahead", "plain"):
        stage = QuotingStage(tmp_path / name)
        stage.move(1)
        if name == "ahead":
            stage.work()
        change(stage)
        if name == "ahead" and again:
            stage.work()
        while stage.venue.unanswered:
            stage.answer()
        heads.append((stage.journal.head, [one.venue_id for one in stage.venue.sent]))
        stage.journal.close()
    assert heads[0] == heads[1]


def test_a_halt_that_nobody_noticed_yet_keeps_the_next_quote_back(tmp_path: Path) -> None:
    stage, _ = leaving(tmp_path)
    sent = len(stage.venue.sent)
    stage.parts.loop._switch.trip("somebody")
    stage.answer()
    assert len(stage.venue.sent) == sent
    assert [order.status for order in stage.parts.desk.execution.orders][-1] is OrderStatus.REJECTED
    stage.journal.close()


def test_news_that_is_no_cancel_sends_nothing(tmp_path: Path) -> None:
    stage, order = leaving(tmp_path)
    sent = len(stage.venue.sent)
    stage.parts.loop.dispatch(OrderReported(order.id, Report.TIMEOUT, stage.world.now), HERE)
    assert len(stage.venue.sent) == sent
    stage.journal.close()


def test_a_turn_that_comes_to_another_quote_stops_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, _ = leaving(tmp_path)
    monkeypatch.setattr(stage.parts.maker, "on_event", lambda *_: ())
    with pytest.raises(IllegalTransition, match="sent ahead of its turn"):
        stage.answer()
    stage.journal.close()


days = st.lists(
    st.tuples(
        st.sampled_from(
            ["move"] * 6 + ["answer"] * 6 + ["late answer", "fill", "show", "show", "wait", "account", "all"]
        ),
        st.integers(0, 2),
        st.sampled_from([1, 5, 20, 100, 400, 2_100]),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=4,
    max_size=30,
)


@settings(max_examples=40)
@given(days)
def test_the_journal_is_the_same_with_it_and_without(day: list[tuple[str, int, int, bool]]) -> None:
    with TemporaryDirectory() as folder:
        ready, plain = QuotingStage(Path(folder) / "ready"), QuotingStage(Path(folder) / "plain")
        ready.venue.before_turn.clear()
        for what, number, amount, works in day:
            if works:
                ready.work()
            for stage in (ready, plain):
                live(stage, what, number, amount)
        assert [one.venue_id for one in ready.venue.sent] == [one.venue_id for one in plain.venue.sent]
        assert ready.journal.head == plain.journal.head
        event(f"{len(ready.venue.before_turn)} quotes left before their turn")
        for stage in (ready, plain):
            stage.journal.close()


def live(stage: QuotingStage, what: str, number: int, amount: int) -> None:
    """One thing happens."""
    match what:
        case "move":
            stage.move(number)
        case "answer":
            stage.answer()
        case "late answer":
            stage.answer(number)
        case "fill":
            stage.fill(number, amount)
        case "show":
            stage.show(number)
        case "wait":
            stage.wait(amount)
        case "account":
            stage.state_account()
        case _:
            stage.answer_all()
