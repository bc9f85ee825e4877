"""A living market: scenarios come to life here, event by event, in virtual time."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.living.agenda import Agenda
from dutchbook.exchange.living.clock import VirtualClock
from dutchbook.exchange.living.gaps import GapWatch
from dutchbook.exchange.living.housekeeping import Housekeeping
from dutchbook.exchange.living.prices import PriceListener, Prices
from dutchbook.exchange.living.scores import ScoreListener
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.living.stage import Outcome, Stage
from dutchbook.exchange.matching.messages import BookMoved
from dutchbook.exchange.rules import KALSHI, POLYMARKET

_REMEMBERED = Nanos(10 * SECOND)
"""Nobody outside can ask for an order of the scenario's traders, and its trades keep it by themselves."""
_USERS_REMEMBERED = Nanos(14 * 86_400 * SECOND)
"""Kalshi's window for orders that ended; at both venues for whoever is not one of the scenario's own traders."""
_TIDIED_EVERY = Nanos(5 * SECOND)


class World:
    """Two exchanges, what is asked at them, and who trades there.

    Equal specs, seeds and starts give equal events. Truths have their own randomness: what becomes of a question does
    not depend on how anybody, a user included, trades in it.
    """

    def __init__(self, spec: ScenarioSpec, seed: int, start: Nanos, *, remember: Nanos = _REMEMBERED) -> None:
        """The scenario's traders' orders that ended longer than `remember` ago are forgotten: worlds stay small."""
        self.spec = spec
        self.clock = VirtualClock(start)
        self.exchanges: Mapping[Venue, Exchange] = {
            rules.venue: Exchange(rules, self.clock, Random(f"{seed}/{rules.venue}"))  # noqa: S311
            for rules in (POLYMARKET, KALSHI)
        }
        self._both = tuple(self.exchanges.values())
        self.gaps = GapWatch()
        self._remember = remember
        self._agenda = Agenda()
        self._agenda.put(start + _TIDIED_EVERY, self._tidy)
        self._prices = Prices(spec.feeds, self._agenda, seed, start)
        self._stage = Stage(spec, self.exchanges, self._agenda, self._prices, self.gaps, seed, start)
        if spec.maintenance:
            Housekeeping(self.exchanges[Venue.KALSHI], self._agenda, start)
        for exchange in self.exchanges.values():
            heard: Callable[..., None] = self._heard
            exchange.listen(heard, BookMoved)
        self.advance(start)

    def next_at(self) -> Nanos | None:
        """When something happens next."""
        at = self._agenda.next_at()
        for exchange in self._both:
            due = exchange.next_due()
            if due is not None and (at is None or due < at):
                at = due
        return at

    def advance(self, until: Nanos) -> None:
        """Let everything happen that is due by `until`, in order; the clock then shows `until`.

        Raises ValueError if `until` lies in the past.
        """
        clock, look = self.clock, self.gaps.look
        while (at := self._step(until)) is not None:
            look(at)
        clock.set(until)

    def step(self, until: Nanos) -> Nanos | None:
        """Let the next thing happen that is due by `until`; its time, at which the clock stands. None if nothing is."""
        at = self._step(until)
        if at is not None:
            self.gaps.look(at)
        return at

    def listen_prices(self, listener: PriceListener) -> None:
        """Call `listener(symbol, value in 1e-8 dollars, at)` at each tick of each feed."""
        self._prices.listen(listener)

    def listen_scores(self, listener: ScoreListener) -> None:
        """Call `listener` when a match starts, after each of its periods, and when it is decided."""
        self._stage.scores.listen(listener)

    def truths(self) -> Sequence[Outcome]:
        """The latent truth of every market ever listed, for tests and evaluation only."""
        return self._stage.outcomes()

    def _step(self, until: Nanos) -> Nanos | None:
        """Do the next thing that is due by `until` and return its time; None if nothing is.

        What an exchange has to do comes before what happens to it at the same instant.
        """
        at = self._agenda.next_at()
        first: Exchange | None = None
        soonest = until if at is None else min(at, until)
        for exchange in self._both:
            due = exchange.next_due()
            if due is not None and due <= soonest and (first is None or due < soonest):
                first, soonest = exchange, due
        if first is not None:
            self.clock.set(Nanos(max(soonest, self.clock.now())))
            first.advance()
            return self.clock.now()
        if at is None or at > until:
            return None
        at, action = self._agenda.take()
        self.clock.set(at)
        action(at)
        return at

    def _tidy(self, now: Nanos) -> None:
        for venue, exchange in self.exchanges.items():
            exchange.forget(Nanos(now - self._remember), self._stage.traders(venue))
            exchange.forget(Nanos(now - _USERS_REMEMBERED))
        self._agenda.put(now + _TIDIED_EVERY, self._tidy)

    def _heard(self, event: BookMoved) -> None:
        self.gaps.touch(event.market)
