"""A desk that dies at named points, and its venues, in one process on virtual time; and what must hold after each."""

from asyncio import BaseProtocol, Protocol
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from pydantic import TypeAdapter

from dutchbook.app.journals import journal_check
from dutchbook.app.live.source import LiveSource
from dutchbook.app.running import RunningDesk
from dutchbook.app.runs import journal_folder
from dutchbook.app.torture import stage as torture_stage
from dutchbook.app.torture.checks import Checks, Violation
from dutchbook.app.torture.ordeal import VILLAGE
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Stage
from dutchbook.app.torture.trader import Gambler
from dutchbook.app.torture.truth import Truth
from dutchbook.config.documents import read_document
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.events import CancelOrdered, JournalRef
from dutchbook.domain.orders import OrderStatus, TimeInForce
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan, FaultSpec
from dutchbook.exchange.living.spec import ScenarioSpec
from tests.stories.kill.fuse import Died, Fuse
from tests.stories.kill.points import PLACES

EVERY = Nanos(400 * MILLISECOND)
"""How often the strategy wants something."""
LIVELY = Nanos(5 * SECOND)
"""How long a desk trades between two deaths, at least."""
STERN = Nanos(30 * SECOND)
"""How long all orders fare as they should. After it every second one does: what nobody takes is not filled either. Of
every second cancel nothing becomes then: a desk whose orders are all refused would hardly ever have to ask."""
PATIENCE = Nanos(600 * SECOND)
"""How long a point may take to be reached after that."""
BOUND = Nanos(240 * SECOND)
"""How long a desk may take to know everything again, after one clean start: proof that an order does not exist takes
three looks within thirty seconds and more, after the slowest of two venues answered; a settlement takes some."""
_LOOK = Nanos(2 * SECOND)
_RESTING = frozenset({TimeInForce.GTC, TimeInForce.GTD})

_ORDERS = ({"venue": "polymarket", "path": "/order*"}, {"venue": "kalshi", "path": "*/portfolio/events/orders*"})
OUTCOMES: dict[str, dict[str, object]] = {
    "accepted": {},
    "refused": {"fault": "http_status", "status": 400, "body": '{"error":"not enough balance / allowance"}'},
    "answer lost": {"fault": "timeout_after_accept", "hangs": "30s"},
}
"""What becomes of orders at the venues while the desk dies."""
_LEFT_BEHIND = (Died, DutchbookError, RuntimeError)
"""What the callbacks of a dead desk end in, and asyncio where one of them stopped its loop."""
_FAULT: TypeAdapter[Any] = TypeAdapter(FaultSpec)


