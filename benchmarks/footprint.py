"""P25: how long `dutchbook --help` takes, and how much memory a desk holds that has nothing to do.

The desk is the whole paper desk with 1,020 outcomes subscribed, their books taken over and its screen loaded. It is
measured in a process of its own, and again once the compiled walk is there.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.election import election
from benchmarks.method import ROUNDS, WALL, Row, deliver, limit

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(sys.executable).parent / "dutchbook"
QUESTIONS = 17
"""Of thirty markets with two outcomes each."""


def footprint() -> list[Row]:
    """Measure P25."""
    return [_help(), *_idle_desk()]


def _help() -> Row:
    what = "dutchbook --help, start to end (wall)"
    if not PROGRAM.exists():
        return Row(id="p25-help", what=what, unit="ms", absent=f"{PROGRAM.name} is not installed in this environment")
    found: list[float] = []
    for _ in range(ROUNDS + 1):
        began = WALL()
        done = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True, cwd=ROOT)
        found.append((WALL() - began) / 1e6)
        assert "replay" in done.stdout, "help does not tell the commands"
    return limit("p25-help", what, ours=found[1:], unit="ms", bar=300)  # the first run writes the byte code


def _idle_desk() -> list[Row]:
    what = "memory of an idle desk, 1,020 outcomes subscribed"
    if not Path("/proc/self/status").exists():
        return [Row(id="p25-desk", what=what, unit="MB", absent="no /proc tells a process's resident memory here")]
    found = [_desk_in_a_process() for _ in range(ROUNDS)]
    return [
        limit("p25-desk", what, ours=[before for before, _ in found], unit="MB", bar=160),
        limit("p25-compiled", f"{what}, compiled walk loaded", ours=[after for _, after in found], unit="MB", bar=260),
    ]


def _desk_in_a_process() -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.footprint", "--desk"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    before, after = done.stdout.split()
    return float(before), float(after)


def _hold_a_desk() -> tuple[float, float]:
    """Megabytes of this process with an idle desk: before the compiled walk is loaded, and with it."""
    import dutchbook.app.running
    import dutchbook.interfaces.cli.desk_screen
    import dutchbook.interfaces.cli.main  # noqa: F401 - what `dutchbook run` has loaded
    from benchmarks.book_memory import resident
    from dutchbook.app.assembly import Terms, assemble
    from dutchbook.config.load import shipped_settings
    from dutchbook.domain.events import FrameRef
    from dutchbook.domain.pricing.packed import kernel
    from dutchbook.engine.desk import Opening
    from dutchbook.storage.journal import Journal

    elections = [election(0, seed) for seed in range(QUESTIONS)]
    snapshots = [frame for one in elections for frame in one.snapshots]
    markets = [market for one in elections for market in one.markets]
    settings = shipped_settings()
    with tempfile.TemporaryDirectory() as folder, Journal.create(Path(folder) / "journal") as journal:
        opening = Opening(settings.portfolio.bankroll, snapshots[0].received)
        parts = assemble(settings, [one.question for one in elections], markets, journal, Terms(opening=opening))
        for line, frame in enumerate(snapshots):
            parts.loop.frame(frame, FrameRef(0, line))
        books = [parts.desk.book(outcome) for market in markets for outcome in (market.yes, market.no)]
        assert all(book is not None and book.usable for book in books), "a book was not taken over"
        assert not any(name.partition(".")[0] == "numba" for name in sys.modules), "numba is loaded already"
        before = resident()
        assert kernel() is not None, "numba is not installed"
        return before / 2**20, resident() / 2**20


if __name__ == "__main__":
    if sys.argv[1:] == ["--desk"]:
        print(*_hold_a_desk())
    else:
        deliver(footprint, [])
