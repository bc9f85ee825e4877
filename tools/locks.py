"""Are the locks what `make lock` would write? Judged without an index, from the locks and pyproject.toml alone.

A lock is current when its direct pins are exactly the requirements of pyproject.toml, each inside the range asked for;
when every pin carries hashes, and no line names a place to download from; and when the dev lock repeats each pin of the
run lock. `python -m tools.locks` prints what is wrong and fails on it.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
RUN, DEV, BOOTSTRAP = "requirements.lock", "requirements-dev.lock", "requirements-uv.lock"
JUDGES = "requirements-judges.lock"

_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?P<rest>.*(?:\n .*)*)", re.MULTILINE)
_PLACE = re.compile(r"://|^-|^\s*--(?!hash=sha256:)|file:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pin:
    """One package of a lock."""

    version: str
    direct: bool
    hashes: int


def pins(lock: str) -> dict[str, Pin]:
    """The pins in the text of a lock, by canonical name."""
    return {
        match["name"]: Pin(match["version"], "dutchbook (" in match["rest"], match["rest"].count("--hash=sha256:"))
        for match in _PIN.finditer(lock)
    }


def wanted(pyproject: Mapping[str, Any], *, extras: tuple[str, ...], groups: tuple[str, ...]) -> list[Requirement]:
    """What pyproject.toml asks for directly; no groups and no extras means the project alone."""
    texts: list[str] = list(pyproject["project"]["dependencies"])
    for extra in extras:
        texts += pyproject["project"]["optional-dependencies"][extra]
    for group in groups:
        texts += _group(pyproject, group)
    return [Requirement(text) for text in texts]


def complaints(lock: str, asked: list[Requirement]) -> Iterator[str]:
    """What is wrong with the text of a lock that should hold `asked`."""
    held = pins(lock)
    names = {canonicalize_name(requirement.name) for requirement in asked}
    for requirement in asked:
        pin = held.get(canonicalize_name(requirement.name))
        if pin is None:
            yield f"{requirement} is not pinned"
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            yield f"{requirement} is pinned to {pin.version}"
    for name, pin in held.items():
        if pin.direct and name not in names:
            yield f"{name} is pinned, but pyproject.toml no longer asks for it"
        if not pin.hashes:
            yield f"{name} has no hash"
    for match in _PLACE.finditer(lock):
        yield f"line {lock.count(chr(10), 0, match.start()) + 1} names a place to download from"


def uncovered(run: str, dev: str) -> Iterator[str]:
    """Pins of the run lock that the dev lock lacks or changes: such an environment would be no superset."""
    held = pins(dev)
    for name, pin in pins(run).items():
        if name not in held or held[name].version != pin.version:
            yield f"{name}=={pin.version} of the run lock is missing or different"


def problems(root: Path) -> list[str]:
    """All complaints about the locks in `root`, each with its file."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text())
    texts = {name: (root / name).read_text() for name in (RUN, DEV, BOOTSTRAP, JUDGES)}
    asked = {
        RUN: wanted(pyproject, extras=("fast",), groups=("build",)),
        DEV: wanted(pyproject, extras=("fast",), groups=("dev",)),
        BOOTSTRAP: [Requirement(text) for text in _group(pyproject, "bootstrap")],
        JUDGES: [Requirement(text) for text in _group(pyproject, "judges")],
    }
    found = [f"{name}: {complaint}" for name, text in texts.items() for complaint in complaints(text, asked[name])]
    return found + [f"{DEV}: {complaint}" for complaint in uncovered(texts[RUN], texts[DEV])]


def _group(pyproject: Mapping[str, Any], name: str) -> list[str]:
    texts: list[str] = []
    for entry in pyproject["dependency-groups"][name]:
        texts += [entry] if isinstance(entry, str) else _group(pyproject, entry["include-group"])
    return texts


def main() -> int:
    found = problems(ROOT)
    for problem in found:
        print(f"{problem} - run `make lock`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
