"""The life of one question: listed, traded, paused, named, closed, decided, paid."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import MarketStatus, Strike, StrikeKind
from dutchbook.domain.units import MILLISECOND, ONE, Nanos, Price
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing, Ruling
from dutchbook.exchange.living.agenda import Agenda
from dutchbook.exchange.living.chance import CERTAIN, happens
from dutchbook.exchange.living.crowd import Crowd
from dutchbook.exchange.living.draft import RULED_AFTER, Draft
from dutchbook.exchange.living.drafting import FEED_PER_DOLLAR
from dutchbook.exchange.living.market import LiveMarket
from dutchbook.exchange.living.spec import AnyQuestion
from dutchbook.exchange.living.truths.digitals import Digitals
from dutchbook.exchange.living.truths.ports import Stir, Truth

_DECIDED_AFTER = MILLISECOND
"""Behind the close, so that what happened at that very instant counts."""
_DISPUTE_LASTS = 3
"""So many times as long as without a dispute it takes until the payout."""
_OPEN = (MarketStatus.UNOPENED, MarketStatus.OPEN, MarketStatus.PAUSED)


class VenueSide:
    """The question at one venue. `struck` says that its stricter rules turn a YES into a NO."""

    def __init__(
        self, exchange: Exchange, truth: Truth, markets: Sequence[LiveMarket], stricter: int, *, struck: bool
    ) -> None:
        self.exchange = exchange
        self.truth = truth
        self.markets = markets
        self.crowds: list[Crowd | None] = [None] * len(markets)
        self.closing = [False] * len(markets)
        self.paid = [False] * len(markets)
        self._stricter = stricter
        self._struck = struck

    def renew(self) -> list[int]:
        """Bring the markets' chances up to the truth; returns what they were before."""
        before = [market.chance for market in self.markets]
        for market, chance, verdict in zip(self.markets, self.truth.chances, self.truth.verdicts, strict=True):
            market.chance = chance * (CERTAIN - self._stricter) // CERTAIN if verdict is None else chance
        return before

    def payout(self, index: int) -> Price | None:
        """What YES of a market pays; None as long as it is open."""
        verdict = self.truth.verdicts[index]
        if verdict is None:
            return None
        return ONE if verdict and not self._struck else Price(0)


