"""What a near miss would lead to is decided while idle: orders leave at the tick, and nothing else differs by it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import CashMoved, GridChanged, LevelSet, LevelsSet, PauseOrdered
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.orders import IntentId, Order, OrderStatus
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.domain.wishes import Withdraw
from dutchbook.execution.settings import Sending
from dutchbook.storage.journal_reader import read
from dutchbook.strategies.ports import Strategy
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.trading import Prepared
from tests.app.near_miss_stage import HERE, NO_OPENING, START, Stage

type Doing = Callable[[Stage], None]


def test_the_orders_leave_before_the_turn_comes_to_them(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work()
    stage.fall(1, 3_100)
    assert len(stage.broker.sent) == 3
    assert stage.broker.before_turn == [one.order.id for one in stage.broker.sent]
    assert [order.venue_id for order in stage.parts.desk.execution.orders] == [o.venue_id for o in stage.broker.sent]
    stage.journal.close()


def test_a_strategy_that_is_measured_decides_ahead_as_well(tmp_path: Path) -> None:
    class Measured:
        def __init__(self, strategy: Strategy) -> None:
            self.strategy = strategy

        def __getattr__(self, name: str) -> object:
            return getattr(self.strategy, name)

    stage = Stage(tmp_path, measured=lambda strategy: cast("Strategy", Measured(strategy)))
    stage.work()
    stage.fall(1, 3_100)
    assert len(stage.broker.before_turn) == 3
    stage.journal.close()


def move(stage: Stage, number: int, price: int, contracts: int, side: Side = Side.SELL) -> None:
    """A level of a YES book, and of its NO book, gets a size."""
    each, size = stage.markets[number], Size(contracts * CONTRACT)
    sets = (
        LevelSet(each.yes, side, Price(price), size),
        LevelSet(each.no, side.opposite, Price(ONE - price), size),
    )
    stage.parts.loop.event(LevelsSet(sets, stage.clock.now()), HERE)


def test_without_signing_ahead_nothing_is_signed_before_its_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[bytes] = []
    really = SecretKey.sign

    def sign(key: SecretKey, digest: bytes) -> bytes:
        signed.append(digest)
        return really(key, digest)

    monkeypatch.setattr(SecretKey, "sign", sign)
    stage = Stage(tmp_path / "once", sign_ahead=False)
    stage.work()
    assert signed == []
    stage.fall(1, 3_100)
    assert ["0x" + digest.hex() for digest in signed] == [one.venue_id for one in stage.broker.sent]
    assert len(stage.broker.before_turn) == 3
    ahead = Stage(tmp_path / "ahead")
    ahead.work()
    assert len(signed) > 3
    ahead.fall(1, 3_100)
    assert ahead.broker.bodies == stage.broker.bodies
    for each in (stage, ahead):
        each.journal.close()


@pytest.mark.parametrize(("seconds", "sent"), [(9, 3), (11, 0)])
def test_what_time_forbids_since_it_was_decided_does_not_leave(tmp_path: Path, seconds: int, sent: int) -> None:
    stage = Stage(tmp_path, closes=Nanos(START + 40 * SECOND + NO_OPENING))
    stage.work()
    stage.pass_seconds(seconds)
    stage.fall(1, 3_100)
    assert len(stage.broker.before_turn) == len(stage.broker.sent) == sent
    stage.journal.close()


def other_leg_moved_and_came_back(stage: Stage) -> None:
    move(stage, 2, 3_600, 10)
    move(stage, 2, 3_600, 0)


def minute_is_over(stage: Stage) -> None:
    stage.pass_seconds(61)
    stage.state_account()


def cash_came(stage: Stage) -> None:
    stage.parts.loop.dispatch(CashMoved(Money(DOLLAR), stage.clock.now()), HERE)


def quotes_were_withdrawn(stage: Stage) -> None:
    stage.parts.desk.grant(Withdraw(IntentId("somebody's"), "a check refuses"))


def test_orders_whose_timestamps_are_old_are_signed_anew(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work()
    signed = set(stage.broker.ahead)
    stage.pass_seconds(11)
    stage.fall(1, 3_100)
    assert len(stage.broker.before_turn) == 3
    assert signed.isdisjoint(one.content for one in stage.broker.sent)
    stage.journal.close()


@pytest.mark.parametrize("changed", [other_leg_moved_and_came_back, minute_is_over, cash_came, quotes_were_withdrawn])
def test_what_was_decided_before_anything_changed_is_decided_again(tmp_path: Path, changed: Doing) -> None:
    stage = Stage(tmp_path)
    stage.work()
    changed(stage)
    stage.fall(1, 3_100)
    assert len(stage.broker.sent) == 3
    assert stage.broker.before_turn == []
    stage.journal.close()


def test_what_was_signed_before_a_grid_changed_does_not_leave(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work()
    grid = PriceGrid.uniform(Price(10))
    stage.parts.loop.event(GridChanged(stage.markets[0].id, grid, stage.clock.now()), HERE)
    stage.fall(1, 3_100)
    assert stage.broker.before_turn == []
    stage.journal.close()


def test_what_leaves_ahead_is_on_record_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path)
    stage.work()
    on_record: list[set[str]] = []

    def place(prepared: Sequence[Prepared], now: Nanos) -> None:
        lines = [line.body for line in read(stage.journal.folder) if line.kind == "order"]
        on_record.append({msgspec.json.decode(body, type=Order).id for body in lines})
        stage.broker.sent += prepared

    monkeypatch.setattr(stage.broker, "place", place)
    stage.fall(1, 3_100)
    assert on_record == [{one.order.id for one in stage.broker.sent}]
    assert len(stage.broker.sent) == 3
    stage.journal.close()


def test_a_halt_that_nobody_noticed_yet_keeps_back_what_was_decided_ahead(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work()
    stage.parts.loop._switch.trip("somebody")
    stage.fall(1, 3_100)
    assert stage.broker.sent == []
    orders = list(stage.parts.desk.execution.orders)
    assert {order.status for order in orders} == {OrderStatus.REJECTED}
    assert len(orders) == 3
    stage.journal.close()


def test_less_than_was_counted_on_waits_for_the_turn(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work()
    stage.fall(1, 3_100, contracts=39)
    assert {one.order.leg.size for one in stage.broker.sent} == {39 * CONTRACT}
    assert stage.broker.before_turn == []
    stage.journal.close()


def test_a_paused_strategy_sends_nothing_ahead(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.parts.loop.dispatch(PauseOrdered(by="somebody", strategy="", received=stage.clock.now()), HERE)
    stage.work()
    stage.fall(1, 3_100)
    assert stage.broker.sent == []
    stage.journal.close()


def test_a_turn_that_comes_to_another_decision_stops_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path)
    stage.work()
    monkeypatch.setattr(stage.parts.strategy, "books_changed", lambda *_: ())
    with pytest.raises(IllegalTransition, match="sent ahead of its turn"):
        stage.fall(1, 3_100)
    stage.journal.close()


steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([3_100, 3_100, 3_100, 3_100, 3_000, 3_000, 3_200, 3_300, 3_500]),
        st.sampled_from([4, 39, 40, 41, 60, 60, 200]),
        st.sampled_from(["", "", "", "", "bid", "second", "minute"]),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=2,
    max_size=12,
)


@settings(max_examples=40)
@given(steps, st.sampled_from(Sending))
def test_the_journal_is_the_same_with_it_and_without(
    moves: list[tuple[int, int, int, str, bool]], sending: Sending
) -> None:
    with TemporaryDirectory() as folder:
        ready, plain = Stage(Path(folder) / "ready", sending), Stage(Path(folder) / "plain", sending)
        for number, price, contracts, besides, back in moves:
            ready.work()
            for stage in (ready, plain):
                live(stage, number, price, contracts, besides)
                if back:
                    move(stage, number, price, 0)
        assert ready.journal.head == plain.journal.head
        assert [one.venue_id for one in ready.broker.sent] == [one.venue_id for one in plain.broker.sent]
        assert plain.broker.before_turn == []
        event(f"{len(ready.broker.before_turn)} orders left before their turn")
        for stage in (ready, plain):
            stage.journal.close()


def live(stage: Stage, number: int, price: int, contracts: int, besides: str) -> None:
    """Something beside the move may happen; then the move, and all that was sent is killed."""
    stage.clock.advance(Nanos(stage.clock.now() + 200_000_000))
    stage.parts.loop.advance(stage.clock.now(), HERE)
    match besides:
        case "bid":
            move(stage, number, 2_950, 30, Side.BUY)
        case "second":
            stage.pass_seconds(1)
        case "minute":
            minute_is_over(stage)
    move(stage, number, price, contracts)
    stage.kill()
