"""The tables of docs/api.md, made from the application itself. Run as a program, writes them."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dutchbook.config.load import shipped_settings
from dutchbook.engine.clocks import RealClock
from dutchbook.interfaces.web.api.aliases import ALIASES, PLANNED
from dutchbook.interfaces.web.api.routes import PREFIX, ROLE
from dutchbook.interfaces.web.context import Surroundings, new_context
from dutchbook.interfaces.web.server import build

ENDPOINTS, OTHER_NAMES = "endpoints", "other names"


def api_page(page: str) -> str:
    """The page with its tables as they are now."""
    return _replaced(_replaced(page, ENDPOINTS, _endpoints()), OTHER_NAMES, _other_names())


def _endpoints() -> Iterator[str]:
    yield "| | | role | |"
    yield "|---|---|---|---|"
    described: dict[str, Any] = _application().openapi()["paths"]
    for path, operations in described.items():
        for method, operation in operations.items():
            role = operation[ROLE] if operation[ROLE] != "none" else "anybody"
            told = " ".join(operation.get("description", "").split())
            yield f"| {method.upper()} | `{path.removeprefix(PREFIX)}` | {role} | {told} |"
    yield f"| WebSocket | `/ws` | {'viewer'} | What `/stream` gives, as text frames; `{{}}` each second without news. |"


def _other_names() -> Iterator[str]:
    yield "| name | methods | leads to |"
    yield "|---|---|---|"
    for alias in ALIASES:
        yield f"| `/api{alias.path}` | {', '.join(alias.methods)} | `{PREFIX}{alias.served}` |"
    for path, reason in PLANNED.items():
        yield f"| `/api{path}` | GET | planned: {reason} |"


def _application() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        around = Surroundings(environ={}, clock=RealClock(), monotonic=time.monotonic, version="0")
        return build(new_context(Path(folder), shipped_settings(), around), pages=False)


def _replaced(page: str, name: str, lines: Iterator[str]) -> str:
    """The page with what stands between two marks replaced. Raises ValueError if the marks are not there."""
    before, begin, rest = page.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->\n")
    if not begin or not end:
        raise ValueError(f"docs/api.md: no marks for {name!r} - put them back")
    return f"{before}{begin}{'\n'.join(lines)}\n{end}{after}"


if __name__ == "__main__":
    _page = Path(__file__).resolve().parents[4] / "docs" / "api.md"
    _page.write_text(api_page(_page.read_text(encoding="utf-8")), encoding="utf-8")
