"""A sandbox in a process of its own, for benchmarks: a scenario of some size, and what that process uses."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec

from dutchbook.app.live.event_loop import new_event_loop
from dutchbook.app.sandbox.accounts import KalshiAccount, PolymarketAccount, SandboxAccounts, sandbox_accounts
from dutchbook.app.sandbox.addresses import SandboxAddresses
from dutchbook.config.documents import read_document
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.scenario_file import built_in
from dutchbook.exchange.living.spec import CopiesSpec, ScenarioSpec

SEED = 7
_GOODBYE_S = 10.0
_PATIENCE_S = 300.0
"""A large world fills all its books before it answers."""
_TICKS = os.sysconf("SC_CLK_TCK")


class PolymarketToken(msgspec.Struct, frozen=True):
    """A token that takes orders, and which contract settles its market."""

    token: str
    neg_risk: bool


class RunningSandbox:
    """A sandbox that others read: where it listens, who may trade there, what its process uses."""

    def __init__(self, pid: int, addresses: SandboxAddresses, accounts: SandboxAccounts) -> None:
        self.pid = pid
        self.addresses = addresses
        self.polymarket: PolymarketAccount = accounts.polymarket[0]
        self.kalshi: KalshiAccount = accounts.kalshi[0]

    def cpu(self) -> float:
        """Seconds of processor time so far, all threads, the kernel's work for them included."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident(self) -> float:
        """Megabytes of resident memory."""
        for text in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if text.startswith("VmRSS:"):
                return int(text.split()[1]) * 1024 / 1e6
        raise ValueError("/proc does not tell VmRSS")

    def now(self) -> Nanos:
        """What time it is in its world."""
        return Nanos(_read(f"{self.addresses.control}/status", _Status).time)

    def run_at(self, speed: float) -> None:
        """Let the world live at another speed."""
        body = msgspec.json.encode({"speed": speed})
        headers = {"Content-Type": "application/json"}
        asked = Request(f"{self.addresses.control}/clock", data=body, headers=headers)  # noqa: S310 - of the sandbox
        with urlopen(asked, timeout=_PATIENCE_S) as answer:  # noqa: S310 - an address of the sandbox
            assert answer.status == 200

    def polymarket_tokens(self, for_s: int = 0) -> list[tuple[PolymarketToken, PolymarketToken]]:
        """Both tokens of every market that stays open for so many seconds, by Gamma's pages."""
        ends = datetime.fromtimestamp(self.now() // SECOND + for_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        markets = f"{self.addresses.polymarket.gamma}/markets/keyset?limit=100&closed=false&end_date_min={ends}"
        found: list[tuple[PolymarketToken, PolymarketToken]] = []
        cursor = ""
        while True:
            page = _read(f"{markets}{cursor}", _Gamma)
            for market in page.markets:
                yes, no = msgspec.json.decode(market.clobTokenIds, type=tuple[str, str])
                found.append((PolymarketToken(yes, market.negRisk), PolymarketToken(no, market.negRisk)))
            if not page.next_cursor:
                return found
            cursor = f"&after_cursor={page.next_cursor}"

    def kalshi_tickers(self) -> list[str]:
        """Every open market, by pages."""
        found: list[str] = []
        cursor = ""
        while True:
            page = _read(f"{self.addresses.kalshi.rest}/markets?limit=1000&status=open{cursor}", _Kalshi)
            found += [market.ticker for market in page.markets]
            if not page.cursor:
                return found
            cursor = f"&cursor={page.cursor}"


class _Status(msgspec.Struct, frozen=True):
    time: int


class _GammaMarket(msgspec.Struct, frozen=True):
    clobTokenIds: str  # noqa: N815 - the wire's name
    negRisk: bool = False  # noqa: N815


class _Gamma(msgspec.Struct, frozen=True):
    markets: list[_GammaMarket]
    next_cursor: str | None = None


class _KalshiMarket(msgspec.Struct, frozen=True):
    ticker: str


class _Kalshi(msgspec.Struct, frozen=True):
    markets: list[_KalshiMarket]
    cursor: str = ""


def absent() -> str:
    """Why no sandbox can be measured here; empty if one can."""
    return "" if Path("/proc/self/stat").exists() else "no /proc tells what a process uses here"


def load_scenario(markets: int) -> ScenarioSpec:
    """The built-in load scenario with at least so many markets, half of them at each venue."""
    spec = read_document(built_in("load"), ScenarioSpec)
    if spec.copies is None:
        raise ValueError("the load scenario copies nothing")
    return spec.model_copy(update={"copies": CopiesSpec(of=spec.copies.of, markets=markets)})


@contextmanager
def sandbox(markets: int, scenario: Path | None = None) -> Iterator[RunningSandbox]:
    """A sandbox of so many markets, in a process of its own, until the block ends. The scenario is `load` or another
    that ends, as that does, with the number of its markets."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        resized = home / "resized.yaml"
        resized.write_text(_resized((scenario or built_in("load")).read_text(), markets))
        options = ["--json", "--scenario", str(resized), "--seed", str(SEED)]
        child = subprocess.Popen(
            [sys.executable, "-m", "dutchbook.interfaces.cli.main", "sandbox", *options],
            env={**os.environ, "DUTCHBOOK_HOME": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        try:
            line = child.stdout.readline() if child.stdout else b""
            addresses = msgspec.json.decode(line, type=SandboxAddresses)
            yield RunningSandbox(child.pid, addresses, sandbox_accounts(home))
        finally:
            child.terminate()
            try:
                child.wait(_GOODBYE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def run[T](main: Callable[[], Coroutine[object, object, T]]) -> T:
    """Run a client on the loop that the desk uses."""
    import asyncio

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main())


def in_turn[T](things: Sequence[T], count: int, start: int) -> list[T]:
    """`count` of the things from `start` on, beginning again at the end."""
    return [things[(start + place) % len(things)] for place in range(count)]


def _resized(text: str, markets: int) -> str:
    """The scenario's text with another number of markets."""
    head, found, _ = text.rpartition("markets: 1000}")
    if not found:
        raise ValueError("the scenario does not end with the number of its markets")
    return f"{head}markets: {markets}}}\n"


def _read[T](address: str, kind: type[T]) -> T:
    with urlopen(address, timeout=_PATIENCE_S) as answer:  # noqa: S310 - an address of the sandbox
        return msgspec.json.decode(answer.read(), type=kind)
