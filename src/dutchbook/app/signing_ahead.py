"""Idle moments used well: the orders that near misses may soon want are signed before they are.

Nothing of it is decided, named or recorded: whether an order was ready changes only how long it takes. So it may look
at the desk between two turns, and a replay does without it.
"""

from collections import deque
from collections.abc import Iterable

from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.identity import Venue, venue_of
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import IntentId, Order
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.engine.desk import Desk
from dutchbook.execution.gateway import VenueGateway
from dutchbook.execution.orders import order_id
from dutchbook.strategies.appraisal import Demands
from dutchbook.strategies.foresight import foreseen
from dutchbook.strategies.index import Tracked
from dutchbook.strategies.near_miss import NearMissPool
from dutchbook.venues.polymarket.order_signing import COARSE_STAMP
from dutchbook.venues.trading import OrderDenied

MOST_BUNDLES = 16
"""Near misses that are prepared for, the closest first: each takes a millisecond or two whenever its books move."""

type _Seen = tuple[IntentId, int, tuple[Nanos, ...]]
"""What a preparation is good for: the next intent, a step of timestamps, the state of the books."""


class SigningAhead:
    """Prepares for the near misses of a pool, one small piece at each `work`."""

    def __init__(self, desk: Desk, pool: NearMissPool, gateway: VenueGateway, demands: Demands, clock: Clock) -> None:
        self._desk = desk
        self._pool = pool
        self._gateway = gateway
        self._demands = demands
        self._clock = clock
        self._ready: dict[BundleId, _Seen] = {}
        self._wanted: deque[tuple[Order, Market]] = deque()
        self._next: IntentId | None = None

    def work(self) -> bool:
        """Sign one order, or find out which ones to sign; False if there is nothing to do."""
        intent = self._desk.intent_to_come()
        if intent != self._next:
            self._next = intent
            self._ready.clear()
            self._wanted.clear()
            self._gateway.forget_ahead()
        if self._wanted:
            self._sign(*self._wanted.popleft())
            return True
        return self._foresee(intent)

    def _sign(self, order: Order, market: Market) -> None:
        try:
            self._gateway.sign_ahead(order, market, self._clock.now())
        except OrderDenied:
            return  # if it is ever wanted, the desk is told then

    def _foresee(self, intent: IntentId) -> bool:
        """Look for a near miss whose books moved since it was prepared for."""
        step = self._clock.now() // COARSE_STAMP
        for tracked in self._closest():
            seen = (intent, step, tuple(self._changed(tracked)))
            if self._ready.get(tracked.bundle.id) != seen:
                self._ready[tracked.bundle.id] = seen
                self._wanted.extend(self._orders(tracked, intent))
                return True
        return False

    def _closest(self) -> Iterable[Tracked]:
        members = [miss for miss in self._pool.members() if _can_be_signed(miss.tracked)]
        if len(members) > MOST_BUNDLES:
            members = sorted(members, key=lambda miss: miss.ratio_ppm)[:MOST_BUNDLES]
        return [miss.tracked for miss in members]

    def _changed(self, tracked: Tracked) -> Iterable[Nanos]:
        for leg in tracked.bundle.legs:
            book = self._desk.book(leg.outcome)
            yield Nanos(0) if book is None or not book.usable else book.received

    def _orders(self, tracked: Tracked, intent: IntentId) -> Iterable[tuple[Order, Market]]:
        """Each order once, as execution would make it."""
        made: set[tuple[int, int, int]] = set()
        for legs in foreseen(tracked, self._desk, self._demands):
            for number, leg in enumerate(legs, 1):
                market = self._desk.market(leg.market)
                if market is not None and (number, leg.limit, leg.size) not in made:
                    made.add((number, leg.limit, leg.size))
                    yield Order(id=order_id(intent, number), intent=intent, leg=leg, created=self._desk.now), market


def _can_be_signed(tracked: Tracked) -> bool:
    """Bundles that are traded, at the venue whose orders are signed one by one."""
    bundle = tracked.bundle
    at_polymarket = all(venue_of(leg.market) is Venue.POLYMARKET for leg in bundle.legs)
    return at_polymarket and not bundle.mirrored and bundle.kind is not BundleKind.CROSS_VENUE
