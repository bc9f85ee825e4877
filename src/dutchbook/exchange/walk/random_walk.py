"""A seeded market that walks at random, in process: a stand-in for a venue where there is no network."""

from collections.abc import Iterator, Sequence
from random import Random

from dutchbook.domain.book import Side
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos, Size, complement
from dutchbook.exchange.walk.frames import (
    MirroredLevels,
    book_frames,
    price_changes,
    resolution,
    trade_frames,
)
from dutchbook.exchange.walk.maker import Mistake, Plant, margin, mistake, requote, resize
from dutchbook.exchange.walk.topics import Shape, Topic, topics

SOURCE = "polymarket/market"
_FEED_DELAY = 8 * MILLISECOND
_WITHIN_GROUP = 20_000


class RandomWalkMarket:
    """Questions, markets and an endless stream of frames as Polymarket would send them, the same for the same seed.

    Makers quote around chances that walk at random, takers trade now and then, short questions resolve. Opportunities
    are *planted*: every few seconds a maker misprices one market so that a bundle costs less than it pays after fees
    (or nearly: a near miss), for tenths of a second or for seconds; `planted` lists them. Nothing here says anything
    about how often real markets offer such a thing, and nobody reacts to our orders.
    """

    def __init__(self, seed: int, start: Nanos, rate: int = 50) -> None:
        """`rate` is frames per second of market time, on average; `start` is when the first frame is received."""
        if rate < 1:
            raise ValueError("rate must be at least one frame a second")
        self._rng = Random(seed)  # noqa: S311 - a market to look at, no secret
        self._gap = max(1, SECOND // rate)
        self._now = start
        self._received = Nanos(start - _WITHIN_GROUP)
        self._connected = False
        self._topics = topics(start)
        self._books = {market.id: MirroredLevels(market) for topic in self._topics for market in topic.markets}
        self._planted: list[Plant] = []
        self._active: tuple[Topic, Mistake, Nanos] | None = None
        self._next_plant = Nanos(start + SECOND)
        self.questions: tuple[Question, ...] = tuple(topic.question for topic in self._topics)
        self.markets: tuple[Market, ...] = tuple(market for topic in self._topics for market in topic.markets)
        for topic in self._topics:
            self._quote(topic, None)

    @property
    def planted(self) -> Sequence[Plant]:
        """What was planted so far, oldest first."""
        return tuple(self._planted)

    def frames(self) -> Iterator[Frame]:
        """Frames without end, in the order of receipt. Each call begins with all books, as a new connection does."""
        if self._connected:
            self._pass(1)
        self._connected = True
        for topic in self._living():
            books = [self._books[market.id] for market in topic.markets]
            yield self._frame(book_frames(books, self._venue_time()))
            self._now = Nanos(self._now + MILLISECOND)
        while True:
            payloads = self._step()
            for payload in payloads:
                yield self._frame(payload)
            self._pass(len(payloads))

    def _pass(self, frames: int) -> None:
        """Let time pass for so many frames; never so little that two groups share a venue millisecond.

        A mistake ends when it should, however many frames it took to make it.
        """
        gap = sum(self._rng.randrange(1, 2 * self._gap) for _ in range(max(frames, 1)))
        after = self._now + max(gap, MILLISECOND)
        if self._active is not None and self._now < self._active[2]:
            after = min(after, max(self._active[2], self._now + MILLISECOND))
        self._now = Nanos(after)

    def _venue_time(self) -> Nanos:
        return Nanos(self._now - _FEED_DELAY)

    def _frame(self, payload: bytes) -> Frame:
        self._received = Nanos(max(self._received + _WITHIN_GROUP, self._now))
        return Frame(SOURCE, self._received, payload)

    def _living(self) -> list[Topic]:
        return [topic for topic in self._topics if not topic.resolved]

    def _step(self) -> list[bytes]:
        """What happens next: the end or the start of a mistake, a resolution, a trade or a change of quotes."""
        if self._active is not None:
            topic, _, until = self._active
            if self._now >= until:
                self._active = None
                return self._quote(topic, None)
        elif due := next((topic for topic in self._living() if topic.settles and topic.settles <= self._now), None):
            return self._resolve(due)
        elif self._now >= self._next_plant:
            return self._plant()
        return self._ordinary()

    def _ordinary(self) -> list[bytes]:
        held = self._active[0] if self._active else None
        topic = self._rng.choice([topic for topic in self._living() if topic is not held])
        for _ in range(3):
            topic.drift(self._rng, 2_500)
        i = self._rng.randrange(len(topic.markets))
        book = self._books[topic.markets[i].id]
        if self._rng.randrange(100) < 6:
            return self._trade(book)
        changes = requote(book, topic.chances[i], 0, self._rng) or [resize(book, self._rng)]
        return price_changes(book, changes, self._venue_time())

    def _quote(self, topic: Topic, made: Mistake | None) -> list[bytes]:
        """Bring all books of a question to their chances, the mistaken one last."""
        payloads: list[bytes] = []
        order = sorted(range(len(topic.markets)), key=lambda i: made is not None and made.market == i)
        for i in order:
            book = self._books[topic.markets[i].id]
            shift = made.shift if made is not None and made.market == i else 0
            changes = requote(book, topic.chances[i], shift, self._rng)
            payloads += price_changes(book, changes, self._venue_time())
        return payloads

    def _plant(self) -> list[bytes]:
        """Let a maker make a mistake in some question; one in three is only a near miss."""
        self._next_plant = Nanos(self._now + self._rng.randrange(2 * SECOND, 7 * SECOND))
        gross = -self._rng.randrange(10, 150) if self._rng.randrange(3) == 0 else None
        topic = self._rng.choice([topic for topic in self._living() if topic.shape is not Shape.ALONE])
        made = mistake(topic, gross, self._rng)
        if made is None:
            return []
        brief = self._rng.randrange(3) == 0
        life = self._rng.randrange(60, 300) if brief else self._rng.randrange(1_500, 5_000)
        until = Nanos(self._now + life * MILLISECOND)
        self._active = (topic, made, until)
        payloads = self._quote(topic, made)
        earned = margin(topic, made, [self._books[market.id] for market in topic.markets])
        at = Nanos(max(self._received + _WITHIN_GROUP, self._now) + _WITHIN_GROUP * (len(payloads) - 1))
        lead = topic.markets[made.market].id
        self._planted.append(Plant(topic.question.id, made.kind, lead, at, until, earned))
        return payloads

    def _trade(self, book: MirroredLevels) -> list[bytes]:
        """A taker takes a part of the best level of one side, or all of it where others stand behind."""
        market, rng = book.market, self._rng
        side, levels = (Side.BUY, book.bids) if rng.randrange(2) else (Side.SELL, book.asks)
        price = max(levels) if side is Side.BUY else min(levels)
        whole = len(levels) > 1 and rng.randrange(4) == 0
        size = levels[price] if whole else Size(max(1, levels[price] * rng.randrange(5, 60) // 100))
        at = self._venue_time()
        if rng.randrange(2):
            return trade_frames(book, market.yes, price, size, side.opposite, at)
        return trade_frames(book, market.no, complement(price), size, side, at)

    def _resolve(self, topic: Topic) -> list[bytes]:
        topic.resolved = True
        won = topic.draw(self._rng)
        at = self._venue_time()
        return [resolution(market, yes_won=yes, at=at) for market, yes in zip(topic.markets, won, strict=True)]
