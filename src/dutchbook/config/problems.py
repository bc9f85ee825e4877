"""What is wrong with the settings, in one line each: place, key, problem, what to write instead."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dutchbook.config.environment import variable_of
from dutchbook.config.keys import all_keys, key_named, sections
from dutchbook.config.secrets import names_secret, without_secrets

MEMBER = re.compile(r"<[\w.]+: ('[^']*')>")
"""How a member of an enumeration is shown where its word would do."""
_PLAINLY = {
    "bool_parsing": "is neither true nor false",
    "bool_type": "is neither true nor false",
    "int_parsing": "is no whole number",
    "int_type": "is no whole number",
    "int_from_float": "is no whole number",
    "int_parsing_size": "is far too large",
    "missing": "has no value",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
}


def problem_lines(error: ValidationError, places: Mapping[str, str]) -> tuple[str, ...]:
    """Each problem that validation found, as one line without secrets."""
    return tuple(_line(details, places) for details in error.errors(include_url=False, include_input=False))


def plainly(details: ErrorDetails) -> str:
    """What is wrong with a value, in plain words and without secrets."""
    return without_secrets(_PLAINLY.get(details["type"]) or _said(details))


def nearest(key: str, section: str) -> str:
    """The valid key that somebody who wrote `key` in `section` most likely meant, as it would be written there."""
    siblings = list(sections()[section].model_fields) if section in sections() else []
    # Of keys with one name the one that lies least deep: limits are meant more often than what is told of them.
    deepest_first = sorted(all_keys(), key=lambda known: -known.path.count("."))
    elsewhere = {known.path.rpartition(".")[2]: known.path for known in deepest_first}
    if key in elsewhere:
        return elsewhere[key]
    if close := get_close_matches(key, siblings, n=1):
        return close[0]
    if close := get_close_matches(key, elsewhere, n=1, cutoff=0.8):
        return elsewhere[close[0]]
    return most_alike(key, siblings or [known.path for known in all_keys()])


def _line(details: ErrorDetails, places: Mapping[str, str]) -> str:
    path = ".".join(str(part) for part in details["loc"])
    if details["type"] == "extra_forbidden":
        return _unknown(path, places)
    key = key_named(path)
    if key is None:
        return _of_section(path, details, places)
    problem = plainly(details)
    return f"{_place(path, places)}: {problem} - {key.advice}"


def _unknown(path: str, places: Mapping[str, str]) -> str:
    section, _, name = path.rpartition(".")
    meant = nearest(name, section)
    where = places.get(path, "settings")
    if where.startswith("environment"):
        full = f"{section}.{meant}" if section and "." not in meant else meant
        return f"{where}: unknown key, did you mean {variable_of(full)}? - rename or unset it"
    if names_secret(name):
        return f"{where} {without_secrets(path)}: secrets do not belong in settings - remove it"
    return f"{where} {without_secrets(path)}: unknown key, did you mean {meant}? - rename or remove it"


def _of_section(path: str, details: ErrorDetails, places: Mapping[str, str]) -> str:
    if details["type"] in ("model_type", "model_attributes_type", "dict_type"):
        names = ", ".join(list(sections()[path].model_fields)[:4])
        return f"{_place(path, places)}: is a section, not a value - indent its keys below it: {names}, ..."
    said = without_secrets(_said(details))
    named = [name for name in sections()[path].model_fields if name in said]
    where = next((key for name in named if (key := f"{path}.{name}") in places), path)
    return f"{_place(where, places)}: {said} - change one of the two"


def _place(path: str, places: Mapping[str, str]) -> str:
    where = places.get(path, "default")
    # The variable's name says the key already.
    return where if where.startswith("environment") else f"{where} {path}"


def _said(details: ErrorDetails) -> str:
    text = details["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return " ".join(MEMBER.sub(r"\1", text).split())


def most_alike(key: str, candidates: Sequence[str]) -> str:
    """The candidate that looks most like `key`."""
    return max(candidates, key=lambda candidate: SequenceMatcher(None, key, candidate).ratio())


def summary(lines: Iterable[str]) -> str:
    """The first problem, and how many more there are."""
    first, *others = lines
    return f"{first} (and {len(others)} more: dutchbook config check)" if others else first
