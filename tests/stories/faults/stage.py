"""One venue with faults and the desk that reads it: a paper desk as users run it, over real sockets, in story time."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from random import Random

import aiohttp
from pydantic import TypeAdapter

from dutchbook.app.live.feeds import LiveFeeds
from dutchbook.app.live.source import EventLoop, Label, LiveSource
from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import Take
from dutchbook.app.trading import Trading
from dutchbook.config.load import shipped_settings
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultSpec
from dutchbook.exchange.faults.switchboard import FaultStatus
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings
from tests.stories.faults.boxes import Box, make_box, start_of
from tests.stories.faults.story_loop import StoryClock, StoryLoop
from tests.stories.faults.witness import Witness

_FAULT: TypeAdapter[FaultSpec] = TypeAdapter(FaultSpec)
_ACT_S = 0.3
_TICK_S = 0.05


def fault(kind: str, /, **fields: object) -> FaultSpec:
    """One fault as a plan would say it; its name is its kind unless told otherwise."""
    return _FAULT.validate_python({"name": kind, "fault": kind, **fields})


class _Watched:
    """A live source that lets a witness look after every frame."""

    def __init__(self, source: LiveSource, witness: Witness) -> None:
        self._source = source
        self._witness = witness
        self.title, self.origin, self.notice = source.title, source.origin, source.notice
        self.capture_format, self.venue, self.sequence = source.capture_format, source.venue, source.sequence

    @property
    def said(self) -> str:
        return self._source.said

    @property
    def questions(self) -> Sequence[Question]:
        return self._source.questions

    @property
    def markets(self) -> Sequence[Market]:
        return self._source.markets

    @property
    def trading(self) -> Trading | None:
        return self._source.trading

    def heard(self) -> Sequence[str]:
        return self._source.heard()

    def inside(self, work: Callable[[], None]) -> None:
        self._source.inside(work)

    def pump(self, take: Take, within_s: float | None = None) -> int:
        def looked_at(frame: Frame) -> None:
            take(frame)
            self._witness.look()

        return self._source.pump(looked_at, within_s)

    def due_in(self) -> float | None:
        return self._source.due_in()

    def lost(self, outcomes: Iterable[OutcomeId]) -> None:
        self._source.lost(outcomes)

    def close(self) -> None:
        self._source.close()


class Story:
    """What happens: the market lives or rests, faults come and go, and no book is ever believed that never was."""

    def __init__(self, box: Box, loop: StoryLoop, clock: StoryClock, witness: Witness) -> None:
        self.box = box
        self.loop = loop
        self.clock = clock
        self.witness = witness
        self.told: list[str] = []
        """What the feed told people, line by line."""
        self.lively = True
        self._desk: RunningDesk | None = None

    @property
    def desk(self) -> RunningDesk:
        assert self._desk is not None
        return self._desk

    def open(self, home: Path) -> RunningDesk:
        """Start the desk, as `dutchbook run` does."""

        def to_venue(session: aiohttp.ClientSession) -> LiveFeeds:
            around = Surroundings(self.clock, Random(11), asyncio.sleep, connect)
            return LiveFeeds([self.box.link(session, around)], self.clock, Nanos(30 * SECOND))

        label = Label("the box", "box", "simulated", self.box.venue)
        source = LiveSource(label, to_venue, self.clock, self.told.append, EventLoop(lambda: self.loop))
        self._desk = RunningDesk(shipped_settings(), home, _Watched(source, self.witness), self.clock)
        self.witness.follow(self._desk.parts.desk.books)
        return self._desk

    async def run_market(self) -> None:
        """The world: what is due at the exchange, and its orders while it is lively."""
        box, next_act = self.box, 0.0
        while True:
            box.board.advance()
            box.exchange.advance()
            if self.lively and self.loop.time() >= next_act:
                next_act = self.loop.time() + _ACT_S
                box.act()
            await asyncio.sleep(_TICK_S)

    def step(self) -> None:
        """One turn of the desk: 20 ms."""
        self.desk.step()
        self.witness.look()
        assert not self.witness.lies, self.witness.lies[0]

    def live(self, seconds: float) -> None:
        """Let the market move."""
        self._pass(seconds, lively=True)

    def rest(self, seconds: float) -> None:
        """Let time pass in a market that stands still."""
        self._pass(seconds, lively=False)

    def _pass(self, seconds: float, *, lively: bool) -> None:
        self.lively = lively
        end = self.loop.time() + seconds
        while self.loop.time() < end:
            self.step()

    def until(self, holds: Callable[[], object], within: float) -> float:
        """Go on until something is so; how many seconds that took. More than `within` fails."""
        began = self.loop.time()
        while not holds():
            took = self.loop.time() - began
            assert took < within, (
                f"not so after {took:.0f} s: unknown {self.witness.unknown()}, untrue {self.witness.untrue()}, "
                f"told {self.told[-5:]}"
            )
            self.step()
        return self.loop.time() - began

    def whole(self) -> bool:
        return self.witness.whole()

    def honest(self) -> bool:
        """Whether every book is true, or said to be unknown."""
        return not self.witness.untrue()

    def believed_s(self) -> float:
        """The longest that any book was believed after it had ceased to be true, in seconds."""
        return self.witness.behind / SECOND

    def arm(self, kind: str, /, **fields: object) -> None:
        """A fault begins."""
        self.now(lambda: self.box.board.turn_on(fault(kind, **fields)))

    def disarm(self, *names: str) -> None:
        """Faults end."""
        for name in names:
            self.now(lambda name=name: self.box.board.turn_off(name))  # type: ignore[misc]

    def struck(self, name: str) -> int:
        """How often a fault that is armed struck."""
        rows: dict[str, FaultStatus] = {row.name: row for row in self.box.board.status()}
        return rows[name].struck

    def now(self, act: Callable[[], object]) -> None:
        """Do something inside the loop."""

        async def acting() -> None:
            act()

        self.loop.run_until_complete(acting())


@contextmanager
def story(venue: Venue, home: Path, seed: int = 3) -> Iterator[Story]:
    """A market with its venue's servers, and a desk that knows all its books."""
    loop = StoryLoop()
    asyncio.set_event_loop(loop)
    clock = StoryClock(loop, start_of(venue))
    box = make_box(venue, clock, seed)
    with ExitStack() as ends:
        ends.callback(asyncio.set_event_loop, None)
        ends.callback(loop.close)
        servers = AsyncExitStack()
        loop.run_until_complete(servers.enter_async_context(box.listening()))
        told = Story(box, loop, clock, Witness(box.exchange, clock, box.markets()))
        for _ in range(60):
            told.now(box.act)
        desk = told.open(home)
        ends.callback(desk.close)
        ends.callback(lambda: loop.run_until_complete(servers.aclose()))
        market = loop.create_task(told.run_market())
        ends.callback(lambda: loop.run_until_complete(_ended(market)))
        told.until(told.whole, within=10)
        told.witness.forget()
        yield told


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
