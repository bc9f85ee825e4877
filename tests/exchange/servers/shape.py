"""Structural comparison of what a server sends with what was captured: fields, kinds, order and formats.

    differences(ours, captured, {"$.icon": "the sandbox has no pictures"})

Values may differ, shapes may not: an object must have the same fields (in the same order, if asked), a text must be of
the same format. Every element of one list is compared with the captured elements: it must look like one of them.
Paths are written `$.bids[].price`; a field or format may differ only where `allowed` names its path with a reason.
"""

import re
from collections.abc import Mapping

_FORMATS = (
    ("hash", re.compile(r"0x[0-9a-fA-F]{64}")),
    ("address", re.compile(r"0x[0-9a-fA-F]{40}")),
    ("hex", re.compile(r"0x[0-9a-fA-F]*")),
    ("uuid", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")),
    ("sha1", re.compile(r"[0-9a-f]{40}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")),
    ("spaced time", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("number", re.compile(r"-?\d+(?:\.\d+)?")),
    ("empty", re.compile("")),
)


def differences(
    ours: object, captured: object, allowed: Mapping[str, str] | None = None, *, ordered: bool = True
) -> list[str]:
    """What is shaped differently, one line each; empty if nothing is. `allowed` maps paths to reasons."""
    reasons = allowed or {}
    if blank := [path for path, reason in reasons.items() if not reason.strip()]:
        raise ValueError(f"no reason is given why these may differ: {blank}")
    comparison = _Comparison(reasons, ordered=ordered)
    comparison.compare("$", ours, captured)
    unused = [f"{path}: listed as different, but it is not" for path in reasons if path not in comparison.used]
    return comparison.found + unused


class _Comparison:
    def __init__(self, allowed: Mapping[str, str], *, ordered: bool) -> None:
        self._allowed = allowed
        self._ordered = ordered
        self.found: list[str] = []
        self.used: set[str] = set()

    def compare(self, path: str, ours: object, captured: object) -> None:
        if isinstance(ours, dict) and isinstance(captured, dict):
            self._objects(path, ours, captured)
        elif isinstance(ours, list) and isinstance(captured, list):
            self._lists(path, ours, captured)
        elif kind(ours) != kind(captured):
            self._say(path, f"{kind(ours)} {ours!r}, captured as {kind(captured)} {captured!r}")

    def _objects(self, path: str, ours: dict[str, object], captured: dict[str, object]) -> None:
        missing = [name for name in captured if name not in ours and not self._excused(f"{path}.{name}")]
        extra = [name for name in ours if name not in captured and not self._excused(f"{path}.{name}")]
        self.found += [f"{path}.{name}: missing" for name in missing]
        self.found += [f"{path}.{name}: extra" for name in extra]
        mine = [name for name in ours if name in captured]
        theirs = [name for name in captured if name in ours]
        if self._ordered and mine != theirs:
            self._say(path, f"fields in the order {mine}, captured as {theirs}")
        for name in mine:
            self.compare(f"{path}.{name}", ours[name], captured[name])

    def _lists(self, path: str, ours: list[object], captured: list[object]) -> None:
        if not captured or not ours:
            return
        for element in ours:
            tries = []
            for example in captured[:50]:
                one = _Comparison(self._allowed, ordered=self._ordered)
                one.compare(f"{path}[]", element, example)
                tries.append(one)
                if not one.found:
                    break
            best = min(tries, key=lambda one: len(one.found))
            self.used |= best.used
            self.found += [line for line in best.found if line not in self.found]

    def _say(self, path: str, text: str) -> None:
        if not self._excused(path):
            self.found.append(f"{path}: {text}")

    def _excused(self, path: str) -> bool:
        if path not in self._allowed:
            return False
        self.used.add(path)
        return True


def kind(value: object) -> str:
    """What a JSON value is, texts by their format (`text uuid`). Whole and broken numbers are one kind."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "truth value"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text " + next((name for name, pattern in _FORMATS if pattern.fullmatch(value)), "free")
    return "object" if isinstance(value, dict) else "list"
