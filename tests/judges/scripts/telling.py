"""How a judge is told where to look, and how it tells what it saw: JSON on stdin, JSON lines on stdout.

Judges run in an environment of their own, so they import the venues' clients and the standard library alone.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any


def told() -> dict[str, Any]:
    """The addresses, accounts and market names that this judge is to use."""
    config: dict[str, Any] = json.load(sys.stdin)
    return config


def tell(what: str, saw: Any) -> None:
    """One thing that was seen. Decimals, times and enumerations go out as their text."""
    print(json.dumps({"what": what, "saw": saw}, default=str), flush=True)  # noqa: T201 - this is how it speaks


def refusal(call: Callable[[], object]) -> dict[str, Any]:
    """How the client reports that the venue refused `call`: the class of its error, and what the error carries."""
    try:
        answer = call()
    except Exception as error:  # noqa: BLE001 - which class it is, is what we want to know
        return _described(error)
    raise SystemExit(f"the venue took what it should have refused: {answer!r}")


async def refusal_of(call: Awaitable[object]) -> dict[str, Any]:
    """The same for a client that is awaited."""
    try:
        answer = await call
    except Exception as error:  # noqa: BLE001 - which class it is, is what we want to know
        return _described(error)
    raise SystemExit(f"the venue took what it should have refused: {answer!r}")


def _described(error: Exception) -> dict[str, Any]:
    carried = {name: value for name, value in vars(error).items() if isinstance(value, str | int | float | dict)}
    return {"type": type(error).__name__, "text": str(error), **carried}
