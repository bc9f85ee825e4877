"""One backtest: a desk as it trades live, and a living world, in one process and on one virtual clock.

The desk's loop, strategies, risk, execution and gateway are those of a running desk; only the brokers and the feed are
others (`broker`, `market_feed`). The world moves first: whatever happens at an instant is over before an order of ours
arrives at it, and what the desk hears is older than the latency says.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

import msgspec

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.backtest.broker import ExchangeBroker
from dutchbook.app.backtest.market_feed import MarketFeed
from dutchbook.app.backtest.operator import ExchangeOperator
from dutchbook.app.backtest.post import DEFAULT_WAYS, Post, Ways
from dutchbook.app.backtest.private_feed import PrivateFeed
from dutchbook.app.backtest.scorekeeper import Scorekeeper
from dutchbook.app.backtest.statements import rewards_statement
from dutchbook.app.backtest.troubles import Troubles
from dutchbook.app.strategies import Ingredients
from dutchbook.app.trading import Lookups, Trading
from dutchbook.config.settings import Settings
from dutchbook.domain.events import FrameRef, MarketEvent, OrderEvent, VenueState, VenueStateChanged
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.orders import Order
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.engine.desk import Opening
from dutchbook.engine.ports import Record
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.living.world import World
from dutchbook.exchange.rules import Mode
from dutchbook.strategies.ports import Strategy

START = Nanos(1_795_046_400 * SECOND)
"""Midnight UTC of 18 November 2026: rewards are paid for UTC days."""
_LEAD = Nanos(600 * SECOND)
"""How long the world has lived when the desk comes: its people have quoted and traded."""
_LOOK_EVERY = Nanos(2 * SECOND)
"""The longest between two looks of the desk up, when it also hears that its connections stand."""
_STATED_EVERY = Nanos(60 * SECOND)
"""How often a running desk asks what its quotes earn."""
ACCOUNT = "desk"
_TALKING = (Mode.NORMAL, Mode.POST_ONLY, Mode.CANCEL_ONLY)
"""Modes in which the venue's sockets stand."""

_STATES = {
    Mode.NORMAL: VenueState.UP,
    Mode.RESTARTING: VenueState.RESTARTING,
    Mode.POST_ONLY: VenueState.POST_ONLY,
    Mode.CANCEL_ONLY: VenueState.CANCEL_ONLY,
    Mode.DISABLED: VenueState.DOWN,
}


class Make(msgspec.Struct, frozen=True, kw_only=True):
    """What a backtest is made of. The same of all of it gives the same journal, line by line."""

    spec: ScenarioSpec
    seed: int
    lasts: Nanos
    strategies: tuple[str, ...] = ()
    more: tuple[Strategy, ...] = ()
    """Strategies that are handed in, run behind those named."""
    builds: Callable[[Ingredients], Sequence[Strategy]] | None = None
    """Makes strategies that have no name from the parts of the desk."""
    plan: FaultPlan = FaultPlan()
    ways: Ways = DEFAULT_WAYS
    start: Nanos = START


class _Silent:
    """A codec of private frames where none come: orders are told of as events."""

    def know(self, orders: object) -> None:
        """Nothing: the private feed knows each order as it arrives."""

    def offered(self, order: object) -> None:
        """Nothing: the broker counts what arrives."""

    def told(self, fills: object) -> None:
        """Nothing: there was no earlier run."""

    def decode(self, frame: Frame) -> Sequence[OrderEvent | VenueStateChanged]:
        """Raises RuntimeError: a simulated venue sends no frames."""
        raise RuntimeError(f"a frame of {frame.source} in a backtest, where none are sent")


