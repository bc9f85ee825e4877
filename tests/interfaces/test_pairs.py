"""dutchbook pairs: what a person decides about markets of two venues."""

import json
from pathlib import Path

import pytest

from tests.interfaces.cli import Terminal

HERE = "0x" + "5b" * 32
THERE = "KXRAIN-26JUL10-T4"
WHY = ("--reason", "the same station")


def test_a_pair_is_added_listed_shown_and_removed(terminal: Terminal) -> None:
    assert "none yet" in terminal("pairs", "list").out
    added = terminal("pairs", "add", HERE, THERE, *WHY)
    assert (added.code, added.err) == (0, "")
    assert added.out.startswith(f"p1 approved: {HERE} at polymarket and {THERE} at kalshi resolve alike\n")
    assert THERE in terminal("pairs", "list").out
    shown = terminal("pairs", "show", "p1")
    assert "the same station" in shown.out
    assert terminal("pairs", "remove", "p1", "--reason", "they differ").out.startswith("p1 removed: ")
    assert "none yet" in terminal("pairs", "list").out
    assert "they differ" in terminal("pairs", "show", "p1").out


def test_every_answer_is_there_as_json(terminal: Terminal) -> None:
    added = json.loads(terminal("pairs", "add", THERE, HERE, *WHY, "--inverted", "--mismatch", "2%", "--json").out)
    assert added["yes_market"] == {"venue": "kalshi", "market": THERE, "title": ""}
    assert (added["pair"], added["status"], added["inverted"], added["mismatch"]) == ("p1", "approved", True, "0.02")
    assert added["who"]
    assert added["at"].endswith("Z")
    assert json.loads(terminal("pairs", "list", "--json").out) == [added]
    assert json.loads(terminal("pairs", "show", "p1", "--json").out) == {**added, "decisions": [added]}
    removed = json.loads(terminal("pairs", "remove", "p1", "--json").out)
    assert removed["status"] == "removed"
    assert json.loads(terminal("pairs", "list", "--json").out) == []
    decided = json.loads(terminal("pairs", "show", "p1", "--json").out)["decisions"]
    assert [each["status"] for each in decided] == ["approved", "removed"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", HERE, "0x" + "5c" * 32, *WHY), "both at polymarket"),
        (("add", THERE, "KXRAIN-26JUL10-T5", *WHY), "both at kalshi"),
        (("add", HERE, HERE, *WHY), "was named twice"),
        (("add", THERE, HERE, *WHY), "p1 is this pair already"),
        (("add", "will-it-rain", THERE, *WHY), "'will-it-rain' is no market's id"),
        (("add", HERE, "KXSUN-1", "--reason", " "), "--reason is empty"),
        (("add", HERE, "KXSUN-1"), "--reason"),
        (("add", HERE, "KXSUN-1", *WHY, "--mismatch", "2"), "--mismatch '2' is no share"),
        (("remove", "p7"), "no pair is called 'p7' - there are: p1"),
        (("show", "p7"), "no pair is called 'p7'"),
    ],
)
def test_a_mistake_is_one_clear_line_and_changes_nothing(
    terminal: Terminal, words: tuple[str, ...], message: str
) -> None:
    terminal("pairs", "add", HERE, THERE, *WHY)
    before = (terminal.home / "pairs.jsonl").read_bytes()
    refused = terminal("pairs", *words)
    assert (refused.code, refused.out) == (2, "")
    [line] = refused.err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert (terminal.home / "pairs.jsonl").read_bytes() == before


def test_a_damaged_table_is_named_and_nothing_trades_on_it(terminal: Terminal, tmp_path: Path) -> None:
    terminal("pairs", "add", HERE, THERE, *WHY)
    table = terminal.home / "pairs.jsonl"
    table.write_text(table.read_text() + "{broken\n")
    for words in (("pairs", "list"), ("run", "--walk", "--duration", "1s")):
        refused = terminal(*words)
        assert refused.code == 5
        assert "pairs.jsonl:2 is no decision about a pair" in refused.err
        assert refused.err.count("\n") == 1
