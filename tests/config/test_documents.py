"""Scenarios and fault plans: a mistake is refused with file, line, key and the nearest valid word."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import pytest
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dutchbook.config.documents import UNKNOWN_NAME, document_of, read_document
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.quantities import RoomSettings


class Delay(RoomSettings):
    kind: Literal["delay"]
    seconds: int


class Drop(RoomSettings):
    kind: Literal["drop"]
    chance: float = 0.5


class Plan(RoomSettings):
    name: str
    faults: tuple[Annotated[Delay | Drop, Field(discriminator="kind")], ...] = ()
    venue: Literal["polymarket", "kalshi"] = "kalshi"


GOOD = b"""\
name: a plan
faults:
  - kind: delay
    seconds: 3
  - kind: drop
"""


def test_a_document_becomes_its_model() -> None:
    plan = document_of(GOOD, "plan.yaml", Plan)
    assert plan.faults == (Delay(kind="delay", seconds=3), Drop(kind="drop"))


def test_a_document_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(GOOD)
    assert read_document(path, Plan).name == "a plan"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b"seconds: 3", b"secnds: 3", "plan.yaml:4 faults.0.secnds: unknown key, did you mean seconds?"),
        (b"name: a", b"nme: a", "plan.yaml:1 nme: unknown key, did you mean name?"),
        (b"seconds: 3", b"seconds: many", "plan.yaml:4 faults.0.seconds: is no whole number"),
        (b"kind: drop", b"kind: drp", "plan.yaml:5 faults.1"),
        (b"kind: drop", b"kind: drp", "did you mean drop?"),
        (b"    seconds: 3\n", b"", "plan.yaml:3 faults.0.seconds: has no value"),
        (b"name: a plan", b"name: a plan\nvenue: klshi", "did you mean kalshi?"),
        (b"faults:", b"faults: [", "plan.yaml:"),
    ],
)
def test_a_mistake_names_file_line_key_and_the_nearest_word(before: bytes, after: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        document_of(GOOD.replace(before, after, 1), "plan.yaml", Plan)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_list_that_holds_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"plan\.yaml:1 name\.0: nested too deep"):
        document_of(b"name: &a [*a]\n", "plan.yaml", Plan)


class Mood(StrEnum):
    CALM = "calm"
    WILD = "wild"


class Weather(RoomSettings):
    mood: Literal[Mood.CALM, Mood.WILD]


def test_members_of_enumerations_are_shown_as_their_words() -> None:
    with pytest.raises(ConfigError, match="must be 'calm' or 'wild' - did you mean calm\\?"):
        document_of(b"mood: calmy\n", "plan.yaml", Weather)


class Town(RoomSettings):
    crowd: str
    houses: tuple[Weather, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        told = {"kind": "crowd", "word": self.crowd, "words": "sports, politics"}
        raise PydanticCustomError(UNKNOWN_NAME, "{kind} {word} is not there: write one of {words}", told)


class Country(RoomSettings):
    first: dict[str, str]
    town: Town


def test_a_name_that_is_not_there_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"plan\.yaml:4 town\.crowd: .* - did you mean sports\?"):
        document_of(b"first:\n  crowd: politics\ntown:\n  crowd: sprots\n", "plan.yaml", Country)
