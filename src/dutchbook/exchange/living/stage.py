"""Brings questions on stage: lists them when their time has come, with their traders, and clears up behind them."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from random import Random

import msgspec

from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.living.agenda import Agenda
from dutchbook.exchange.living.bank import Bank
from dutchbook.exchange.living.bundles import across, within
from dutchbook.exchange.living.copies import with_copies
from dutchbook.exchange.living.crowd import Crowd
from dutchbook.exchange.living.crowd_spec import ArbitrageSpec
from dutchbook.exchange.living.draft import Draft, Hours
from dutchbook.exchange.living.drafting import draft, window_of
from dutchbook.exchange.living.gaps import GapWatch
from dutchbook.exchange.living.listings import Numbers, publish, slug_of
from dutchbook.exchange.living.market import LiveMarket
from dutchbook.exchange.living.prices import Prices
from dutchbook.exchange.living.question import LivingQuestion, VenueSide, is_struck
from dutchbook.exchange.living.redemption import redeem_all
from dutchbook.exchange.living.scores import Scores
from dutchbook.exchange.living.spec import AnyQuestion, MatchSpec, ScenarioSpec
from dutchbook.exchange.living.traders.arbitrageur import Arbitrageur
from dutchbook.exchange.living.traders.floor import Surroundings
from dutchbook.exchange.living.traders.whale import Whale

_REDEEMED_AFTER = Nanos(60 * SECOND)
_WHALE_CASH = Money(20_000_000 * DOLLAR)
_WHALE_HORIZON = Nanos(3_600 * SECOND)
"""It buys nothing that is decided sooner."""
_REMEMBERED = 200_000


class Outcome(msgspec.Struct, frozen=True):
    """A market, the latent chance in millionths that it resolves YES, and its verdict once there is one."""

    venue: Venue
    market: MarketId
    chance: int
    verdict: bool | None


class Stage:
    """Keeps the questions that live now."""

    def __init__(
        self,
        spec: ScenarioSpec,
        exchanges: Mapping[Venue, Exchange],
        agenda: Agenda,
        prices: Prices,
        gaps: GapWatch,
        seed: int,
        start: Nanos,
    ) -> None:
        self._spec = spec
        self._exchanges = exchanges
        self._agenda = agenda
        self._prices = prices
        self._gaps = gaps
        self._seed = seed
        self._with = Surroundings(agenda, Random(f"{seed}/traders"))  # noqa: S311 - a market to look at, no secret
        shards = {question.kalshi_shard for question in spec.questions}
        self._bank = Bank(exchanges, Random(f"{seed}/orders"), shards)  # noqa: S311
        self._numbers = Numbers()
        self.scores = Scores()
        self._living: list[LivingQuestion] = []
        self._past: deque[Outcome] = deque(maxlen=_REMEMBERED)
        for question in with_copies(spec):
            self._schedule(question, start)
        if spec.whale is not None:
            wallet = self._bank.wallet(Venue.POLYMARKET, "whale", _WHALE_CASH, account=spec.whale.wallet)
            Whale(wallet, self._worth_a_whale, spec.whale, self._with).start(start)

    def outcomes(self) -> Sequence[Outcome]:
        """Every market ever listed, decided ones first."""
        return [*self._past, *(outcome for question in self._living for outcome in _outcomes(question))]

    def traders(self, venue: Venue) -> Collection[str]:
        """The accounts of the scenario's own traders, so far."""
        return {wallet.id for wallet in self._bank.wallets(venue)}

    def _schedule(self, spec: AnyQuestion, start: Nanos) -> None:
        listed = Nanos(start + spec.listed)
        if spec.every is None:
            hours = Hours(listed, Nanos(listed + spec.lasts), spec.settles)
            self._agenda.put(listed, lambda _: self._list(spec, hours))
            return
        close = window_of(listed, spec.every)
        # All windows that would have been listed by now, had the world begun earlier.
        while True:
            self._put(spec, listed, close)
            if close - spec.lasts > listed:
                return
            close = Nanos(close + spec.every)

    def _put(self, spec: AnyQuestion, start: Nanos, close: Nanos) -> None:
        """List the window that closes then; where it lies ahead, its listing plans the one after it."""
        due = Nanos(close - spec.lasts)
        hours = Hours(max(start, due), close, spec.settles)
        self._agenda.put(hours.listed, lambda _: self._list(spec, hours))
        if due > start and spec.every is not None:
            later = Nanos(close + spec.every)
            self._agenda.put(due, lambda _: self._put(spec, start, later))

    def _list(self, spec: AnyQuestion, hours: Hours) -> None:
        rng = Random(f"{self._seed}/truth/{slug_of(spec, hours)}")  # noqa: S311
        drafted = draft(spec, hours, self._prices.feeds, rng)
        struck = is_struck(spec.kalshi_stricter, rng)
        sides = {venue: self._side(venue, spec, drafted, hours, struck=struck) for venue in spec.venues}
        disputes = Random(f"{self._seed}/disputes/{slug_of(spec, hours)}")  # noqa: S311
        question = LivingQuestion(spec, drafted, sides, self._agenda, hours.settles, self._paid, disputes)
        self._living.append(question)
        for side in sides.values():
            side.renew()
            for index, is_named in enumerate(question.named):
                if is_named:
                    self._start_crowd(question, side, index, hours.listed)
        self._watch(question)
        if isinstance(spec, MatchSpec):
            self.scores.follow(slug_of(spec, hours), spec, drafted, question)
        question.start()
        self._plan(question, hours)

    def _side(self, venue: Venue, spec: AnyQuestion, drafted: Draft, hours: Hours, *, struck: bool) -> VenueSide:
        exchange, truth = self._exchanges[venue], drafted.truths[venue]
        question, listings = publish(venue, spec, drafted, hours, self._numbers)
        exchange.add_question(question)
        for listing in listings:
            exchange.add_market(listing)
        markets = [
            LiveMarket(exchange, listing.market, chance)
            for listing, chance in zip(listings, truth.chances, strict=True)
        ]
        stricter = spec.kalshi_stricter if venue is Venue.KALSHI else 0
        return VenueSide(exchange, truth, markets, stricter, struck=struck and venue is Venue.KALSHI)

    def _start_crowd(self, question: LivingQuestion, side: VenueSide, index: int, now: Nanos) -> None:
        name = question.spec.crowd
        crowd = Crowd(name, self._spec.crowds[name], side.markets[index], self._bank, self._with, self._spec.retail)
        side.crowds[index] = crowd
        crowd.start(now)

    def _watch(self, question: LivingQuestion) -> None:
        crowd = self._spec.crowds[question.spec.crowd]
        inside, between = self._hunter(question, crowd.bundles), self._hunter(question, crowd.cross_venue)
        for side in question.sides.values():
            for claims in within(question.drafted, side.markets, question.named):
                self._gaps.add(claims, inside.hunt if inside else None)
        if not question.settles_alike:
            return
        markets = {venue: side.markets for venue, side in question.sides.items()}
        for claims in across(markets, question.spec.kalshi_stricter):
            self._gaps.add(claims, between.hunt if between else None)

    def _hunter(self, question: LivingQuestion, spec: ArbitrageSpec | None) -> Arbitrageur | None:
        if spec is None:
            return None
        wallets = {venue: self._bank.wallet(venue, "arbitrageur") for venue in question.sides}
        return Arbitrageur(wallets, spec, self._with)

    def _plan(self, question: LivingQuestion, hours: Hours) -> None:
        """What happens to a question from outside: a halt, a name, the ticks of its feed."""
        pause = question.spec.pause
        if pause is not None:
            halted = hours.listed + pause.after
            self._agenda.put(halted, lambda _: question.set_status(MarketStatus.PAUSED))
            self._agenda.put(halted + pause.lasts, lambda _: question.set_status(MarketStatus.OPEN))
        if question.drafted.named is not None:
            index, name, at = question.drafted.named
            self._agenda.put(at, partial(self._name, question, index, name))
        if question.drafted.feed is not None:
            self._prices.follow(question.drafted.feed, question.ticked)

    def _name(self, question: LivingQuestion, index: int, name: str, now: Nanos) -> None:
        question.rename(index, name)
        for side in question.sides.values():
            self._start_crowd(question, side, index, now)
            self._gaps.forget([market.id for market in side.markets])
        self._watch(question)

    def _paid(self, market: LiveMarket, now: Nanos) -> None:
        """A market was resolved: its traders get their money a little later, and a question that is over leaves."""
        if market.venue is Venue.POLYMARKET:
            wallets = self._bank.wallets
            self._agenda.put(now + _REDEEMED_AFTER, lambda _: redeem_all(market, wallets(Venue.POLYMARKET)))
        self._gaps.forget([market.id])
        for question in [each for each in self._living if each.is_over]:
            self._living.remove(question)
            self._past.extend(_outcomes(question))
            if question.drafted.feed is not None:
                self._prices.unfollow(question.drafted.feed, question.ticked)

    def _worth_a_whale(self) -> list[LiveMarket]:
        """Named Polymarket markets that trade and are not decided soon."""
        found = []
        for question in self._living:
            side = question.sides.get(Venue.POLYMARKET)
            if side is None or question.spec.lasts < _WHALE_HORIZON:
                continue
            found += [m for m, is_named in zip(side.markets, question.named, strict=True) if is_named and m.is_open]
        return found


def _outcomes(question: LivingQuestion) -> list[Outcome]:
    return [
        Outcome(venue, market.id, market.chance, None if payout is None else payout > 0)
        for venue, side in question.sides.items()
        for index, market in enumerate(side.markets)
        for payout in (side.payout(index),)
    ]
