"""The messenger: a process beside the desk that reads its journal, asks how it is, tells people, takes their commands.

The desk never waits for it and knows nothing of it. It holds no keys of venues. What it remembers is in the book of
alerts and in a few small files, so that it may be killed and started again at any time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from dutchbook.app.control.wire import ShowSnapshot
from dutchbook.config.alert_settings import AlertSettings
from dutchbook.domain.errors import DutchbookError, JournalError, RecordingError
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.alerts.center import AlertCenter
from dutchbook.interfaces.alerts.channels import Channel
from dutchbook.interfaces.alerts.courier import Courier
from dutchbook.interfaces.alerts.daily import DailySummary, summary_notices
from dutchbook.interfaces.alerts.following import RunFollower
from dutchbook.interfaces.alerts.market_watch import MarketWatch
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.alerts.triggers import Triggers
from dutchbook.interfaces.alerts.watching import DeskWatch, Look
from dutchbook.interfaces.day_results import day_results
from dutchbook.interfaces.desk_side import DeskSide
from dutchbook.interfaces.service_notify import ServiceManager
from dutchbook.storage.alert_words import Occasion, Tier
from dutchbook.storage.home import Home

_FOLLOW_S, _WATCH_S, _SELDOM_S = 0.25, 1.0, 5.0
_AT_ONCE = 2_000
"""Journal lines between two chances for others: a long journal is read while messages go on."""
OLD_NEWS = Nanos(3_600 * SECOND)
"""What happened longer ago while no messenger ran is only told if it is critical, and not at all after a day."""

type Say = Callable[[str, dict[str, object]], None]


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a messenger works with."""

    home: Path
    settings: AlertSettings
    stop_ppm: int
    clock: Clock
    desk: DeskSide
    say: Say
    manager: ServiceManager


