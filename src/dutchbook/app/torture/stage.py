"""One torture: a sandbox and a desk that trades in it, both real, on one virtual loop."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

import msgspec

from dutchbook.app.accounts.in_use import account_in_sandbox
from dutchbook.app.arming import arm_sandbox
from dutchbook.app.live.brokers import Dialler, seats
from dutchbook.app.live.rewards import filters_wanted
from dutchbook.app.live.source import EventLoop, LiveSource
from dutchbook.app.live.venues import connecting, in_sandbox
from dutchbook.app.running import RunningDesk
from dutchbook.app.sandbox.running import Make, Ports, Sandbox
from dutchbook.app.torture.accounts import seeded_accounts
from dutchbook.app.torture.connector import VirtualConnector
from dutchbook.app.torture.trader import Gambler
from dutchbook.app.torture.virtual_time import VirtualLoop
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.events import Cause, JournalRef, PauseOrdered
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos, Size
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import FaultStatus
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.storage.home import Home
from dutchbook.storage.journal import Body
from dutchbook.venues.order_line import Dial
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings

START = Nanos(1_795_000_000 * SECOND)
BREATH_S = 0.25
"""The world's events of so long happen at once, each with its own time."""
LISTEN_S = 5.0
"""A desk looks up so often where nothing comes and nothing is due."""


EVERY = Nanos(12_500 * MILLISECOND)
"""How often the strategy wants something, on average."""
_SOME = 0.4


class Died(Exception):
    """The desk is dead: it was told to be."""


class LoopClock:
    """The time of a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.now = loop.now


class Stage:
    """A sandbox with faults, and a desk in it. `live` lets time pass; `close` ends both."""

    def __init__(self, seed: int, home: Path, spec: ScenarioSpec, plan: FaultPlan, settings: Settings) -> None:
        rng = Random(seed)  # noqa: S311 - the same seed must give the same torture
        self.loop = VirtualLoop(START, Random(rng.getrandbits(64)))  # noqa: S311
        self.clock: Clock = LoopClock(self.loop)
        self.home = home
        self.settings = settings.in_mode(Mode.SANDBOX)
        accounts = self.accounts = seeded_accounts(seed)
        _keep(home, accounts)
        make = Make(spec=spec, plan=plan, seed=seed, breath_s=BREATH_S, own_network=True, world=f"torture {seed}")
        self.sandbox = Sandbox(make, accounts, self.clock)
        addresses = self.loop.run_until_complete(self.sandbox.start(Ports()))
        where = in_sandbox(addresses, home)
        armed = arm_sandbox(tuple(account_in_sandbox(venue, accounts) for venue in where.venues), where, home)
        around = Surroundings(
            self.clock,
            Random(rng.getrandbits(64)),  # noqa: S311
            self.loop.sleep,
            partial(connect, own_network=True),
        )
        self.told: list[str] = []
        self._rng = rng
        self._connect = connecting(
            where,
            self.settings.venues,
            self.clock,
            seats=seats(
                armed,
                self.settings.live.order_limit,
                _dialler(self.loop),
                decide_ahead=self.settings.execution.decide_ahead,
                sign_ahead=self.settings.execution.sign_ahead,
            ),
            around=around,
            rewards=filters_wanted(self.settings),
        )
        self._label = where.label
        self._calm = False
        self._struck: dict[str, FaultStatus] = {}
        self.source, self.desk = self._begin()

    @property
    def struck(self) -> Sequence[FaultStatus]:
        """The faults of the plan, as they stood when they were last looked at: also those that were turned off."""
        self._struck |= {fault.name: fault for fault in self.sandbox.switchboard.status()}
        return tuple(self._struck.values())

    def crash(self) -> None:
        """Let the desk vanish as a killed process does: no line more in its journal, all its connections reset."""
        self.source.vanish()
        self.desk.vanish()
        self.cut(None, every=True)

    def die_behind(self, lines: int) -> None:
        """Let the desk die in the middle of a turn, when it has written so many more lines: `live` raises `Died`."""
        journal = self.desk.journal
        append, last = journal.append, journal.seq + lines

        def dying(kind: str, at: Nanos, body: Body, cause: Cause | None = None) -> JournalRef:
            if journal.seq >= last:
                raise Died
            return append(kind, at, body, cause)

        journal.append = dying  # type: ignore[method-assign]

    def stop(self) -> None:
        """End the desk in good order. The loop, which is not its own, stays."""
        self.desk.close()

    def restarted(self) -> bool:
        """Start a desk in the same home, at the same sandbox. False if a venue does not answer."""
        try:
            self.source, self.desk = self._begin()
        except (VenueError, WireError) as error:
            self.told.append(f"not started: {error}")
            return False
        return True

    def calm(self) -> None:
        """Let no strategy begin anything any more, as somebody does who pauses all of them."""
        self._calm = self._gambler.calm = True
        self.source.inside(self._pause)

    def cut(self, rng: Random | None, *, every: bool) -> None:
        """Break every connection of the desk, or some by chance."""
        for ends in self.loop.network.connections.values():
            for end in tuple(ends):
                if every or rng is None or rng.random() < _SOME:
                    end.cut()

    def wait(self, away: Nanos) -> None:
        """Let time pass without a desk."""
        self.loop.run_until_complete(asyncio.sleep(away / SECOND))

    def live(self, until: Nanos, looked: Callable[[], None] = lambda: None) -> None:
        """Let time pass until then; `looked` is called after each step of the desk."""
        while (left := until - self.loop.now()) > 0:
            self.source.listen_s = min(LISTEN_S, left / SECOND)
            self.desk.step()
            looked()

    def close(self) -> None:
        """End the desk, then the sandbox."""
        self.stop()
        self.loop.run_until_complete(self.sandbox.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def _begin(self) -> tuple[LiveSource, RunningDesk]:
        on = EventLoop(lambda: self.loop, VirtualConnector, own=False)
        source = LiveSource(self._label, self._connect, self.clock, self.told.append, on, LISTEN_S)
        chance = Random(self._rng.getrandbits(64))  # noqa: S311
        gambler = Gambler(source.markets, Random(self._rng.getrandbits(64)), EVERY, self._sellable)  # noqa: S311
        gambler.calm = self._calm
        self._gambler = gambler
        return source, RunningDesk(self.settings, self.home, source, self.clock, chance, (gambler,))

    def _pause(self) -> None:
        loop = self.desk.parts.loop
        loop.dispatch(PauseOrdered("a person", loop.desk.now), JournalRef(self.desk.journal.seq))

    def _sellable(self) -> Mapping[OutcomeId, Size]:
        desk = self.desk.parts.desk
        return {outcome: desk.settled(outcome) for outcome in desk.positions()}


def _keep(home: Path, accounts: object) -> None:
    path = Home(home).sandbox_accounts
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(accounts))


def _dialler(loop: VirtualLoop) -> Dialler:
    def to(base: str) -> Dial:
        port = int(base.split(":")[2].split("/", maxsplit=1)[0])

        async def dial(protocol: asyncio.Protocol) -> asyncio.Transport:
            transport, _ = await loop.create_connection(lambda: protocol, "127.0.0.1", port)
            return transport

        return dial

    return to
