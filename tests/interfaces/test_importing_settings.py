"""dutchbook config import: the reward maker's file in our terms, on paper and on disk."""

import json
from pathlib import Path

from tests.interfaces.cli import Terminal

TEXT = "max_markets: 3\nprice_deviation_threshold_bps: 0.0001\n"


def file_of(folder: Path, text: str = TEXT) -> Path:
    file = folder / "config.yaml"
    file.write_text(text)
    return file


def test_each_key_is_told_with_unit_meaning_and_ours(terminal: Terminal, tmp_path: Path) -> None:
    shown = terminal("config", "import", "--from", "reward-maker", file_of(tmp_path)).out
    assert (
        "max_markets: 3  (a whole number; markets quoted at once, at most)\n  -> reward_maker.max_markets: 3" in shown
    )
    assert "any change of a tick or more" in shown
    assert "reward_maker:\n" in shown


def test_what_was_written_is_what_the_desk_then_does(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "mine.yaml"
    assert terminal("config", "import", "--from", "reward-maker", file_of(tmp_path), "--out", out).code == 0
    shown = json.loads(terminal("--config", out, "config", "show", "--json").out)["settings"]
    assert shown["reward_maker.max_markets"]["value"] == "3"
    assert shown["reward_maker.filters.rank_by"]["value"] == "reward_ratio"
    again = terminal("config", "import", "--from", "reward-maker", file_of(tmp_path), "--out", out)
    assert again.code != 0
    assert "is there already" in again.err


def test_the_same_as_json(terminal: Terminal, tmp_path: Path) -> None:
    told = json.loads(terminal("config", "import", "--from", "reward-maker", file_of(tmp_path), "--json").out)
    assert [row["ours"] for row in told["rows"]] == [
        "reward_maker.max_markets",
        "reward_maker.price_deviation_threshold",
    ]
    assert told["settings"]["reward_maker"]["max_markets"] == "3"


def test_every_mistake_is_a_line_of_its_own(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal("config", "import", "--from", "reward-maker", file_of(tmp_path, "max_market: 3\nspread: 1\n"))
    assert said.code == 5
    assert [line.startswith("error: ") for line in said.err.splitlines()] == [True, True]
    assert "did you mean max_markets" in said.err
    assert terminal("config", "import", "--from", "freqtrade", file_of(tmp_path)).code != 0