class LivingQuestion:
    """One instance of a question, at all its venues."""

    def __init__(
        self,
        spec: AnyQuestion,
        drafted: Draft,
        sides: Mapping[Venue, VenueSide],
        agenda: Agenda,
        settles: Nanos,
        paid: Callable[[LiveMarket, Nanos], None],
        disputes: Random,
    ) -> None:
        """`paid` is called after each market's resolution; `disputes` draws which decisions somebody objects to."""
        self.spec = spec
        self.drafted = drafted
        self.sides = sides
        self.named = [not market.placeholder for market in drafted.markets]
        self._agenda = agenda
        self._settles = settles
        self._paid = paid
        self._disputes = disputes
        self._watchers: list[Callable[[Nanos], None]] = []
        self._truths = list({id(side.truth): side.truth for side in sides.values()}.values())

    @property
    def is_over(self) -> bool:
        """Whether every market was paid."""
        return all(all(side.paid) for side in self.sides.values())

    @property
    def settles_alike(self) -> bool:
        """Whether all venues read one truth: where they average prices differently, nothing is certain across them."""
        return len(self._truths) == 1

    def start(self) -> None:
        """Put the question's own life on the agenda."""
        for truth in self._truths:
            self._await(truth)
        for close in sorted({market.closes for market in self.drafted.markets}):
            self._agenda.put(close + _DECIDED_AFTER, self._decide)
        if self.drafted.opens is not None:
            self._agenda.put(self.drafted.opens + _DECIDED_AFTER, self._open_window)

    def watch(self, watcher: Callable[[Nanos], None]) -> None:
        """Call `watcher` after each move of the truth, and at the start of a match."""
        self._watchers.append(watcher)
        if self.drafted.game_start is not None:
            self._agenda.put(self.drafted.game_start, watcher)

    def ticked(self, now: Nanos) -> None:
        """The price feed moved."""
        for truth in self._truths:
            truth.move(now)
        for side in self.sides.values():
            side.renew()
            for crowd in side.crowds:
                if crowd is not None:
                    crowd.ticked(now)

    def set_status(self, status: MarketStatus) -> None:
        """Pause or reopen what is not over."""
        for side in self.sides.values():
            for market in side.markets:
                if market.listing.market.status in _OPEN:
                    side.exchange.set_status(market.id, status)

    def rename(self, index: int, name: str) -> None:
        """A placeholder gets its name."""
        self.named[index] = True
        for side in self.sides.values():
            listing = side.markets[index].listing
            title = listing.market.title.replace(listing.group_title, name)
            market = msgspec.structs.replace(listing.market, placeholder=False, title=title)
            side.exchange.relist(msgspec.structs.replace(listing, market=market, group_title=name))

    def _await(self, truth: Truth) -> None:
        due = truth.next_at()
        if due is not None:
            self._agenda.put(due, lambda now: self._move(truth, now))

    def _move(self, truth: Truth, now: Nanos) -> None:
        stir = truth.move(now)
        self._learn(now, news=stir is Stir.NEWS)
        self._await(truth)

    def _learn(self, now: Nanos, *, news: bool) -> None:
        for side in self.sides.values():
            before = side.renew()
            if news:
                for crowd, chance in zip(side.crowds, before, strict=True):
                    if crowd is not None:
                        crowd.news(now, chance)
        for watcher in self._watchers:
            watcher(now)
        self._close_decided(now)

    def _decide(self, now: Nanos) -> None:
        for truth in self._truths:
            truth.decide(now)
        self._learn(now, news=False)

    def _close_decided(self, now: Nanos) -> None:
        """Trading ends in what is decided; the payout follows."""
        for side in self.sides.values():
            for index, market in enumerate(side.markets):
                if side.payout(index) is None or side.closing[index]:
                    continue
                if market.is_open or market.listing.market.status is MarketStatus.PAUSED:
                    side.exchange.set_status(market.id, MarketStatus.CLOSED)
                side.closing[index] = True
                self._agenda.put(now + self._settles // RULED_AFTER, partial(self._rule, side, index))

    def _rule(self, side: VenueSide, index: int, now: Nanos) -> None:
        """The venue says how a market was decided, and waits for objections before it pays."""
        pays = now + self._settles - self._settles // RULED_AFTER
        self._publish_ruling(side, index, now, disputed=False)
        if self.spec.disputed and happens(self._disputes, self.spec.disputed):
            self._agenda.put((now + pays) // 2, lambda at: self._publish_ruling(side, index, at, disputed=True))
            pays = now + _DISPUTE_LASTS * (pays - now)
        self._agenda.put(pays, partial(self._pay, side, index))

    def _publish_ruling(self, side: VenueSide, index: int, now: Nanos, *, disputed: bool) -> None:
        listing = side.markets[index].listing
        payout = _decided(side, index)
        if listing.market.status is MarketStatus.CLOSED:
            at = now if listing.ruling is None else listing.ruling.at
            side.exchange.relist(msgspec.structs.replace(listing, ruling=Ruling(payout, at, disputed)))

    def _pay(self, side: VenueSide, index: int, now: Nanos) -> None:
        market = side.markets[index]
        # Somebody who steers the sandbox by hand may have decided it before us.
        if market.listing.market.status is not MarketStatus.RESOLVED:
            side.exchange.resolve(market.id, _decided(side, index))
        side.paid[index] = True
        self._paid(side.markets[index], now)

    def _open_window(self, now: Nanos) -> None:
        """The strike is known: Kalshi publishes it."""
        for truth in self._truths:
            truth.move(now)
        side = self.sides.get(Venue.KALSHI)
        if side is None or not isinstance(side.truth, Digitals):
            return
        [strike] = side.truth.strikes
        if strike is not None:
            side.exchange.relist(_with_strike(side.markets[0].listing, strike))


def _decided(side: VenueSide, index: int) -> Price:
    payout = side.payout(index)
    if payout is None:
        raise ValueError(f"{side.markets[index].id} is not decided")
    return payout


def _with_strike(listing: Listing, strike: int) -> Listing:
    floor = Strike(StrikeKind.GREATER_OR_EQUAL, floor=strike * 10**6 // FEED_PER_DOLLAR)
    return msgspec.structs.replace(listing, market=msgspec.structs.replace(listing.market, strike=floor))


def is_struck(stricter: int, rng: Random) -> bool:
    """Whether a stricter venue's rules will make the difference."""
    return bool(stricter) and happens(rng, stricter)
