"""A pair of the sandbox, from `dutchbook pairs add` to fills at both venues: every step as a user takes it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAM = (sys.executable, "-m", "dutchbook.interfaces.cli.main")
APART = """
name: apart
crowds:
  moody:
    mood: 0.05
    makers:
      - {count: 2, half_spread: 0.005, noise: 0.15, levels: 5, stride: 1, sizes: 50..200..900, requote: 30s, moves: 1}
    noise: {every: 2s, sizes: 2..20..200}
questions:
  - {kind: binary, name: snow-tomorrow, ticker: KXSNOW, title: "Does it snow tomorrow?", category: Weather,
     crowd: moody, venues: [polymarket, kalshi], lasts: 1d, chance: 50%, fee: 0%, beliefs: {news_every: 2h}}
"""
"""Each maker has its own opinion, and nobody trades between the venues: their prices lie 15 cents apart."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home with a sandbox that runs in it, which every command finds there."""
    scenario, home = tmp_path / "apart.yaml", tmp_path / "home"
    scenario.write_text(APART)
    command = [*PROGRAM, "sandbox", "--json", "--scenario", str(scenario)]
    with subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        yield home
        running.terminate()


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "DUTCHBOOK_HOME": str(home)}


def call(home: Path, *words: str) -> Any:
    done = subprocess.run(
        [*PROGRAM, *words, "--json"], env=environment(home), capture_output=True, text=True, check=False, timeout=90
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_pair_that_was_approved_is_watched_shown_and_traded_on_paper(home: Path) -> None:
    listed = call(home, "scan", "--sandbox", "--duration", "1s", "--limit", "500")
    markets = {row["venue"]: row["bundle"].partition(":")[2] for row in listed if row["kind"] == "buy_both"}
    why = ("--reason", "the same question", "--mismatch", "0.1%")
    added = call(home, "pairs", "add", markets["polymarket"], markets["kalshi"], *why, "--sandbox")
    assert [added[key]["title"] for key in ("yes_market", "no_market")] == [
        "Does it snow tomorrow?",
        "Does it snow tomorrow? (Yes)",
    ]
    [found] = call(home, "arbitrage", "--sandbox", "--duration", "2s")
    assert (found["kind"], found["legs"], found["verdict"]) == ("cross_venue", 2, "approved")

    picture = call(home, "run", "--duration", "3s")
    assert picture["mode"] == "paper"
    assert picture["bundles_total"] == len(listed) + 2
    assert picture["fills_total"] >= 2
    lines = [
        json.loads(line) for path in home.glob("runs/paper-*/journal/*.jsonl") for line in path.read_text().splitlines()
    ]
    [begun] = [line["body"] for line in lines if line["kind"] == "run"]
    assert [(pair["id"], pair["who"]) for pair in begun["pairs"]] == [("p1", added["who"])]
    venues = {_venue(line["body"]["market"]) for line in lines if line["kind"] == "fill"}
    assert venues == {"polymarket", "kalshi"}


def _venue(market: str) -> str:
    return "polymarket" if market.startswith("0x") else "kalshi"
