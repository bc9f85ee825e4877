"""Commands from other processes reach a running desk over its control socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from dutchbook.app import steering
from dutchbook.app.control.client import ask, running
from dutchbook.app.control.socket import LONGEST_REQUEST
from dutchbook.app.control.wire import (
    Answer,
    Cancel,
    Pause,
    Reconcile,
    Request,
    ShowFills,
    ShowLatency,
    ShowOrders,
    ShowPositions,
    Stop,
    Unpause,
    decode_answer,
)
from dutchbook.app.journals import journal_lines
from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.app.steering import status
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.orders import OrderId
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.storage.home import Home

START = Nanos(1_790_000_000 * SECOND)


class Stage:
    """A desk on a random walk, and somebody who asks it from another thread while it works."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = VirtualClock(START)
        self.desk = RunningDesk(shipped_settings(), home, WalkSource(7, self.clock), self.clock)

    def pass_seconds(self, seconds: int) -> None:
        for _ in range(seconds * 10):
            self._step()

    def ask(self, request: Request) -> Answer:
        """The answer, while the desk goes on. Raises what `ask` raises."""
        return self.during(lambda: ask(self.home, request))

    def during[T](self, action: Callable[[], T]) -> T:
        found: list[T | BaseException] = []

        def act() -> None:
            try:
                found.append(action())
            except BaseException as error:  # noqa: BLE001 - it is raised where the test can see it
                found.append(error)

        thread = threading.Thread(target=act)
        thread.start()
        while thread.is_alive() and not self.desk.over:
            self._step()
            thread.join(0.001)
        if self.desk.over:
            self.desk.close()
        thread.join()
        result = found[0]
        if isinstance(result, BaseException):
            raise result
        return result

    def _step(self) -> None:
        self.clock.advance(Nanos(self.clock.now() + SECOND // 10))
        self.desk.step()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    if running(tmp_path):
        made.desk.close()


def test_orders_positions_and_fills_are_those_of_the_desk(stage: Stage) -> None:
    stage.pass_seconds(60)
    fills = stage.ask(ShowFills(limit=5))
    positions = stage.ask(ShowPositions())
    orders = stage.ask(ShowOrders(all=True, limit=1_000))
    assert fills.mode == "paper"
    assert fills.run == stage.desk.run
    assert fills.fills is not None
    assert 0 < len(fills.fills) <= 5
    held = stage.desk.parts.desk.ledger.positions
    assert {row.outcome: row.size for row in positions.positions or ()} == {o: p.size for o, p in held.items()}
    assert {row.id for row in orders.orders or ()} >= {row.order for row in fills.fills}


def test_a_paused_desk_opens_nothing_until_it_is_resumed(stage: Stage) -> None:
    stage.pass_seconds(60)
    stage.ask(Pause())
    stage.pass_seconds(5)
    sent = stage.desk.parts.loop.counters.orders
    stage.pass_seconds(120)
    assert stage.desk.parts.loop.counters.orders == sent
    assert stage.desk.picture().paused == "paused by dutchbook pause"
    assert "paused" in stage.desk.parts.loop.counters.refusals
    stage.ask(Unpause())
    stage.pass_seconds(120)
    assert stage.desk.parts.loop.counters.orders > sent


def test_a_pause_of_another_strategy_is_refused_by_name(stage: Stage) -> None:
    with pytest.raises(UsageError, match="no strategy 'bundel' runs here - there are: bundle"):
        stage.ask(Pause("bundel"))


def test_what_a_person_orders_is_on_record(stage: Stage) -> None:
    stage.ask(Pause("bundle"))
    stage.ask(Reconcile())
    stage.ask(Cancel())
    bodies = [bytes(line.body) for line in journal_lines(stage.home, None) if line.kind == "command"]
    assert [b'"pause"' in bodies[0], b'"reconcile"' in bodies[1], b'"cancel_ordered"' in bodies[2]] == [True] * 3


def test_a_cancel_of_an_order_that_is_not_at_work_is_refused(stage: Stage) -> None:
    with pytest.raises(UsageError, match="no order i9-9 is at work"):
        stage.ask(Cancel(order="i9-9"))
    with pytest.raises(UsageError, match="no market nowhere is known"):
        stage.ask(Cancel(market="nowhere"))


def test_a_stopped_desk_ends_and_tells_who_asked(stage: Stage) -> None:
    stage.pass_seconds(30)
    answer = stage.ask(Stop())
    assert answer.said == "stopped"
    assert answer.unknown == ()
    assert not running(stage.home)
    with pytest.raises(UsageError, match="no desk is running"):
        ask(stage.home, ShowOrders())


def test_a_request_that_nobody_understands_is_answered_as_an_error(stage: Stage) -> None:
    stage.ask(Pause())  # however many steps the answers take, nothing is opened meanwhile
    for said in (b"\n", b"{}\n", b'{"type":"spend"}\n', b"\xff\xfe\n", b'{"type":"orders","limit":"x"}\n'):
        answer = decode_answer(stage.during(partial(_say, stage.home, said)))
        assert "no request of this version" in answer.error
    assert _say_in(stage, b"x" * (LONGEST_REQUEST + 1)) == b""
    assert stage.ask(ShowOrders()).orders == ()


def test_a_socket_left_behind_by_a_dead_desk_is_replaced(tmp_path: Path) -> None:
    path = Home(tmp_path).control
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    stage = Stage(tmp_path)
    assert stage.ask(ShowPositions()).positions == ()
    assert path.stat().st_mode & 0o077 == 0
    stage.desk.close()
    assert not path.exists()


def _say_in(stage: Stage, said: bytes) -> bytes:
    return stage.during(lambda: _say(stage.home, said))


def _say(home: Path, said: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(str(Home(home).control))
        try:
            connection.sendall(said)
            return connection.recv(65_536)
        except ConnectionError:
            return b""


def test_the_status_shows_what_the_running_desk_measured(stage: Stage) -> None:
    latency = stage.desk._latency
    for mark in (
        latency.received,
        latency.decoded,
        latency.decided,
        latency.signed,
        lambda: latency.written([OrderId("a")]),
    ):
        mark()
    found = stage.during(lambda: status(stage.home, shipped_settings()))
    assert [each.stage for each in found.stages] == ["decoded", "decided", "signed", "written"]
    assert found.silent == ""
    assert stage.ask(ShowLatency()).stages == found.stages == stage.desk.picture().stages


def test_the_status_of_a_desk_that_hangs_says_so_and_all_else(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "_PATIENCE_S", 0.05)
    found = status(stage.home, shipped_settings())
    assert found.process
    assert found.stages == ()
    assert "did not answer" in found.silent
    assert found.runs[0].run == stage.desk.run