class Deathbed:
    """One world, and desk after desk in it. `dies_at` a point, `begins_again`, and everything must be as it should."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home = home
        self.fuse = Fuse()
        self.runs = 0
        self.slowest = Nanos(0)
        """How long the slowest recovery took until all was known."""
        self._rng = Random(seed)
        self._born: dict[type, Any] = {}
        self._calm = False
        self._ears: list[BaseProtocol] = []
        """Who listened to the connections of the dead."""
        self._ends = ExitStack()
        self._ends.enter_context(patch.object(torture_stage, "EVERY", EVERY))
        for kind in (LiveSource, RunningDesk):
            self._ends.enter_context(patch.object(kind, "__init__", self._remembered(kind)))
        self._ends.enter_context(patch.object(Gambler, "books_changed", self._wanting(Gambler.books_changed)))
        self._ends.enter_context(self.fuse.along(PLACES))
        settings = torture_settings()
        self._stage = Stage(seed, home, read_document(VILLAGE, ScenarioSpec), FaultPlan(), settings)
        stage = self._stage
        truth = Truth(stage.sandbox.world.exchanges, stage.accounts)
        self._checks = Checks(truth, settings.risk, lambda: Nanos(stage.loop.now() - START))
        self._follow()
        self.fuse.on_death = self._fall_silent

    def trades(self, lasts: Nanos = LIVELY) -> None:
        """Let the desk trade for a while."""
        self._calm = False
        self._stage.live(Nanos(self._stage.loop.now() + lasts))

    def dies_at(self, point: str, outcome: str) -> bool:
        """Let it trade until it dies at the point, while orders fare so. False if it never came there."""
        self._strike(outcome)
        self.fuse.arm(point, self._rng.randrange(1, 4))
        with suppress(Died):
            self._trades_on(STERN)
            self._strike(outcome, "50%")
            self._turn_on("cancels", "DELETE", {"fault": "http_status", "status": 500, "chance": "50%"})
            self._trades_on(PATIENCE)
        if self.fuse.dead:
            self._bury()
        return self.fuse.dead

    def is_killed(self, outcome: str) -> None:
        """Let it trade a little, and kill it anywhere."""
        self._strike(outcome)
        self._stage.live(Nanos(self._stage.loop.now() + self._rng.randrange(SECOND, 5 * SECOND)))
        self.fuse.dead = True
        self._fall_silent()
        self._bury()

    def dies_beginning(self, point: str) -> bool:
        """Begin again, and die at a point before it has begun. False, and it lives, if it never came there."""
        self._wait()
        self.fuse.renew()
        self.fuse.arm(point)
        with suppress(Died):
            self._begin()
        if self.fuse.dead:
            self._bury()
        return self.fuse.dead

    def begins_again(self) -> list[Violation]:
        """One clean start, without faults and wishes: what is wrong once it had its time."""
        self._clear()
        self._wait()
        self.fuse.renew()
        self._calm = True
        self._begin()
        return self.agreement()

    def agreement(self) -> list[Violation]:
        """Let time pass until desk and venues agree, or for `BOUND`; what is wrong at the end of it."""
        began = self._stage.loop.now()
        wrong = self._wrong()
        while wrong and self._stage.loop.now() - began < BOUND:
            self._stage.live(Nanos(self._stage.loop.now() + _LOOK))
            wrong = self._wrong()
        self.slowest = max(self.slowest, Nanos(self._stage.loop.now() - began))
        return wrong

    def close(self) -> None:
        """End the world."""
        self._ends.close()
        if not self.fuse.dead:
            self._stage.close()

    def _trades_on(self, lasts: Nanos) -> None:
        until = Nanos(self._stage.loop.now() + lasts)
        while not self.fuse.dead and self._stage.loop.now() < until:
            self._stage.live(Nanos(self._stage.loop.now() + SECOND))
            self._stage.source.inside(self._cancel_one)

    def _cancel_one(self) -> None:
        """A person cancels the oldest order that rests."""
        desk, journal = self._stage.desk.parts.desk, self._stage.desk.journal
        resting = [order for order in desk.execution.orders.working() if order.leg.tif in _RESTING]
        if resting:
            ordered = CancelOrdered("a person", desk.now, resting[0].id)
            self._stage.desk.parts.loop.dispatch(ordered, JournalRef(journal.seq))

    def _wrong(self) -> list[Violation]:
        """All that is wrong now; what could not be once is wrong for ever."""
        found, lasting = self._checks.violations, len(self._checks.violations)
        self._checks.end(self._stage.desk)
        wrong = list(found)
        del found[lasting:]
        wrong += [
            Violation("without an answer", self._stage.loop.now(), order.id)
            for order in self._stage.desk.parts.desk.execution.orders.working()
            if order.status is OrderStatus.SENDING
        ]
        if (reason := self._stage.desk.parts.desk.halt_reason) is not None:
            wrong.append(Violation("halted", self._stage.loop.now(), reason))
        return wrong

    def _begin(self) -> None:
        begun = self._stage.restarted()
        assert begun, self._stage.told[-1]
        self._follow()

    def _follow(self) -> None:
        self.runs += 1
        self._checks.follow(journal_folder(self.home, self._stage.desk.run))

    def _fall_silent(self) -> None:
        """What was written before the death still arrives; nothing else ever leaves, and nothing is heard."""
        for ends in self._stage.loop.network.connections.values():
            for end in tuple(ends):
                self._ears.append(end.get_protocol())
                end.set_protocol(Protocol())
                end.close()

    def _bury(self) -> None:
        """What the end of a process gives back: files, locks, tasks. The journal must be whole up to its last line."""
        source, desk = self._born[LiveSource], self._born[RunningDesk]
        while self._ears:
            with suppress(Died):
                self._ears.pop().connection_lost(None)
        while True:
            try:
                source.vanish()
                break
            except _LEFT_BEHIND:
                continue
        desk.vanish()
        check = journal_check(self.home, desk.run)
        assert check.ok, check

    def _strike(self, outcome: str, chance: str = "100%") -> None:
        self._clear()
        if OUTCOMES[outcome]:
            self._turn_on("outcome", "POST", {**OUTCOMES[outcome], "chance": chance})

    def _turn_on(self, name: str, method: str, fault: dict[str, object]) -> None:
        """A fault of requests about orders, at both venues."""
        for number, where in enumerate(_ORDERS):
            made = _FAULT.validate_python({"name": f"{name} {number}", "method": method, **where, **fault})
            self._stage.sandbox.switchboard.turn_on(made)

    def _clear(self) -> None:
        for fault in self._stage.sandbox.switchboard.status():
            self._stage.sandbox.switchboard.turn_off(fault.name)

    def _wait(self) -> None:
        """Let the world go on without a desk, until the last timer that the dead one set has fired in vain."""
        loop = self._stage.loop
        until = Nanos(loop.now() + self._rng.randrange(3 * SECOND, 8 * SECOND))
        while (left := until - loop.now()) > 0:
            with suppress(*_LEFT_BEHIND):
                self._stage.wait(Nanos(left))

    def _remembered(self, kind: type) -> Any:
        original = kind.__init__  # type: ignore[misc]

        def begun(born: Any, *args: Any, **options: Any) -> None:
            self._born[kind] = born
            original(born, *args, **options)

        return begun

    def _wanting(self, original: Any) -> Any:
        def books_changed(gambler: Gambler, *args: Any) -> Any:
            return () if self._calm else original(gambler, *args)

        return books_changed


@contextmanager
def deathbed(home: Path, seed: int) -> Iterator[Deathbed]:
    """A world to die in."""
    bed = Deathbed(home, seed)
    try:
        yield bed
    finally:
        bed.close()
