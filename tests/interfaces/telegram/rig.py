"""A console with a desk that answers from memory, and a poller that talks to our Bot API server."""

import asyncio
from pathlib import Path

from dutchbook.app.accounts.secret import Secret
from dutchbook.app.control.wire import Answer, Cancel, Pause, Reconcile, Request, Steer, Stop, Unpause
from dutchbook.config.telegram_settings import TelegramSettings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.evaluation.snapshot import DeskSnapshot, OrderRow
from dutchbook.interfaces.day_results import DayResult
from dutchbook.interfaces.telegram.access import Access
from dutchbook.interfaces.telegram.bot_api import BotApi
from dutchbook.interfaces.telegram.confirmations import Confirmations
from dutchbook.interfaces.telegram.console import Console
from dutchbook.interfaces.telegram.polling import Poller
from dutchbook.storage.alert_book import AlertBook
from dutchbook.storage.redaction import Redactor
from tests.interfaces.telegram.bot_server import TOKEN

OPERATOR, VIEWER, STRANGER, GROUP = 7_000_000_001, 7_000_000_002, 666, -100_500


def settings(**chosen: object) -> TelegramSettings:
    return TelegramSettings.model_validate({"operators": str(OPERATOR), "viewers": str(VIEWER), **chosen})


def snapshot(**chosen: object) -> DeskSnapshot:
    facts: dict[str, object] = {
        "mode": "sandbox",
        "source": "the sandbox",
        "at": Nanos(0),
        "elapsed": Nanos(10**9),
        "frames": 10,
        "frames_per_second": 10.0,
        "data_age": Nanos(5 * 10**8),
        "bankroll": Money(10**10),
        "cash": Money(10**10),
        "equity": Money(10**10 + 5_000_000),
        "high_water": Money(10**10 + 5_000_000),
        "realised": Money(5_000_000),
        "unrealised": Money(0),
        "fees": Money(1_000_000),
        "strategies": ("bundle", "reward-maker"),
        "run": "sandbox-20261121T000000Z",
    }
    return DeskSnapshot(**{**facts, **chosen})  # type: ignore[arg-type]


class FakeDesk:
    """Does what the port promises: answers what it was given, remembers what was asked of it, and who asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.halts: list[tuple[str, str]] = []
        self.alive = True
        self.picture = snapshot()
        self.orders: tuple[OrderRow, ...] = ()
        self.answers: dict[type, Answer] = {}
        self.steered_once = asyncio.Event()

    @property
    def steered(self) -> list[Request]:
        """What was asked of it that does something."""
        return [each for each in self.asked if isinstance(each, Cancel | Reconcile | Pause | Unpause | Stop)]

    async def ask(self, request: Request, patience_s: float = 5.0) -> Answer:  # noqa: ARG002 - the port's
        if not self.alive:
            raise UsageError("no desk is running here - start one with `dutchbook run`")
        self.asked.append(request)
        if self.steered:
            self.steered_once.set()
        if (answer := self.answers.get(type(request))) is not None:
            return answer
        return Answer(
            mode="sandbox",
            run=self.picture.run,
            said="done",
            snapshot=self.picture,
            orders=self.orders,
            locks=(),
            limits=(),
        )

    async def halt(self, reason: str, by: str) -> str:
        self.halts.append((reason, by))
        return f"HALTED: {reason} (by {by}); process 7 was told"

    def process(self) -> int | None:
        return 7 if self.alive else None

    def halted(self) -> bool:
        return bool(self.halts)


class FakeRecords:
    """Files of a home that has seen one day."""

    version = "0.1.0"

    def days(self, days: int) -> list[DayResult]:  # noqa: ARG002 - the port's
        return [DayResult(mode="sandbox", day=20_000, start=Money(10**10), equity=Money(10**10 + 2_500_000), fills=3)]

    def warnings(self, count: int) -> list[str]:  # noqa: ARG002 - the port's
        return ["[SANDBOX] 10-04 12:00:00 warning venues said: late"]


class Rig:
    """Everything between our Bot API server and a desk."""

    def __init__(self, home: Path, host: str, chosen: TelegramSettings | None = None) -> None:
        self.desk = FakeDesk()
        self.book = AlertBook(home / "alerts.jsonl")
        self.clock = RealClock()
        self.said: list[tuple[str, dict[str, object]]] = []
        self.home = home
        self.api = BotApi(Secret(TOKEN), host)
        self.access = Access(chosen or settings())
        self._names = iter(f"name-{number}" for number in range(10**6))
        self.confirmations = Confirmations(lambda: next(self._names))
        self.console = Console(self.desk, self.book, FakeRecords(), self.clock, self.confirmations)
        self.console.mode = lambda: "sandbox"
        self.poller = self.new_poller()

    def new_poller(self) -> Poller:
        """As after a restart."""
        return Poller(
            self.api,
            self.access,
            self.console,
            self.clock,
            self.home / "messenger" / "telegram.json",
            Redactor([TOKEN]),
            lambda event, fields: self.said.append((event, fields)),
        )


__all__ = ["GROUP", "OPERATOR", "STRANGER", "VIEWER", "FakeDesk", "Rig", "Steer", "settings", "snapshot"]
