"""The halt: a file that outlives the desk, a signal that reaches one that hangs."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.risk.halt import (
    CHECK_EVERY,
    HALT_SIGNAL,
    Halt,
    HaltSwitch,
    halt_file,
    install_halt_signal,
    lift_halt,
    read_halt,
    write_halt,
)

ORDERED = Halt("something looks wrong", "ann", Nanos(7))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return halt_file(tmp_path)


@pytest.fixture
def signals_restored() -> Iterator[None]:
    before = signal.getsignal(HALT_SIGNAL)
    yield
    signal.signal(HALT_SIGNAL, before)


def test_a_halt_survives_on_disk_for_its_owner_only(path: Path) -> None:
    assert read_halt(path) is None
    write_halt(path, ORDERED)
    assert read_halt(path) == ORDERED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["halt.json"]


def test_the_first_reason_stays(path: Path) -> None:
    write_halt(path, ORDERED)
    assert write_halt(path, Halt("another", "bob", Nanos(8))) == ORDERED
    assert read_halt(path) == ORDERED


def test_many_halts_at_once_leave_one_whole_file(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write_halt(path, Halt("x" * 1_000, f"caller {n}", Nanos(n))), range(50)))
    standing = read_halt(path)
    assert standing is not None
    assert standing.by.startswith("caller")
    assert [entry.name for entry in path.parent.iterdir()] == ["halt.json"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"reason":1}', b"\xff\xfe", b"null"])
def test_a_damaged_file_is_a_halt(path: Path, body: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(body)
    standing = read_halt(path)
    assert standing is not None
    assert "damaged" in standing.reason


def test_a_file_that_cannot_be_read_is_a_halt(path: Path) -> None:
    path.mkdir(parents=True)
    standing = read_halt(path)
    assert standing is not None
    assert "cannot be read" in standing.reason


def test_only_a_person_who_checked_lifts_a_halt(path: Path) -> None:
    write_halt(path, ORDERED)
    with pytest.raises(UsageError, match="resume --i-checked"):
        lift_halt(path, checked=False)
    assert read_halt(path) == ORDERED
    assert lift_halt(path, checked=True) == ORDERED
    assert read_halt(path) is None
    assert lift_halt(path, checked=False) is None


def test_the_switch_notices_the_file_within_its_interval_and_order_placement_at_once(path: Path) -> None:
    switch = HaltSwitch(path)
    assert switch.poll(Nanos(0)) is None
    assert not switch.refuses()
    write_halt(path, ORDERED)
    assert switch.poll(Nanos(CHECK_EVERY - 1)) is None
    assert switch.poll(CHECK_EVERY) == ORDERED
    other = HaltSwitch(path)
    assert other.refuses()
    assert CHECK_EVERY <= 100 * MILLISECOND


def test_a_desk_that_was_halted_stays_so_until_it_is_told_to_go_on(path: Path) -> None:
    switch = HaltSwitch(path)
    switch.order(ORDERED)
    with pytest.raises(UsageError):
        switch.lift()
    lift_halt(path, checked=True)
    assert switch.poll(Nanos(10**12)) == ORDERED
    assert switch.refuses()
    switch.lift()
    assert switch.poll(Nanos(10**12)) is None
    assert not switch.refuses()


def test_a_signal_refuses_orders_at_once_and_is_written_down_by_the_next_turn(
    path: Path, signals_restored: None
) -> None:
    switch = HaltSwitch(path)
    install_halt_signal(switch)
    os.kill(os.getpid(), HALT_SIGNAL)
    assert switch.refuses()
    assert read_halt(path) is None
    assert switch.poll(Nanos(5)) == Halt("ordered by a person", "signal SIGUSR1", Nanos(5))
    assert read_halt(path) == switch.halt


def test_a_halt_holds_in_memory_even_where_the_file_cannot_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    switch = HaltSwitch(path)
    with pytest.raises(OSError, match="no space left"):
        switch.order(ORDERED)
    assert switch.refuses()
    assert switch.poll(Nanos(0)) == ORDERED
    assert list(path.parent.iterdir()) == []


def test_a_switch_without_a_file_lives_in_memory() -> None:
    switch = HaltSwitch(None)
    assert switch.poll(Nanos(0)) is None
    switch.order(ORDERED)
    assert switch.refuses()
    switch.lift()
    assert not switch.refuses()


HANGING = """
import sys
from pathlib import Path
from dutchbook.risk.halt import HaltSwitch, halt_file, install_halt_signal
switch = HaltSwitch(halt_file(Path(sys.argv[1])))
install_halt_signal(switch)
print("hanging", flush=True)
while not switch._asked:  # a turn that never ends
    pass
print("refused" if switch.refuses() else "sent", flush=True)
"""


def test_a_desk_whose_turn_never_ends_hears_the_signal(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HANGING, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "hanging\n"
        process.send_signal(HALT_SIGNAL)
        assert process.communicate(timeout=20)[0] == "refused\n"
