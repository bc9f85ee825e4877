"""A desk that walked for some seconds of virtual time: real journals and recordings for those who follow them."""

from pathlib import Path

from dutchbook.app.running import RunningDesk
from dutchbook.app.runs import run_folder
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock

START = Nanos(1_790_000_000 * SECOND)


def pass_seconds(clock: VirtualClock, desk: RunningDesk, seconds: int) -> None:
    for _ in range(seconds * 10):
        clock.advance(Nanos(clock.now() + SECOND // 10))
        desk.step()


def a_desk(home: Path, clock: VirtualClock, seed: int = 7) -> RunningDesk:
    return RunningDesk(shipped_settings(), home, WalkSource(seed, clock), clock)


def walked(home: Path, seconds: int = 20, start: Nanos = START) -> Path:
    """The journal of a desk that began, traded and ended."""
    clock = VirtualClock(start)
    with a_desk(home, clock) as desk:
        pass_seconds(clock, desk, seconds)
    return run_folder(home, desk.run) / "journal"
