"""`dutchbook backtest` and `dutchbook data quotes` as users call them."""

import json
from pathlib import Path

from tests.app.backtest.rig import VILLAGE
from tests.interfaces.cli import Terminal

FIELDS = {
    "rewards",
    "rebates",
    "spread",
    "adverse_selection",
    "hedging",
    "fees",
    "net",
    "max_exposure_breach",
    "oldest_unhedged_fill_s",
    "frames",
    "orders",
    "fills",
    "times_real_time",
    "journal_head",
}


def scenario(folder: Path, text: bytes = VILLAGE) -> Path:
    path = folder / "hamlet.yaml"
    path.write_bytes(text)
    return path


def test_json_has_the_parts_and_the_same_seed_gives_the_same_head(terminal: Terminal, tmp_path: Path) -> None:
    call = ("backtest", "--scenario", scenario(tmp_path), "--strategy", "at-the-middle", "--hours", "0.1", "--json")
    first, second = (json.loads(terminal(*call).out) for _ in range(2))
    assert first.keys() >= FIELDS
    assert first["orders"] > 0
    assert first["journal_head"] == second["journal_head"]
    parts = ("rewards", "rebates", "spread", "adverse_selection", "hedging", "fees", "other")
    assert abs(sum(float(first[part]) for part in parts) - float(first["net"])) < 1e-6


def test_a_kept_backtest_is_a_run_whose_journal_is_proven(terminal: Terminal, tmp_path: Path) -> None:
    called = terminal(
        "backtest", "--scenario", scenario(tmp_path), "--strategy", "nothing", "--hours", "0.05", "--keep"
    )
    assert called.code == 0, called.err
    assert "times real time" in called.out
    assert terminal("journal", "verify").code == 0


def test_several_are_compared_and_written_as_a_page(terminal: Terminal, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    names = ("as-written", "at-the-middle", "nothing")
    call: list[str | Path] = ["backtest", "--scenario", scenario(tmp_path), "--hours", "0.05", "--seeds", "2"]
    call += ["--jobs", "1", *(word for name in names for word in ("--strategy", name))]
    called = terminal(*call, "--page", page, "--json")
    assert called.code == 0, called.err
    document = json.loads(called.out)
    assert [each["strategy"] for each in document["summaries"]] == list(names)
    assert len(document["reports"]) == 6
    text = page.read_text()
    assert document["command"] in text
    assert "| seed | as-written | at-the-middle | nothing |" in text
    assert "| 2 |" in text


def test_mistakes_are_told_in_one_line(terminal: Terminal, tmp_path: Path) -> None:
    bad = scenario(tmp_path, VILLAGE.replace(b"lasts: 5d", b"lasts: 5 fortnights"))
    mistakes: tuple[tuple[tuple[str | Path, ...], int, str], ...] = (
        (("--strategy", "luck"), 2, "no strategy is called 'luck'"),
        (("--scenario", "atlantis"), 2, "scenario 'atlantis'"),
        (("--scenario", bad), 5, "hamlet.yaml:18 questions.0.lasts"),
        (("--faults", "gremlins"), 2, "fault plan 'gremlins'"),
        (("--keep", "--seeds", "2"), 2, "--keep keeps one run"),
    )
    for arguments, code, said in mistakes:
        called = terminal("backtest", *arguments)
        assert called.code == code, called
        assert said in called.err
        assert called.err.count("\n") == 1
