"""The sandbox at work: a world that lives, both venues' servers in front of it, and the endpoint that steers it."""

import asyncio
import gc
from contextlib import AsyncExitStack
from random import Random
from uuid import uuid4

import msgspec

from dutchbook.app.sandbox.accounts import SandboxAccounts
from dutchbook.app.sandbox.addresses import HOST, SandboxAddresses
from dutchbook.app.sandbox.kalshi import KalshiVenue
from dutchbook.app.sandbox.polymarket import PolymarketVenue
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.living.world import World
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.control import Control, Steering
from dutchbook.exchange.servers.http import serve_http

_LEAD = Nanos(2 * SECOND)
"""How long the world has lived when it is first seen: its makers have quoted."""
_PATIENCE = Nanos(10 * MILLISECOND)
"""How long the world may work at a stretch, in real time, before clients get their turn."""
_ASKED = Nanos(2 * MILLISECOND)
"""The same before a request is answered: of many at once each would wait for the work of all."""
_TURN_S = _PATIENCE / SECOND
"""How long clients have their turn while the world is behind, if there are any: as long as the world had."""
_GASP_S = 0.001
"""The same where nobody asked meanwhile."""
_LONGEST_BREATH_S = 1.0
"""How long a simulated world stands still where nothing is to happen: faults begin and end with its breaths."""
_LONGEST_STRIDE = 100
"""Breaths' worth of the world's time between two looks at the clock, however fast it is to run."""


class Ports(msgspec.Struct, frozen=True):
    """First ports of the venues: Polymarket takes nine in a row, Kalshi two. 0 means any free ones."""

    polymarket: int = 0
    kalshi: int = 0
    control: int = 0


class Make(msgspec.Struct, frozen=True, kw_only=True):
    """What a sandbox is made of. The same scenario and seed give the same world."""

    spec: ScenarioSpec
    plan: FaultPlan
    seed: int
    speed: float = 1.0
    breath_s: float = 0.005
    """The longest that the world stands still between two looks at the clock."""
    world: str = ""
    """What this world is called; a name that no other has, if it is empty."""
    hurried: bool = False
    """Whether clients are let in however often they ask: for desks that start anew all the time, as no person's do."""
    own_network: bool = False
    """Whether the event loop brings a network of its own, as that of a simulation does."""


class Flow:
    """The world's time: that of the machine, or faster."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._started = clock.now()
        self._base = self._started
        self.speed = speed

    def now(self) -> Nanos:
        """What time it is in the world."""
        return Nanos(self._base + int((self._clock.now() - self._started) * self.speed))

    def run_at(self, speed: float, since: Nanos) -> None:
        """Change the speed from now on. The world has come as far as `since`: what it is behind is forgiven."""
        self._base, self._started = since, self._clock.now()
        self.speed = speed


class Sandbox:
    """A world with its servers. `start`, let the loop run, `close`."""

    def __init__(self, make: Make, accounts: SandboxAccounts, clock: Clock) -> None:
        self.flow = Flow(clock, make.speed)
        self._clock = clock
        self._breath_s = make.breath_s
        self._stride = int(make.breath_s * SECOND)
        self._own_network = make.own_network
        self._world = make.world or uuid4().hex
        self.world = World(make.spec, make.seed, Nanos(clock.now() - _LEAD))
        rng = Random(make.seed)  # noqa: S311 - faults are repeatable, nothing here is secret
        self.switchboard = Switchboard(make.plan, rng, self.world.clock)
        hurried = make.hurried
        self.polymarket = PolymarketVenue(self.world, self._context(Venue.POLYMARKET, rng), accounts, hurried=hurried)
        self.kalshi = KalshiVenue(self.world, self._context(Venue.KALSHI, rng), accounts, hurried=hurried)
        for exchange in self.world.exchanges.values():
            self.switchboard.attach(exchange)
        self._ends = AsyncExitStack()
        self._ticking: asyncio.Task[None] | None = None
        self._behind = False
        self._asked = False
        """Whether anybody asked for anything since the world's last stretch of work."""

    async def start(self, ports: Ports) -> SandboxAddresses:
        """Listen on all ports and let the world go on. Raises OSError for a port that is taken."""
        self.world.advance(self.flow.now())  # all first books, before anybody waits for an answer
        polymarket = await self.polymarket.listen(ports.polymarket, self._ends)
        kalshi = await self.kalshi.listen(ports.kalshi, self._ends)
        control = await self._serve_control(ports.control)
        # What lives as long as the process need not be looked through again and again, nor in the middle of an answer.
        gc.collect()
        gc.freeze()
        gc.set_threshold(2_000, 2, 100)
        self._ticking = asyncio.create_task(self._tick())
        return SandboxAddresses(polymarket, kalshi, control, self._world)

    async def close(self) -> None:
        """Let the world stand still and stop listening."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        await self._ends.aclose()

    async def failed(self) -> None:
        """Returns never, or raises what stopped the world."""
        if self._ticking is not None:
            await self._ticking

    def catch_up(self, patience: Nanos = _PATIENCE) -> None:
        """Bring the world, and the faults that strike it, to the present; nearer to it if that would take long.

        A world that is asked to run faster than it can falls behind, and still answers.
        """
        until = self.flow.now()
        if self.world.clock.now() >= until:
            self.switchboard.advance()
            return
        ends = self._clock.now() + patience
        stride = int(self._stride * min(max(self.flow.speed, 1), _LONGEST_STRIDE))
        while (now := self.world.clock.now()) < until:
            self.world.advance(Nanos(min(until, now + stride)))
            if self._clock.now() >= ends:
                break
        self.switchboard.advance()

    def _look_up(self) -> None:
        """The present, or near it, for whoever asks. A world that is behind gets there without being asked."""
        self._asked = True
        if not self._behind:
            self.catch_up(_ASKED)

    async def _tick(self) -> None:
        while True:
            self.catch_up()
            self._behind = self.flow.now() - self.world.clock.now() > self._stride * max(self.flow.speed, 1)
            turn = self._breath() if not self._behind else _TURN_S if self._asked else _GASP_S
            self._asked = False
            await asyncio.sleep(turn)

    def _breath(self) -> float:
        """How long the world stands still. In a simulation, whose clock waits for it, until something happens there."""
        at = self.world.next_at() if self._own_network else None
        if at is None:
            return self._breath_s
        return max(self._breath_s, min((at - self.flow.now()) / SECOND, _LONGEST_BREATH_S))

    async def _serve_control(self, port: int) -> str:
        steering = Steering(
            switchboard=self.switchboard,
            exchanges=self.world.exchanges,
            clock=self.world.clock,
            catch_up=self.catch_up,
            accounts={Venue.POLYMARKET: self.polymarket.accounts, Venue.KALSHI: self.kalshi.accounts},
            speed=lambda: self.flow.speed,
            set_speed=lambda speed: self.flow.run_at(speed, self.world.clock.now()),
        )
        server = await serve_http(Control(steering).application(), HOST, port)
        self._ends.push_async_callback(server.close)
        return f"http://{HOST}:{server.port}"

    def _context(self, venue: Venue, rng: Random) -> ServerContext:
        return ServerContext(venue, self.world.clock, self.switchboard, rng, self._look_up, self._own_network)
