"""A desk that hangs, fails, finds the disk full or is interrupted: it can be halted, and no order leaves after it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dutchbook.app.journals import journal_check, journal_lines
from dutchbook.app.replaying import Options, replay
from dutchbook.app.steering import status
from dutchbook.config.load import shipped_settings

HANGING = """
import sys
from pathlib import Path
from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.strategies.bundle import BundleStrategy

clock = VirtualClock(Nanos(1_790_000_000 * SECOND))
hung = False
decide = BundleStrategy.books_changed

def never_ends(self, outcomes, desk):
    global hung
    wanted = decide(self, outcomes, desk)
    if wanted and not hung:
        hung = True
        print("hangs", flush=True)
        while not paper._switch._asked:  # what hangs here is the turn, with intents that every rule would approve
            pass
    return wanted

BundleStrategy.books_changed = never_ends
with RunningDesk(shipped_settings(), Path(sys.argv[1]), WalkSource(7, clock), clock) as paper:
    def work(seconds):
        for _ in range(seconds * 10):
            clock.advance(Nanos(clock.now() + SECOND // 10))
            paper.step()
    while not hung:
        work(1)
    counters = paper.parts.loop.counters
    print(counters.intents - counters.refused, counters.orders, flush=True)
    work(20)
    print(paper.picture().halted, counters.orders, flush=True)
    sys.stdin.readline()  # resumed meanwhile
    work(60)
    print(paper.picture().halted, counters.orders > 0, flush=True)
"""


def _program(home: Path, *words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "dutchbook.interfaces.cli.main", *words],
        env={**os.environ, "DUTCHBOOK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_a_desk_whose_turn_never_ends_is_seen_halted_and_resumed_by_the_program(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HANGING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        assert desk.stdin is not None
        try:
            assert desk.stdout.readline() == "hangs\n"
            seen = json.loads(_program(tmp_path, "status", "--json"))
            assert seen["process"] == desk.pid
            assert seen["halted"] is None
            assert f"process {desk.pid} was told" in _program(tmp_path, "halt", "--reason", "it hangs")
            assert json.loads(_program(tmp_path, "status", "--json"))["halted"]["reason"] == "it hangs"
            approved, sent = map(int, desk.stdout.readline().split())
            assert approved > 0
            assert sent == 0
            halted, _, sent_later = desk.stdout.readline().rpartition(" ")
            assert "it hangs" in halted
            assert int(sent_later) == 0
            assert "it hangs" in _program(tmp_path, "resume", "--i-checked")
            desk.stdin.write("\n")
            desk.stdin.flush()
            assert desk.stdout.readline() == "None True\n"
            assert desk.wait(20) == 0
        finally:
            desk.kill()
    lines = list(journal_lines(tmp_path, None))
    refused = [line for line in lines if line.kind == "report" and b"the desk is halted" in bytes(line.body)]
    assert refused
    commands = [json.loads(bytes(line.body)) for line in lines if line.kind == "command"]
    assert [said["type"] for said in commands] == ["halt", "cancel_ordered", "resume"]
    assert commands[1]["buys_only"] is True


@pytest.mark.parametrize("process", [0, 2**22 + 1])
def test_a_halt_signals_nobody_but_the_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: int) -> None:
    from dutchbook.app import steering

    monkeypatch.setattr(steering, "holder", lambda _path: process)
    said = steering.halt(tmp_path, "lunch")
    assert said.startswith("HALTED: lunch")
    assert "was told" not in said


FAILING = """
import sys
from dutchbook.interfaces.cli.main import main
from dutchbook.strategies.bundle import BundleStrategy
decide = BundleStrategy.books_changed
calls = 0
def breaks(self, outcomes, desk):
    global calls
    calls += 1
    if calls > 30:
        raise ZeroDivisionError("a strategy that divides by nothing")
    return decide(self, outcomes, desk)
BundleStrategy.books_changed = breaks
sys.exit(main(sys.argv[1:]))
"""


def _call(home: Path, script: str, *words: str, limit: str = "unlimited") -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", f'ulimit -f {limit}; exec "$@"', "bash", sys.executable, "-c", script, *words]
    return subprocess.run(
        command,
        env={**os.environ, "DUTCHBOOK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_strategy_that_raises_stops_the_desk_in_one_line_and_keeps_its_traceback(tmp_path: Path) -> None:
    done = _call(tmp_path, FAILING, "run", "--walk", "--plain", "--duration", "30s")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("error: the desk stopped: ZeroDivisionError in ")
    [kept] = (tmp_path / "runs").glob("*/failure.txt")
    assert "a strategy that divides by nothing" in kept.read_text()
    assert str(kept) in line
    assert journal_check(tmp_path, None).ok
    recording = next((tmp_path / "runs").glob("*/recording"))
    shown = _program(tmp_path, "data", "verify", str(recording))
    assert "cut short by its writer" in shown
    done = _call(tmp_path, FAILING, "replay", str(recording))
    assert done.returncode == 1
    assert done.stderr.startswith("error: the desk stopped: ZeroDivisionError in ")


PLAIN = "import sys; from dutchbook.interfaces.cli.main import main; sys.exit(main(sys.argv[1:]))"


def test_a_full_disk_stops_a_replay_in_one_line_with_no_order_after_the_last_proven_line(
    tmp_path: Path, day_recording: Path
) -> None:
    done = _call(tmp_path, PLAIN, "replay", str(day_recording), limit="16")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "the journal cannot be written" in line
    assert "no order may leave" in line
    assert journal_check(tmp_path, None).ok
    lines = list(journal_lines(tmp_path, None))
    assert lines[-1].kind != "end"


def test_a_replay_that_is_interrupted_leaves_a_proven_journal(tmp_path: Path, day_recording: Path) -> None:
    def interrupt(done: int, _total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(day_recording, settings=shipped_settings(), home=tmp_path, options=Options(progress=interrupt))
    assert journal_check(tmp_path, None).ok
    assert "end" not in {line.kind for line in journal_lines(tmp_path, None)}


@pytest.mark.parametrize("left", [b"", b'{"seq":3,"at"', b"nonsense\n"])
def test_the_status_lists_a_run_whose_process_was_killed_at_any_point(
    tmp_path: Path, day_recording: Path, left: bytes
) -> None:
    replay(day_recording, settings=shipped_settings(), home=tmp_path)
    [path] = (tmp_path / "runs").glob("*/journal/journal-000001.jsonl")
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:2]) + left)
    [row] = status(tmp_path, shipped_settings()).runs
    assert (row.lines, row.ended) == (2, False)
    (path.parent / "head.json").unlink()  # nothing can be proven then: that is for `journal verify` to say
    [row] = status(tmp_path, shipped_settings()).runs
    assert (row.lines, row.ended) == (2, False)
    assert not journal_check(tmp_path, None).ok
