"""A desk with its screens as a user starts them: processes of their own, on a free port."""

import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE_S = 90.0
_PROGRAM = (sys.executable, "-m", "dutchbook.interfaces.cli.main")
_ADDRESS = re.compile(r"^dashboard: (http://\S+)$", re.MULTILINE)


class DeskWithScreens:
    """`dutchbook run --walk --dashboard`, or at another `market`.

    Its address is known once it is said, and it answers a little later.
    """

    def __init__(self, home: Path, *words: str, market: Sequence[str] = ("--walk",)) -> None:
        self.home = home
        home.mkdir(parents=True)
        self._said = home / "said"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [*_PROGRAM, "run", *market, "--dashboard", "--port", "0", *words],
                env={**os.environ, "DUTCHBOOK_HOME": str(home)},
                cwd=home,
                stdout=said,
                stderr=said,
            )

    def address(self) -> str:
        """Where it is served, once a desk answers there."""
        found: list[str] = []

        def answers() -> bool:
            assert self.process.poll() is None, self.said()
            if not found and (said := _ADDRESS.search(self.said())):
                found.append(said[1])
            health = self.health(found[0]) if found else None
            return health is not None and bool(health["connected"]) and health["history"] == "ok"

        until(answers)
        return found[0]

    def said(self) -> str:
        """What the desk said in its terminal."""
        return self._said.read_text()

    def health(self, address: str) -> dict[str, Any] | None:
        """What /api/v1/health says; None while nobody answers."""
        try:
            with urllib.request.urlopen(f"{address}/api/v1/health", timeout=5) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except (urllib.error.URLError, OSError):
            return None

    def key(self, role: str) -> str:
        """A key of a program with this role."""
        done = subprocess.run(
            [*_PROGRAM, "users", "key", "test", "--role", role, "--json"],
            env={**os.environ, "DUTCHBOOK_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=True,
        )
        return str(json.loads(done.stdout)["key"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE_S)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds. Fails if it does not in time."""
    for _ in range(int(PATIENCE_S / 0.1)):
        if holds():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it never came to hold")
