"""Small scenarios for tests: one question of a kind, and who trades in it."""

from pathlib import Path
from random import Random
from typing import Any

from dutchbook.config.documents import read_document
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.scenario_file import built_in
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.living.world import World

START = Nanos(1_800_000_000 * SECOND)
BOTH = ["polymarket", "kalshi"]

MAKER = {
    "count": 2,
    "half_spread": "0.01",
    "noise": "0.005",
    "levels": 3,
    "sizes": "50..100..400",
    "requote": "10s",
    "reaction": "200ms..2s",
}
CROWD = {
    "makers": [MAKER],
    "noise": {"every": "8s", "sizes": "5..20..100", "patience": "1m"},
    "informed": {"every": "1m", "sizes": "10..50..200"},
    "bundles": {},
    "cross_venue": {},
}
BASE = {
    "ticker": "KXTEST",
    "title": "Test?",
    "category": "Tests",
    "crowd": "all",
    "venues": BOTH,
    "lasts": "20m",
    "settles": "1m",
}
FEED = {"symbol": "btc/usd", "price": "97000", "volatility": "60%"}

QUESTIONS: dict[str, dict[str, Any]] = {
    "binary": {"chance": "40%", "beliefs": {"step": "20s", "drift": "5%", "news_every": "5m"}},
    "election": {
        "candidates": {"Ada": "50%", "Bob": "30%"},
        "placeholder": {"slot": "Candidate C", "chance": "12%", "named": "Cleo", "after": "5m"},
        "other": "8%",
        "beliefs": {"step": "20s", "drift": "5%", "news_every": "5m"},
    },
    "brackets": {"expected": 20, "edges": [17, 19, 21, 23]},
    "up_down": {"feed": "btc/usd", "window": "15m"},
    "thresholds": {"feed": "btc/usd", "rungs": 3, "gap": "200"},
    "match": {"home": "Rovers", "away": "United", "starts": "2m", "home_rate": "3%", "away_rate": "3%"},
    "dates": {
        "by": {"soon": "20%", "later": "45%", "at last": "70%"},
        "dates": ["5m", "12m", "20m"],
        "step": "30s",
    },
}


def question(kind: str, **changes: Any) -> dict[str, Any]:
    """A question of a kind, by default of twenty minutes on both venues."""
    return {"kind": kind, "name": f"test-{kind.replace('_', '-')}"} | BASE | QUESTIONS[kind] | changes


def scenario(*questions: dict[str, Any], **changes: Any) -> ScenarioSpec:
    """A scenario of these questions; unless told otherwise with the small crowd above."""
    tree = {"name": "test", "feeds": [FEED], "crowds": {"all": CROWD}, "questions": list(questions), "retail": 20}
    return ScenarioSpec.model_validate(tree | changes)


def every_kind(**changes: Any) -> ScenarioSpec:
    """One question of each kind."""
    numbered = enumerate(QUESTIONS)
    return scenario(*(question(kind, ticker=f"KXTEST{number}") for number, kind in numbered), **changes)


def town() -> ScenarioSpec:
    return read_document(built_in("town"), ScenarioSpec)


def after(seconds: float) -> Nanos:
    return Nanos(START + int(seconds * SECOND))


def world_of(spec: ScenarioSpec, seed: int = 1) -> World:
    return World(spec, seed, START)


def chance_of(seed: int) -> Random:
    return Random(seed)


def written(folder: Path, text: str) -> Path:
    """A scenario file with this text."""
    path = folder / "scenario.yaml"
    path.write_text(text, "utf-8")
    return path
