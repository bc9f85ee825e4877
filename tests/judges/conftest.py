"""A sandbox of its own for the venues' official clients, and a way to run them against it.

The clients live in another environment (`tools/judges` builds it, `make test` names it in JUDGES_PYTHON), so
each judge is a script run there: it is told where to look by JSON on stdin and tells what it saw in JSON lines.
"""

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.app.sandbox.child import SandboxProcess

HERE = Path(__file__).parent
BUILT = HERE.parents[1] / ".envs/judges/bin/python"
PATIENCE_S = 90

type Seen = dict[str, Any]
"""What a judge saw, by the name that it gave it."""


class Judge(Protocol):
    """What each run of a judge saw, in the order of the accounts."""

    def __call__(self, script: str, *accounts: str) -> list[Seen]: ...


@pytest.fixture(scope="session")
def judges_python() -> str:
    """An interpreter that has the venues' clients; skips where there is none."""
    named = os.environ.get("JUDGES_PYTHON", "")
    if not named and not BUILT.exists():
        pytest.skip("the venues' own clients are not installed: run tools/judges, or `make test`")
    return named or str(BUILT)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Addresses and accounts of a running sandbox whose markets keep still, as a judge is told them."""
    home = tmp_path_factory.mktemp("judged")
    with SandboxProcess(home, ["--scenario", str(HERE / "courtroom.yaml")]) as running:
        accounts = msgspec.to_builtins(sandbox_accounts(home))
        by_name = {venue: {account["name"]: account for account in rows} for venue, rows in accounts.items()}
        addresses: Seen = msgspec.to_builtins(running.addresses)
        _await_quotes(addresses["kalshi"]["rest"])
        yield {**addresses, "accounts": by_name}


@pytest.fixture(scope="session")
def judge(judges_python: str, sandbox: Seen) -> Judge:
    """Runs a script of `scripts/` in the judges' interpreter: once, or at the same time for each account named.

    Each of the test modules runs a script once only: what a judge does stays done in its sandbox.
    """

    def run(script: str, *accounts: str) -> list[Seen]:
        told = [{**sandbox, "account": account} for account in accounts or ("",)]
        with ThreadPoolExecutor() as pool:
            return list(pool.map(partial(_hear, judges_python, script), told))

    return run


def _hear(python: str, script: str, told: Seen) -> Seen:
    done = subprocess.run(
        [python, "-W", "ignore", str(HERE / "scripts" / f"{script}.py")],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last = lines[-1]["what"] if lines else "nothing"
    assert done.returncode == 0, f"{script} {told['account']}, after {last!r}:\n{done.stderr[-4_000:]}"
    return {line["what"]: line["saw"] for line in lines}


def _await_quotes(rest: str) -> None:
    """Returns once every market has its quotes: makers come in the first second or so of a world."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with urllib.request.urlopen(f"{rest}/markets") as answer:  # noqa: S310 - an address of the sandbox
            markets = json.load(answer)["markets"]
        if markets and all(float(market["yes_bid_dollars"]) > 0 for market in markets):
            return
        time.sleep(0.05)
    raise AssertionError("nobody quotes in the courtroom")
