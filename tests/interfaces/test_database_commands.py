"""`dutchbook db` and `dutchbook decisions`, as a user types them."""

import json
from pathlib import Path

import pytest

from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from tests.interfaces.cli import Terminal

START = Nanos(1_790_000_000 * SECOND)


@pytest.fixture
def traded(terminal: Terminal) -> Terminal:
    """A home in which a desk traded for half a minute."""
    clock = VirtualClock(START)
    with RunningDesk(shipped_settings(), terminal.home, WalkSource(7, clock), clock) as desk:
        for _ in range(300):
            clock.advance(Nanos(clock.now() + SECOND // 10))
            desk.step()
    return terminal


def test_the_log_is_there_without_any_step_before_and_agrees_with_the_journal(traded: Terminal) -> None:
    shown = traded("decisions", "--limit", "5")
    assert shown.code == 0, shown.err
    assert "CHANGED" not in shown.out
    assert "paper" in shown.out
    told = json.loads(traded("decisions", "--stage", "risk", "--decision", "trade", "--json").out)
    assert {entry["stage"] for entry in told["entries"]} == {"risk"}
    assert told["summary"]["by_stage"]["risk"] == told["summary"]["total"]
    assert isinstance(told["entries"][0]["body"], dict)
    assert traded("decisions", "--verify").code == 0
    checked = json.loads(traded("decisions", "--verify", "--json").out)
    assert checked["ok"]
    assert checked["wrong"] == []


def test_a_changed_journal_fails_the_comparison(traded: Terminal) -> None:
    assert traded("decisions").code == 0
    [segment] = traded.home.glob("runs/*/journal/journal-000001.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"approved":true', b'"approved":null', 1))
    checked = traded("decisions", "--verify")
    assert checked.code == 1
    assert "NOT as the journal has it" in checked.out


def test_a_backup_is_made_listed_and_brought_back(traded: Terminal) -> None:
    assert traded("db", "upgrade").code == 0
    made = json.loads(traded("db", "backup", "--json").out)
    assert json.loads(traded("db", "backups", "--json").out)[0]["path"] == made["path"]
    assert Path(made["path"]).name in traded("db", "backups").out
    back = traded("db", "restore", made["path"])
    assert back.code == 0, back.err
    assert "what was there is in" in back.out


def test_rebuilding_says_how_much_was_read_and_what_could_not_be(traded: Terminal) -> None:
    told = json.loads(traded("db", "rebuild", "--json").out)
    assert told["lines"] > 50
    assert told["problems"] == []
    [segment] = traded.home.glob("runs/*/journal/journal-000001.jsonl")
    segment.write_bytes(segment.read_bytes()[:-30] + b"x" * 29 + b"\n")
    again = traded("db", "rebuild")
    assert again.code == 1
    assert "dutchbook journal verify" in again.err


def test_figures_name_every_table(traded: Terminal) -> None:
    missing = traded("db", "stats")
    assert missing.code == 1
    assert "dutchbook db upgrade" in missing.err
    assert traded("decisions").code == 0
    figures = json.loads(traded("db", "stats", "--json").out)
    assert figures["kind"] == "sqlite"
    assert figures["runs"] == 1
    assert {table["name"]: table["rows"] for table in figures["tables"]}["orders"] > 0
    assert "desk.db" in traded("db", "stats").out


def test_mistakes_are_one_line(terminal: Terminal, tmp_path: Path) -> None:
    for arguments in (
        ("db", "restore", tmp_path / "none.db"),
        ("db", "backup"),
        ("decisions", "--stage", "dreaming"),
        ("decisions", "--verify"),
    ):
        told = terminal(*arguments)
        assert told.code != 0
        assert told.err.startswith("error: ")
        assert told.err.count("\n") == 1, told.err


def test_old_entries_leave_the_log_and_what_was_traded_stays(traded: Terminal) -> None:
    assert traded("decisions").code == 0

    def rows() -> dict[str, int]:
        return {each["name"]: each["rows"] for each in json.loads(traded("db", "stats", "--json").out)["tables"]}

    before = rows()
    would = json.loads(traded("db", "prune", "--decisions", "1d", "--recordings", "0s", "--dry-run", "--json").out)
    assert rows() == before, "a dry run changes nothing"
    pruned = traded("db", "prune", "--decisions", "1d", "--recordings", "0s")
    assert pruned.code == 0, pruned.err
    assert pruned.out.startswith("gone, older than `retention` allows: ")
    after = rows()
    emptied = ("decisions", "journal_lines", "near_misses", "opportunities")
    assert would["entries"] == sum(before[name] for name in emptied) > 0
    assert [after[name] for name in emptied] == [0, 0, 0, 0]
    assert {name: count for name, count in after.items() if name not in emptied} == {
        name: count + (name == "edits") for name, count in before.items() if name not in emptied
    }, "and who did it is on record"
    assert before["fills"] > 0
    verified = traded("decisions", "--verify")
    assert verified.code == 0, "what went on purpose is no forgery"
    assert "too old for the log" in verified.out
    assert traded("db", "rebuild").code == 0
    assert {**rows(), "edits": 0} == {**before, "edits": 0}, "the journals have all of it"


def test_frames_are_let_go_by_a_command_and_orders_are_still_explained(traded: Terminal) -> None:
    assert traded("db", "prune", "--recordings", "1d").code == 0
    assert not list(traded.home.glob("runs/*/recording/frames-*"))
    [order, *_] = json.loads(traded("journal", "show", "--kind", "order", "--json").out)
    told = traded("explain", order["body"]["id"])
    assert told.code == 0, told.err
    assert "retention.recordings" in told.out
    assert "retention.recordings" in traded("replay", next(traded.home.glob("runs/*/recording"))).err
    assert "it is no duration" not in traded("db", "prune", "--runs", "soon").err
    assert traded("db", "prune", "--runs", "soon").code == 2
