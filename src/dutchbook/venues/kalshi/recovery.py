"""Books that are missing on Kalshi's socket, and the steps that bring them back (protocol section 8.4)."""

from asyncio import Event
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum

from dutchbook.domain.identity import MarketId, OutcomeId, kalshi_yes
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.connection import Ended
from dutchbook.venues.surroundings import Surroundings

type Ask = Callable[[str, Sequence[MarketId]], bool]
"""Sends an action of `update_subscription` for these markets; False if the subscription was never acknowledged."""
type TellLost = Callable[[str, tuple[OutcomeId, ...]], None]
"""Told why which books are not known."""

SNAPSHOT, LEAVE, ENTER = "get_snapshot", "delete_markets", "add_markets"

_FIRST = Nanos(SECOND // 4)
_LONGEST = Nanos(30 * SECOND)
_STEADY = Nanos(60 * SECOND)
_LATER = Nanos(60 * SECOND)
"""How long until a book that no step brought is tried again."""


class _Step(IntEnum):
    """What was done for a book last."""

    AWAITED = 0
    ASKED = 1
    ENTERED_AGAIN = 2


class Recovery:
    """Which books of one connection are awaited, and what to do for them next."""

    def __init__(self, ask: Ask, surroundings: Surroundings, *, answer_s: float) -> None:
        self._ask = ask
        self._now = surroundings.clock.now
        self._sleep = surroundings.sleep
        self._patience = round(answer_s * SECOND)
        self._tell: TellLost = lambda reason, lost: None  # noqa: ARG005
        self._carried: set[MarketId] = set()
        self._missing: dict[MarketId, tuple[_Step, Nanos]] = {}
        self._again: dict[MarketId, tuple[Nanos, Nanos]] = {}
        """Of books that were lost before: when last, and how long to wait the next time."""
        self.whole = 0
        """Snapshots that came on this connection."""
        self._wake = Event()

    def tell_lost(self, tell: TellLost) -> None:
        """Whom to tell of books that cannot be had."""
        self._tell = tell

    def begin(self) -> None:
        """A new connection: nothing is awaited yet."""
        self._carried.clear()
        self._missing.clear()
        self._again.clear()
        self.whole = 0

    def expect(self, markets: Iterable[MarketId]) -> None:
        """The socket should send these books now."""
        deadline = Nanos(self._now() + self._patience)
        awaited = dict.fromkeys(markets, (_Step.AWAITED, deadline))
        self._carried.update(awaited)
        self._missing.update(awaited)
        self._wake.set()

    def came(self, market: MarketId) -> None:
        """A snapshot came."""
        self.whole += 1
        self._missing.pop(market, None)

    def renew(self, markets: Iterable[MarketId]) -> None:
        """A codec lost these: at once the first time, later each time in a row."""
        now = self._now()
        for market in markets:
            last, wait = self._again.get(market, (now, Nanos(0)))
            if now - last > _STEADY:
                wait = Nanos(0)
            self._again[market] = (now, Nanos(min(_LONGEST, max(_FIRST, 2 * wait))))
            if market not in self._missing:
                self._missing[market] = (_Step.AWAITED, Nanos(now + wait))
        self._wake.set()

    def forget(self, markets: Iterable[MarketId]) -> None:
        """Nobody wants these any more."""
        for market in markets:
            self._carried.discard(market)
            self._missing.pop(market, None)
            self._again.pop(market, None)

    def refused(self, action: str, markets: Iterable[MarketId], said: str) -> None:
        """The venue refused an action."""
        awaited = tuple(market for market in markets if market in self._missing)
        if action.endswith(SNAPSHOT):
            self._missing.update((market, (_Step.ASKED, self._now())) for market in awaited)
        elif action.endswith(ENTER):
            self._give_up(awaited, said)
        self._wake.set()

    async def work(self) -> None:
        """Take the next step for what is due, as long as the connection lives. Raises Ended if nothing helps."""
        while True:
            if not self._missing:
                self._wake.clear()
                await self._wake.wait()
            now = self._now()
            first = min((due for _, due in self._missing.values()), default=now)
            if first > now:
                # New ones may be due earlier than all that are known: never sleep through them.
                await self._sleep(min(first - now, _FIRST) / SECOND)
                continue
            self._step(now)

    def _step(self, now: Nanos) -> None:
        due = [(market, step) for market, (step, at) in self._missing.items() if at <= now]
        self._do(_Step.ASKED, [market for market, step in due if step is _Step.AWAITED], SNAPSHOT)
        self._do(_Step.ENTERED_AGAIN, [market for market, step in due if step is _Step.ASKED], LEAVE, ENTER)
        given_up = tuple(market for market, step in due if step is _Step.ENTERED_AGAIN)
        if not given_up:
            return
        # One book that does not come is no reason to lose the others; if all are missing there is nothing to lose.
        if self._carried <= self._missing.keys():
            raise Ended(f"no snapshot of any of {len(self._missing)} books came")
        self._give_up(given_up, "no snapshot came, whatever was asked")

    def _do(self, step: _Step, markets: list[MarketId], *actions: str) -> None:
        if not markets:
            return
        deadline = Nanos(self._now() + self._patience)
        self._missing.update((market, (step, deadline)) for market in markets)
        for action in actions:
            if not self._ask(action, markets) and step is _Step.ENTERED_AGAIN:
                raise Ended("the venue never acknowledged the subscription to books")

    def _give_up(self, markets: tuple[MarketId, ...], reason: str) -> None:
        if not markets:
            return
        later = Nanos(self._now() + _LATER)
        self._missing.update((market, (_Step.AWAITED, later)) for market in markets)
        self._tell(reason, tuple(kalshi_yes(market) for market in markets))
