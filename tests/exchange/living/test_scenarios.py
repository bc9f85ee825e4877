"""Scenarios are files; a mistake in one is refused with file, line, key and what to write instead."""

from pathlib import Path

import pytest

from dutchbook.config.documents import read_document
from dutchbook.domain.errors import ConfigError
from dutchbook.exchange.living.copies import markets_of, with_copies
from dutchbook.exchange.living.scenario_file import built_in, built_ins
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.living.world import World
from tests.exchange.living.village import START, after, world_of, written

GOOD = """\
name: tiny
crowds:
  all:
    makers:
      - {half_spread: 0.01, noise: 0.005, sizes: 10..50..200, requote: 5s}
questions:
  - kind: binary
    name: rain
    ticker: KXRAIN
    title: Does it rain?
    category: Weather
    crowd: all
    lasts: 1h
    chance: 40%
"""


@pytest.mark.parametrize("name", built_ins())
def test_packaged_scenarios_are_valid_and_come_to_life(name: str) -> None:
    spec = read_document(built_in(name), ScenarioSpec)
    assert spec.name == name
    if spec.copies is not None:
        spec = spec.model_copy(update={"copies": spec.copies.model_copy(update={"markets": 60})})
    world = world_of(spec)
    world.advance(after(5))
    assert all(exchange.listings for exchange in world.exchanges.values())


def test_the_town_has_a_bit_of_everything() -> None:
    spec = read_document(built_in("town"), ScenarioSpec)
    kinds = {question.kind for question in spec.questions}
    assert kinds == {"binary", "election", "brackets", "up_down", "thresholds", "match", "dates"}
    election = next(question for question in spec.questions if question.kind == "election")
    assert markets_of(election) == 2 * 12
    assert any(question.kalshi_stricter for question in spec.questions)


@pytest.mark.parametrize("wanted", [0, 50, 400])
def test_a_large_scenario_has_as_many_markets_as_it_asks_for(wanted: int) -> None:
    spec = read_document(built_in("load"), ScenarioSpec)
    assert spec.copies is not None
    spec = spec.model_copy(update={"copies": spec.copies.model_copy(update={"markets": wanted})})
    questions = list(with_copies(spec))
    assert sum(map(markets_of, questions)) >= wanted
    assert sum(map(markets_of, questions[:-1])) < max(wanted, 37)
    assert (
        len({question.name for question in questions})
        == len({question.ticker for question in questions})
        == len(questions)
    )


def test_a_scenario_file_is_read(tmp_path: Path) -> None:
    spec = read_document(written(tmp_path, GOOD), ScenarioSpec)
    [question] = spec.questions
    assert question.kind == "binary"
    assert question.chance == 400_000
    world = World(spec, 1, START)
    world.advance(after(60))
    assert world.truths()


@pytest.mark.parametrize(
    ("right", "wrong", "line", "said"),
    [
        ("chance: 40%", "chanse: 40%", 14, "did you mean chance?"),
        ("chance: 40%", "chance: 140%", 14, "share between 0 and 1"),
        ("chance: 40%", "", 7, "chance: has no value"),
        ("kind: binary", "kind: binery", 7, "'binary'"),
        ("kind: binary\n    name", "name", 7, "kind: has no value"),
        ("crowd: all", "crowd: everybody", 12, "write one of all"),
        ("lasts: 1h", "lasts: 60", 13, "duration with its unit"),
        ("lasts: 1h", "lasts: 0s", 13, "lasts must be more than 0s"),
        ("sizes: 10..50..200", "sizes: 10..200..50", 3, "three rising numbers"),
        ("half_spread: 0.01", "half_spread: 2", 5, "price between 0 and 1 dollar"),
        ("name: rain", "name: Rain!", 8, "pattern"),
        ("category: Weather", "category: Weather\n    category: Rain", 12, "given twice"),
        ("category: Weather", "category: [", 13, "no valid YAML"),
        ("title: Does it rain?", "title: Does it rain?\n    venues: [nasdaq]", 11, "'polymarket' or 'kalshi'"),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_what_to_write(
    tmp_path: Path, right: str, wrong: str, line: int, said: str
) -> None:
    assert right in GOOD
    with pytest.raises(ConfigError) as refused:
        read_document(written(tmp_path, GOOD.replace(right, wrong)), ScenarioSpec)
    assert said in str(refused.value)
    assert f"scenario.yaml:{line}" in str(refused.value)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("kind: election\n    candidates: {A: 50%, B: 40%}", "must add up to 100%"),
        ("kind: brackets\n    expected: 20\n    edges: [20, 18]", "edges must rise"),
        ("kind: up_down\n    feed: btc/usd\n    window: 15m", "feed btc/usd of rain is not there"),
        ("kind: thresholds\n    feed: btc/usd", "name either strikes, or rungs and gap"),
        ("kind: match\n    home: A\n    away: B\n    starts: 2h", "starts must come before the close"),
        ("kind: dates\n    by: {a: 50%, b: 40%}\n    dates: [10m, 1h]", "a later date cannot be less likely"),
        ("kind: dates\n    by: {a: 30%, b: 40%}\n    dates: [10m, 20m]", "must equal lasts"),
    ],
)
def test_impossible_questions_are_refused(tmp_path: Path, extra: str, said: str) -> None:
    text = GOOD.replace("    chance: 40%\n", "").replace("kind: binary", extra)
    with pytest.raises(ConfigError, match=r"scenario\.yaml:") as refused:
        read_document(written(tmp_path, text), ScenarioSpec)
    assert said in str(refused.value)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ConfigError, match="town"):
        built_in("../town")
    with pytest.raises(ConfigError, match="write one of"):
        built_in("city")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: cannot be read"):
        read_document(tmp_path / "absent.yaml", ScenarioSpec)