class Stage:
    """A desk and its world. `live` lets time pass; `events` counts what the desk was told."""

    def __init__(self, make: Make, settings: Settings, record: Record) -> None:
        """Raises UsageError for a strategy that does not exist."""
        self.post = Post()
        self.told = 0
        """Events that the desk was told, of markets and of its own orders: its frames."""
        self.start = make.start
        self._ways = make.ways
        rng = Random(f"backtest/{make.seed}")  # noqa: S311 - the same seed must give the same backtest
        self.world = World(make.spec, make.seed, Nanos(make.start - _LEAD))
        self.switchboard = Switchboard(make.plan, Random(rng.getrandbits(64)), self.world.clock)  # noqa: S311
        self._troubles = Troubles(self.switchboard)
        self.world.advance(make.start)
        self.venues: Mapping[Venue, Exchange] = {
            venue: exchange for venue, exchange in self.world.exchanges.items() if venue in _venues_of(make.spec)
        }
        self.cash = self._open_accounts(settings)
        self.scores = {venue: Scorekeeper(exchange, ACCOUNT) for venue, exchange in self.venues.items()}
        self.opening = Money(sum(score.equity() for score in self.scores.values()))
        self._feeds = {
            venue: MarketFeed(exchange, self._ways.feed, partial(self._publish, venue))
            for venue, exchange in self.venues.items()
        }
        self._watched = tuple(self._feeds.values())
        trading = self._trading(rng)
        self.parts: Parts = assemble(
            settings,
            [listing.question for each in self.venues.values() for listing in each.questions.values()],
            [listing.market for each in self.venues.values() for listing in each.listings.values()],
            record,
            Terms(
                opening=Opening(self.opening, make.start),
                wired=False,
                strategies=make.strategies,
                trading=trading,
                more=make.more,
                builds=make.builds,
                rewards=tuple(offer for feed in self._feeds.values() for offer in feed.rewards(make.start).offers),
            ),
        )
        self._loop = self.parts.loop
        self._modes = {venue: exchange.mode for venue, exchange in self.venues.items()}
        for exchange in self.venues.values():
            self.switchboard.attach(exchange)
        self._begin(make.start)

    def live(self, until: Nanos, looked: Callable[[], None] = lambda: None) -> None:
        """Let time pass. `looked` is called after each thing that the desk was told or did."""
        world, post, agenda, loop = self.world, self.post, self._loop.agenda, self._loop
        quiet = self.switchboard.quiet
        look = Nanos(loop.desk.now + _LOOK_EVERY)
        while True:
            due = min(post.due_at, agenda.due_at, look, until)
            if (at := world.step(due)) is not None:
                if not quiet:
                    self._strike(at)
                self._flush(at)
                continue
            world.clock.set(due)
            if due >= look:
                self._sign_of_life(due)
                if not quiet:
                    self._strike(due)
                look = Nanos(due + _LOOK_EVERY)
            loop.advance(due, self._ref)
            while post.due_at <= due:
                post.take()(due)
            self._flush(due)
            looked()
            if due >= until and post.due_at > due and agenda.due_at > due:
                return

    def _flush(self, now: Nanos) -> None:
        for feed in self._watched:
            if feed.moves or feed.others:
                feed.flush(now)

    def _sign_of_life(self, now: Nanos) -> None:
        """Connections that stand are heard of, also where nothing happens: pongs, as on the venues' own sockets."""
        for venue, exchange in self.venues.items():
            if exchange.mode in _TALKING:
                self._loop.desk.heard[venue] = now

    @property
    def _ref(self) -> FrameRef:
        return FrameRef(0, self.told)

    def _open_accounts(self, settings: Settings) -> Mapping[Venue, Money]:
        """Fund an account at each venue of the scenario; what a venue has in several shards is spread evenly."""
        total = settings.portfolio.bankroll
        lies = settings.portfolio.by_venue(total) or dict.fromkeys(self.venues, Money(total // len(self.venues)))
        for venue, exchange in self.venues.items():
            shards = sorted({listing.shard for listing in exchange.listings.values()} | {0})
            exchange.open_account(ACCOUNT)
            for shard in shards:
                exchange.deposit(ACCOUNT, Money(lies.get(venue, 0) // len(shards)), shard)
        return {venue: Money(sum(each.accounts[ACCOUNT].balances.values())) for venue, each in self.venues.items()}

    def _trading(self, rng: Random) -> Trading:
        brokers = {venue: self._broker(exchange, rng) for venue, exchange in self.venues.items()}
        operators = {
            venue: ExchangeOperator(exchange, ACCOUNT, self.post, self._ways, self.world.clock, self._tell)
            for venue, exchange in self.venues.items()
            if not exchange.rules.netting
        }
        codecs = {venue: _Silent() for venue in self.venues}
        return Trading(brokers=brokers, codecs=codecs, lookups=Lookups(), operators=operators)

    def _broker(self, exchange: Exchange, rng: Random) -> ExchangeBroker:
        private = PrivateFeed(exchange, ACCOUNT, self._ways.answer, self._tell)
        chance = Random(rng.getrandbits(64))  # noqa: S311
        return ExchangeBroker(exchange, ACCOUNT, self.post, self._ways, chance, private, self._troubles, self._tell)

    def _begin(self, now: Nanos) -> None:
        """The desk comes: it is told the books and the rewards, and asks for its accounts."""
        desk = self._loop.desk
        for venue, cash in self.cash.items():
            desk.venue_cash.stated(venue, cash)
        self._loop.begin(tuple(self.venues), None)
        for venue, feed in self._feeds.items():
            for market in self.venues[venue].listings:
                self._deliver(feed.snapshots(market, now), now)
            self._deliver((feed.rewards(now),), now)
            if any(listing.rewards is not None for listing in self.venues[venue].listings.values()):
                self.post.send(Nanos(now + _STATED_EVERY), partial(self._state_rewards, venue))

    def _publish(self, venue: Venue, events: tuple[MarketEvent, ...], market: MarketId) -> None:
        """A venue sends market data; a fault may take it away, and the desk notices and reads the book again."""
        at = Nanos(self.world.clock.now() + self._ways.feed)
        if self._troubles.passes(venue):
            self.post.send(at, partial(self._deliver, events))
        else:
            self.post.send(at, partial(self._lose, venue, market, "a message was lost, late or damaged"))

    def _lose(self, venue: Venue, market: MarketId, reason: str, now: Nanos) -> None:
        self._deliver((self._feeds[venue].lost(market, reason, now),), now)
        self.post.send(Nanos(now + self._ways.order), partial(self._reread, venue, market))

    def _reread(self, venue: Venue, market: MarketId, now: Nanos) -> None:
        """The question for a whole book arrives at the venue; the answer holds the book of this instant."""
        received = Nanos(now + self._ways.feed)
        if market in self.venues[venue].listings:
            # Moves of this very instant are in the snapshot: sent first, they cannot come behind it.
            self._feeds[venue].flush(now)
            self.post.send(received, partial(self._deliver, self._feeds[venue].snapshots(market, received)))

    def _deliver(self, events: tuple[MarketEvent, ...], now: Nanos) -> None:  # noqa: ARG002 - events bear their time
        for event in events:
            self.told += 1
            self._loop.event(event, self._ref)

    def _state_rewards(self, venue: Venue, now: Nanos) -> None:
        """The question for what our quotes earn arrives at the venue; the next one follows a minute later."""
        received = Nanos(now + self._ways.answer)
        stated = rewards_statement(self.venues[venue], ACCOUNT, now, received)
        self.post.send(received, partial(self._deliver, (stated,)))
        self.post.send(Nanos(now + _STATED_EVERY), partial(self._state_rewards, venue))

    def _tell(self, event: OrderEvent | VenueStateChanged) -> None:
        """Something of our own is told; it arrives when it says."""
        self.post.send(event.received, lambda _: self._hear(event))

    def _hear(self, event: OrderEvent | VenueStateChanged) -> None:
        self.told += 1
        self._loop.counters.events += 1
        self._loop.dispatch(event, self._ref)

    def _strike(self, now: Nanos) -> None:
        """Let the plan's faults of the venues happen; what a venue takes from now on it says."""
        self.switchboard.advance()
        for venue, exchange in self.venues.items():
            if exchange.mode is not self._modes[venue]:
                self._modes[venue] = exchange.mode
                self.scores[venue].interrupted(now)
                said = f"the engine is in mode {exchange.mode}"
                self._tell(VenueStateChanged(venue, _STATES[exchange.mode], Nanos(now + self._ways.answer), said))

    def working(self) -> Sequence[Order]:
        """Orders that may still trade."""
        return self._loop.desk.execution.orders.working()


def _venues_of(spec: ScenarioSpec) -> set[Venue]:
    return {venue for question in spec.questions for venue in question.venues}