class Messenger:
    """Follows the desk of one home. `run` until cancelled."""

    def __init__(
        self,
        around: Surroundings,
        center: AlertCenter,
        channels: Sequence[Channel],
        market_watch: MarketWatch | None = None,
    ) -> None:
        self._around = around
        self._center = center
        self._couriers = [Courier(center, channel, around.clock, around.say) for channel in channels]
        self._market_watch = market_watch
        self._follower = RunFollower(around.home)
        self._triggers: Triggers | None = None
        self._run = ""
        self._watch = DeskWatch(around.settings)
        folder = Home(around.home).messenger
        self._daily = DailySummary(folder / "summary.json", around.settings.daily_summary_hour)
        self._broken = ""

    @property
    def mode(self) -> str:
        """That of the desk that is followed."""
        return self._triggers.memory.mode if self._triggers is not None else ""

    @property
    def followed(self) -> bool:
        """Whether any desk was ever seen."""
        return self._triggers is not None

    @property
    def desk_over(self) -> bool:
        """Whether it was said how the desk that was followed ended: by its last line, or by its death."""
        return self._watch.idle

    @property
    def busy(self) -> bool:
        """Whether anything still waits for a channel that works."""
        return any(courier.waiting for courier in self._couriers)

    def desk_ends(self) -> None:
        """The desk ends in good order, and with it this process: its last line comes too late to be told by it."""
        live = self.mode == "live"
        notice = Notice(
            at=self._around.clock.now(),
            occasion=Occasion.DESK_STOPPED,
            tier=Tier.IMPORTANT if live else Tier.ROUTINE,
            mode=self.mode,
            title="The desk ends in good order",
            subject=self._run,
        )
        self._tell([notice])

    def orphaned(self) -> None:
        """The desk that started this process is gone: its death is told, though no look may have found it alive."""
        if self._triggers is not None and not self._triggers.ended:
            now = self._around.clock.now()
            self._watch.orphaned(Look(at=now, process=0, answered=True, ended=False, mode=self.mode, run=self._run))

    async def run(self, *beside: Callable[[], Awaitable[None]]) -> None:
        """Work until cancelled; `beside` are tasks that live as long, the console's for one."""
        jobs: list[Callable[[], Awaitable[None]]] = [
            self._every(_FOLLOW_S, self.follow),
            self._every(_WATCH_S, self.look),
            self._every(_SELDOM_S, self.now_and_then),
            *(courier.run for courier in self._couriers),
            *beside,
        ]
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            stack.callback(self._around.manager.stopping)
            for job in jobs:
                tasks.create_task(_awaited(job))
            self._around.manager.ready("following the desk")

    async def follow(self) -> None:
        """Read what is new in the journal, and tell what is worth it."""
        count = 0
        try:
            for each in self._follower.lines():
                if each.run != self._run:
                    self._begin(each.run)
                if self._triggers is not None:
                    notices = self._triggers.take(each.run, each.line)
                    self._tell(notice for notice in notices if each.new)
                count += 1
                if count % _AT_ONCE == 0:
                    self._follower.remember()
                    await asyncio.sleep(0)
        except JournalError as error:
            self._journal_broken(str(error))
        self._follower.remember()

    async def look(self) -> None:
        """Ask how the desk is."""
        process = self._around.desk.process()
        snapshot, answered = await self._snapshot() if process else (None, True)
        ended = self._triggers is None or self._triggers.ended
        look = Look(
            at=self._around.clock.now(),
            process=process,
            answered=answered,
            ended=ended,
            mode=snapshot.mode if snapshot else self.mode,
            run=snapshot.run if snapshot else self._run,
            data_age=snapshot.data_age if snapshot else None,
        )
        self._tell(self._watch.after(look))
        self._around.manager.alive()

    async def now_and_then(self) -> None:
        """Digests, the daily summary, unusual markets, and keeping the book small."""
        now = self._around.clock.now()
        self._center.digest(now, self.mode)
        self._center.book.shorten(now)
        if self._daily.due(now):
            rows = await asyncio.to_thread(day_results, self._around.home, 1, now)
            waiting = sum(alert.waits for alert in self._center.book.alerts().values())
            self._tell(summary_notices(rows, self.mode, waiting, now))
            self._daily.told(now)
        if self._market_watch is not None and self._run:
            await self._look_at_markets(self._market_watch)

    async def _look_at_markets(self, watch: MarketWatch) -> None:
        folder = Home(self._around.home).runs / self._run / "recording"
        try:
            self._tell(await asyncio.to_thread(watch.look, folder, self.mode))
        except RecordingError as error:
            self._market_watch = None  # what is damaged stays so; a restart tries again
            self._around.say("markets_not_watched", {"reason": str(error)})

    async def _snapshot(self) -> tuple[DeskSnapshot | None, bool]:
        try:
            return (await self._around.desk.ask(ShowSnapshot())).snapshot, True
        except DutchbookError:
            return None, False

    def _begin(self, run: str) -> None:
        """Another run begins. If the one before it has no last line, its desk died."""
        if self._triggers is not None and not self._triggers.ended and self._follower.run == run:
            text = f"{self._run} has no last line: its desk died. It was started again as {run}."
            self._tell(
                [
                    Notice(
                        at=self._around.clock.now(),
                        occasion=Occasion.DESK_DIED,
                        tier=Tier.CRITICAL,
                        mode=self.mode,
                        title="The desk died and was started again",
                        text=text,
                        subject=self._run,
                    )
                ]
            )
        self._run = run
        self._triggers = Triggers(self._around.settings, self._around.stop_ppm)

    def _journal_broken(self, why: str) -> None:
        if why != self._broken:
            self._broken = why
            now, title = self._around.clock.now(), "The journal cannot be proven"
            notice = Notice(
                at=now,
                occasion=Occasion.JOURNAL,
                tier=Tier.EMERGENCY,
                mode=self.mode,
                title=title,
                text=why,
                subject=self._run,
            )
            self._tell([notice])

    def _tell(self, notices: Iterable[Notice]) -> None:
        now = self._around.clock.now()
        for notice in notices:
            age = now - notice.at
            if age > DAY or (age > OLD_NEWS and notice.tier.rank < Tier.CRITICAL.rank):
                continue
            raised = self._center.tell(notice)
            if raised is not None:
                self._around.say("alert", {"alert": raised.id, "occasion": raised.occasion, "title": raised.title})

    def _every(self, seconds: float, job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def again() -> None:
            while True:
                try:
                    await job()
                except DutchbookError as error:  # a full disk: what can be done without it goes on, and this later
                    self._around.say("failed", {"reason": str(error)})
                await asyncio.sleep(seconds)

        return again


async def _awaited(job: Callable[[], Awaitable[None]]) -> None:
    await job()
