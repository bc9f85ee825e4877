"""Idle moments used well: what near misses may soon lead to is decided and signed before it is wanted.

Nothing of it is named or recorded: whether it was ready changes only how long things take. So it may look at the desk
between two turns, and a replay does without it.
"""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.identity import Venue, venue_of
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, IntentId, Order
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND, MINUTE, Nanos
from dutchbook.engine.contingencies import Contingencies
from dutchbook.engine.desk import Desk
from dutchbook.execution.gateway import VenueGateway
from dutchbook.execution.orders import leaving
from dutchbook.strategies.foresight import DEEP, Move, likely_moves
from dutchbook.strategies.index import Tracked
from dutchbook.strategies.near_miss import NearMiss, NearMissPool
from dutchbook.venues.polymarket.order_signing import COARSE_STAMP
from dutchbook.venues.trading import OrderDenied

MOST_BUNDLES = 16
"""Near misses that are prepared for, the closest first: each takes a millisecond or two whenever its books move."""

STILL = Nanos(4 * MILLISECOND)
"""How long the books of a bundle must have kept still before more than the nearest move of each leg is prepared for.

What has just moved may move again at once, and then waits until the piece of work under way is done.
"""

type _Seen = tuple[int, int, int, tuple[Nanos, ...]]
"""What a preparation is good for: the state of the desk, a minute, a step of timestamps, the state of the books."""


class SigningAhead:
    """Prepares for the near misses of a pool, one small piece at each `work`."""

    def __init__(
        self,
        desk: Desk,
        pool: NearMissPool,
        contingencies: Contingencies,
        gateway: VenueGateway,
        clock: Clock,
    ) -> None:
        self._desk = desk
        self._pool = pool
        self._contingencies = contingencies
        self._gateway = gateway
        self._clock = clock
        self._ready: dict[BundleId, tuple[_Seen, int]] = {}
        """What was prepared for each bundle, and how many prices of each leg."""
        self._moves: deque[tuple[Tracked, Move]] = deque()
        self._wanted: deque[Callable[[], None]] = deque()
        self._made: set[tuple[int, str, int, int]] = set()
        self._next: IntentId | None = None
        self._changes = -1
        self._members: list[NearMiss] = []
        """Those of the pool that can be signed, as of so many changes of it."""

    def work(self) -> bool:
        """Sign one order, or work out one move, or find out which ones may come; False if there is nothing to do.

        What is ready is renewed as time passes.
        """
        intent = self._desk.intent_to_come()
        if intent != self._next:
            self._begin(intent)
        if self._wanted:
            self._wanted.popleft()()
            return True
        if self._moves:
            self._work_out(*self._moves.popleft())
            return True
        return self._look()

    @property
    def ready(self) -> bool:
        """Whether anything is prepared that a move may want."""
        return self._contingencies.ready

    def _begin(self, intent: IntentId) -> None:
        """Orders are named after their intent: with another one to come, nothing that was signed is wanted."""
        self._next = intent
        self._ready.clear()
        self._moves.clear()
        self._wanted.clear()
        self._made.clear()
        self._contingencies.forget()
        self._gateway.forget_ahead()

    def _sign(self, order: Order, market: Market) -> None:
        try:
            self._gateway.sign_ahead(order, market, self._clock.now())
        except OrderDenied:
            return  # if it is ever wanted, the desk is told then

    def _work_out(self, tracked: Tracked, move: Move) -> None:
        intent = self._contingencies.prepare(tracked, move)
        if intent is not None:
            self._wanted += [partial(self._sign, order, market) for order, market in self._orders(intent)]
            self._wanted.append(lambda: self._contingencies.make_ready(tracked, move, self._clock.now()))

    def _look(self) -> bool:
        """Look for a near miss whose books moved since it was prepared for."""
        desk, now = self._desk, self._clock.now()
        step = now // COARSE_STAMP
        for tracked in self._closest():
            changed = tuple(self._changed(tracked))
            seen = (desk.version, desk.now // MINUTE, step, changed)
            before, deep = self._ready.get(tracked.bundle.id, (None, 0))
            if before != seen:
                if before is not None and before[2] != step:
                    self._made.clear()
                deep = 0
            elif deep == DEEP or now < max(changed) + STILL:
                continue
            self._ready[tracked.bundle.id] = seen, deep + 1
            self._moves.extend((tracked, move) for move in likely_moves(tracked, deep))
            return True
        return self._gateway.renew_ahead(now)

    def _closest(self) -> Iterable[Tracked]:
        if self._changes != self._pool.changes:
            self._changes = self._pool.changes
            self._members = [miss for miss in self._pool.members() if _can_be_signed(miss.tracked)]
        members = self._members
        if len(members) > MOST_BUNDLES:
            members = sorted(members, key=lambda miss: miss.ratio_ppm)[:MOST_BUNDLES]
        return [miss.tracked for miss in members]

    def _changed(self, tracked: Tracked) -> Iterable[Nanos]:
        for leg in tracked.bundle.legs:
            book = self._desk.book(leg.outcome)
            yield Nanos(0) if book is None or not book.usable else book.received

    def _orders(self, intent: Intent) -> Iterable[tuple[Order, Market]]:
        """Each order once, as execution would make it."""
        for number, leg in enumerate(intent.legs, 1):
            market, which = self._desk.market(leg.market), (number, leg.outcome, leg.limit, leg.size)
            if market is not None and which not in self._made:
                self._made.add(which)
                yield leaving(intent.id, number, leg, self._desk.now), market


def _can_be_signed(tracked: Tracked) -> bool:
    """Bundles that are traded, at the venue whose orders are signed one by one."""
    bundle = tracked.bundle
    at_polymarket = all(venue_of(leg.market) is Venue.POLYMARKET for leg in bundle.legs)
    return at_polymarket and not bundle.mirrored and bundle.kind is not BundleKind.CROSS_VENUE
