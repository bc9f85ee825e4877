"""Whether those who trade in a market know more: what our fills were worth later, which way orders flow, who is hit.

Markouts are formulas M7, order flow is Q3. Prices are price units and middles are doubled, both of YES.
"""

from collections import deque
from math import log2
from typing import NamedTuple

from dutchbook.domain.orders import Fill, IntentId
from dutchbook.domain.pricing.flow import Top, order_flow
from dutchbook.domain.units import CONTRACT, ONE, SECOND, Nanos, Price, Size
from dutchbook.strategies.reward_maker.quoting import Sight
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings

ASSUMED = Size(60 * CONTRACT)
"""Contracts that lost nothing are taken for granted, so that a single bad fill is no rule."""
_LEAST_PRESSURE = 2**-10
"""Of the depth at the top: less than that is no pressure."""


class _Open(NamedTuple):
    """A fill that is judged later."""

    due: Nanos
    yes: bool
    price: Price
    size: Size


class Judged(NamedTuple):
    """What a fill had left of its price later: below 0 where it lost, in doubled price units times size."""

    at: Nanos
    yes: bool
    worth: int
    size: Size


class Markouts:
    """Judges purchases of one market by the middle some time after them, and forgets that in time."""

    def __init__(self, after: Nanos, memory: Nanos) -> None:
        """`after` is when a fill is judged (0: never), `memory` for how long that counts."""
        self._after = after
        self._memory = memory
        self._open: deque[_Open] = deque()
        self._judged: deque[Judged] = deque()
        self._middle = 0

    def filled(self, size: Size, price: Price, now: Nanos, *, yes: bool) -> None:
        """We bought one of the outcomes."""
        if self._after:
            self._open.append(_Open(Nanos(now + self._after), yes, price, size))

    def observe(self, middle: int, now: Nanos) -> None:
        """Twice the middle is this from `now` on: what was due before met the one before."""
        self._judge(now)
        self._middle = middle

    def loss(self, now: Nanos, *, yes: bool) -> Price:
        """What a contract of an outcome lost by then, on average; 0 where it earned, and of few fills less than it did.

        `ASSUMED` contracts that lost nothing stand beside those that did.
        """
        if not self._open and not self._judged:
            return Price(0)
        self._judge(now)
        while self._judged and self._judged[0].at <= now - self._memory:
            self._judged.popleft()
        ours = [one for one in self._judged if one.yes is yes]
        worth, size = sum(one.worth for one in ours), sum(one.size for one in ours)
        return Price(max(0, -worth // (2 * (size + ASSUMED))) if ours else 0)

    def _judge(self, now: Nanos) -> None:
        while self._open and self._open[0].due <= now:
            due, yes, price, size = self._open.popleft()
            middle = self._middle if yes else 2 * ONE - self._middle
            self._judged.append(Judged(due, yes, (middle - 2 * price) * size, size))


class Flow:
    """Order flow at the best prices of YES, as a multiple of what stands there, halved with each `half_life`."""

    def __init__(self, half_life: Nanos) -> None:
        self._half_life = half_life
        self._top: Top | None = None
        self._pressure = 0.0
        self._at = Nanos(0)

    def observe(self, yes: Sight, now: Nanos) -> None:
        """The book of YES, without our own orders, is this from `now` on."""
        if not yes.bids or not yes.asks:
            self._top = None
            return
        (bid, bid_size), (ask, ask_size) = _plain(yes)
        top, before = Top(bid, bid_size, ask, ask_size), self._top
        self._top = top
        if before is None or before == top:
            return
        depth = (before.bid_size + before.ask_size + bid_size + ask_size) / 4
        self._pressure = self.pressure(now) + order_flow(before, top) / depth
        self._at = now

    def pressure(self, now: Nanos) -> float:
        """Above 0 where buyers of YES press, below 0 where sellers do."""
        if not self._pressure:
            return 0.0
        left = self._pressure * 0.5 ** ((now - self._at) / self._half_life)
        return left if abs(left) >= _LEAST_PRESSURE else 0.0

    def calm_at(self, limit: float) -> Nanos:
        """When the pressure falls to a limit if nothing happens; 0 where it is not above."""
        size = abs(self._pressure)
        if not limit or size <= limit:
            return Nanos(0)
        return Nanos(self._at + int(self._half_life * log2(size / limit)) + SECOND // 1_000)


class Streak:
    """Quotes of one outcome that filled one after the other, without one of the other outcome between them."""

    def __init__(self, window: Nanos) -> None:
        self._window = window
        self._yes = True
        self._fills: dict[IntentId, Nanos] = {}
        """When each of them filled first, oldest first."""

    def filled(self, intent: IntentId, now: Nanos, *, yes: bool) -> None:
        """A quote filled, in whole or in part: each counts once."""
        if yes is not self._yes:
            self._yes, self._fills = yes, {}
        self._fills.setdefault(intent, now)

    def count(self, now: Nanos, *, yes: bool) -> int:
        """How many of them there were within the window."""
        while self._fills and (oldest := next(iter(self._fills.items())))[1] <= now - self._window:
            del self._fills[oldest[0]]
        return len(self._fills) if yes is self._yes else 0

    @property
    def calm_at(self) -> Nanos:
        """When the oldest of them is forgotten; 0 where there is none."""
        return Nanos(next(iter(self._fills.values())) + self._window) if self._fills else Nanos(0)


class Toxicity:
    """All of it for one market."""

    __slots__ = ("flow", "markouts", "streak")

    def __init__(self, settings: RewardMakerSettings) -> None:
        self.markouts = Markouts(settings.markout_after, settings.markout_memory)
        self.flow = Flow(settings.flow_half_life)
        self.streak = Streak(settings.one_sided_window)

    def filled(self, fill: Fill, now: Nanos, *, yes: bool) -> None:
        """A quote of ours bought one of the outcomes."""
        self.markouts.filled(fill.size, fill.price, now, yes=yes)
        self.streak.filled(fill.intent, now, yes=yes)

    def observe(self, yes: Sight, now: Nanos) -> None:
        """The book of YES, without our own orders, is this from `now` on."""
        self.flow.observe(yes, now)
        if (middle := yes.middle) is not None:
            self.markouts.observe(middle, now)


def _plain(yes: Sight) -> tuple[tuple[float, float], tuple[float, float]]:
    bid, ask = yes.bids[0], yes.asks[0]
    return (bid.price / ONE, bid.size / CONTRACT), (ask.price / ONE, ask.size / CONTRACT)
