"""Desks to be killed: a process that has imported everything, and forks one desk after the other at once.

Run as a script with a home. Each line on stdin is a `Life`; a child of it then runs a whole desk in that home, from
the journals on, until it is killed. It says on stdout when it is ready: its venues are compared, orders may leave. One
that is `patient` waits until no order is unknown; one that is `calm` wants nothing and tells again and again how it
stands.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import msgspec

from dutchbook.app.accounts.chain import KeyChain
from dutchbook.app.live.at_work import Gate, at_work
from dutchbook.app.live.opening import Choice
from dutchbook.app.running import RunningDesk
from dutchbook.app.torture.trader import Gambler
from dutchbook.config.load import shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, Leg, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, MILLISECOND, SECOND, Money, Nanos, Price, Size
from dutchbook.strategies.ports import DeskView

AT_ONCE = 3
"""Wishes at a time."""
EVERY = Nanos(30 * MILLISECOND)
"""How often it wishes, on average: some orders are always on their way, and the next desk may still trade elsewhere."""
ABSENT_AFTER = Nanos(3 * SECOND)
"""How long an order must not be found to count as never placed: venues in a box take none late."""
_TELL_S = 0.25


class Life(msgspec.Struct, frozen=True):
    """One desk."""

    seed: int
    calm: bool = False
    patient: bool = False
    """Whether it begins to trade only when it knows what became of all orders of those before it."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How a desk stands. `started_s`: from the fork to readiness."""

    ready: bool
    pid: int
    run: str
    started_s: float
    working: dict[str, Size] = {}
    """What is left of orders that may trade, by the venues' names for them."""
    unknown: int = 0
    cash: dict[Venue, Money] = {}
    holdings: dict[OutcomeId, Size] = {}
    halted: str = ""


class Hurried(Gambler):
    """Wants several things at once, again and again; nothing that takes minutes by its nature."""

    _due = Nanos(0)

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        if desk.now < self._due or self.calm:
            return ()
        self._due = Nanos(desk.now + int(self._rng.expovariate(1 / EVERY)))
        return [
            intent
            for _ in range(AT_ONCE)
            for intent in super().books_changed(outcomes, desk)
            if intent.plan is not PlanKind.TWAP
        ]


def hurried_settings() -> Settings:
    """Limits that do not end the trading: the strategy has no sense, and loses money."""
    shipped = shipped_settings()
    wide = {
        "ratcheting_stop": 1_000_000,
        "daily_loss": 1_000_000,
        "position_limit": 1_000_000,
        "venue_limit": 1_000_000,
    }
    changed = {
        "risk": shipped.risk.model_copy(update=wide),
        "execution": shipped.execution.model_copy(update={"absent_after": ABSENT_AFTER}),
    }
    return shipped.model_copy(update=changed).in_mode(Mode.SANDBOX)


def live(home: Path, life: Life) -> None:
    """A desk, from the fork to the kill."""
    began = time.monotonic()
    keys = KeyChain(())
    held: list[RunningDesk] = []

    def sellable() -> Mapping[OutcomeId, Size]:
        desk = held[0].parts.desk
        return {outcome: desk.settled(outcome) for outcome in desk.positions()}

    with at_work(Choice(), hurried_settings(), home, keys, lambda _: None, Gate(asked=False, environ={})) as work:
        gambler = Hurried(work.source.markets, Random(life.seed), Nanos(1), sellable)
        gambler.calm = True
        with RunningDesk(work.settings, home, work.source, more=(gambler,)) as desk:
            held.append(desk)
            while not _ready(desk, work.source.markets) or (life.patient and desk.unknown):
                desk.step()
            gambler.calm = life.calm
            started_s = time.monotonic() - began
            _say(Told(ready=True, pid=os.getpid(), run=desk.run, started_s=started_s))
            told = time.monotonic()
            while True:
                desk.step()
                if life.calm and time.monotonic() - told > _TELL_S:
                    told = time.monotonic()
                    _say(_standing(desk, started_s))


def _ready(desk: RunningDesk, markets: Sequence[Market]) -> bool:
    """Whether both venues were compared with our books, take orders, and show prices."""
    states, book = desk.parts.desk.execution.venues, desk.parts.desk.book
    one = {market.venue: market for market in markets}
    shown = {market.venue for market in markets if (view := book(market.yes)) is not None and view.usable}
    return shown == set(one) and all(states.denies(venue, _any_leg(market)) is None for venue, market in one.items())


def _any_leg(market: Market) -> Leg:
    return Leg(market.yes, market.id, Side.BUY, Price(1), Size(CONTRACT), Price(1), TimeInForce.FOK)


def _standing(running: RunningDesk, started_s: float) -> Told:
    desk = running.parts.desk
    return Told(
        ready=True,
        pid=os.getpid(),
        run=running.run,
        started_s=started_s,
        working={order.venue_id: order.remaining for order in desk.execution.orders.working()},
        unknown=len(desk.execution.orders.unknown()),
        cash={venue: desk.cash_at(venue) for venue in Venue},
        holdings={outcome: position.size for outcome, position in desk.positions().items() if position.size},
        halted=desk.halt_reason or "",
    )


def _say(told: Told) -> None:
    os.write(sys.stdout.fileno(), msgspec.json.encode(told) + b"\n")


def nurse(home: Path) -> None:
    """Fork a desk for each line, and see it off."""
    for line in sys.stdin.buffer:
        life = msgspec.json.decode(line, type=Life)
        child = os.fork()
        if not child:
            live(home, life)
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            raise SystemExit(f"a desk ended by itself: {status}")


if __name__ == "__main__":
    nurse(Path(sys.argv[1]))
