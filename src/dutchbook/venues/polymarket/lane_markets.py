"""The arena that the lane works in, seen from Python: which markets have room there, and the state of their groups."""

from array import array
from collections.abc import Collection, Iterable, Sequence

from dutchbook.domain.arena_books import OUTSIDE, RECORD, RETIRED, ArenaBook
from dutchbook.domain.book import Book
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Shelf
from dutchbook.domain.units import Nanos
from dutchbook.venues.polymarket import arena as at
from dutchbook.venues.polymarket.groups import MarketState

MAX_MARKETS = 4_096
"""Markets that one lane serves: some 35 megabytes of books."""
SPARE = 64
"""Room for at least so many markets that are listed later; those that are over make room as well."""


class LaneMarkets:
    """Markets by number, with their texts, groups and books in the arena.

    A market gets a number when both its books stand on the shelf and can be held: full ones, each the other's twin.
    """

    def __init__(self, shelf: Shelf, grace: Nanos, expected: int) -> None:
        room = min(expected + max(SPARE, expected // 2), MAX_MARKETS)
        self.ints = ints = array("q", bytes(8 * (_table_from(room) + (1 << _table_bits(room)))))
        self.outcomes: list[OutcomeId] = [OutcomeId("")] * (2 * room)
        """By number: two for each market."""
        self._shelf = shelf
        self._states: dict[int, MarketState] = {}
        self._numbers: dict[MarketState, int] = {}
        self._free = list(range(room))[::-1]
        ints[at.GRACE], ints[at.DUE], ints[at.HEAD], ints[at.TAIL] = grace, at.NEVER, -1, -1
        ints[at.CHANGED_FROM] = _changed_from(room)
        ints[at.BOOKS_FROM], ints[at.TABLE_FROM], ints[at.TABLE_BITS] = (
            _books_from(room),
            _table_from(room),
            _table_bits(room),
        )
        self._clear_table()

    def __len__(self) -> int:
        return len(self._states)

    def held(self, market: MarketState) -> int | None:
        """The number of a market whose group the arena can hold now; it gets one if it can."""
        number = self._numbers.get(market)
        if number is None:
            number = self.admit(market)
        if number is None or len(market.tokens) > 2 or self._is_over(number):
            return None
        return number

    def admit(self, market: MarketState) -> int | None:
        """Make room for a market and take its books in; None if that cannot be."""
        books = books_of(market, self._shelf)
        if books is None or not self._has_room():
            return None
        yes, no = books
        number = self._free.pop()
        self._states[number], self._numbers[market] = market, number
        self.outcomes[2 * number : 2 * number + 2] = yes.outcome, no.outcome
        self._write_texts(number, (market.id, yes.outcome, no.outcome))
        self._enter(number)
        self._take_in(number, yes, no)
        self.load(market)
        return number

    def load(self, market: MarketState) -> None:
        """Write a market's group into the arena, as one that is not pending; nothing for one without a number."""
        number = self._numbers.get(market)
        if number is None:
            return
        ints, record = self.ints, at.record_of(number)
        ints[record + at.NEWEST] = market.newest
        ints[record + at.GROUP_AT] = market.at
        ints[record + at.GROUP_RECEIVED] = market.received
        ints[record + at.PENDING] = ints[record + at.CHANGED] = 0
        ints[record + at.TOUCHED] = _bits(market.touched, *self._pair(number))

    def store(self, number: int) -> None:
        """Write a market's group back into its state."""
        ints, record, market = self.ints, at.record_of(number), self._states[number]
        ints[record + at.CHANGED] = 0
        market.newest = ints[record + at.NEWEST]
        market.at = ints[record + at.GROUP_AT]
        market.received = Nanos(ints[record + at.GROUP_RECEIVED])
        market.pending = bool(ints[record + at.PENDING])
        market.touched = dict.fromkeys(_touched(ints[record + at.TOUCHED], *self._pair(number)))

    def link(self, numbers: Sequence[int]) -> None:
        """Make these the pending groups, in this order; all others are not pending."""
        ints = self.ints
        ints[at.HEAD], ints[at.TAIL] = (numbers[0], numbers[-1]) if numbers else (-1, -1)
        for index, number in enumerate(numbers):
            record = at.record_of(number)
            ints[record + at.PENDING] = ints[record + at.CHANGED] = 1
            ints[record + at.PREVIOUS] = numbers[index - 1] if index else -1
            ints[record + at.NEXT] = numbers[index + 1] if index + 1 < len(numbers) else -1
            ints[ints[at.CHANGED_FROM] + index] = number
        ints[at.CHANGED_COUNT] = len(numbers)

    def unlink(self) -> list[MarketState]:
        """Write back every group that changed, and name the pending ones in their order."""
        ints = self.ints
        changed = ints[at.CHANGED_FROM]
        for number in ints[changed : changed + ints[at.CHANGED_COUNT]]:
            self.store(number)
        ints[at.CHANGED_COUNT] = 0
        pending, number = [], ints[at.HEAD]
        while number >= 0:
            pending.append(self._states[number])
            number = ints[at.record_of(number) + at.NEXT]
        return pending

    def move_out(self) -> None:
        """Give the shelf books that live by themselves, in place of those in the arena."""
        for number in self._states:
            held = [self._shelf.held(outcome) for outcome in self._pair(number)]
            books = [book.as_book() for book in held if isinstance(book, ArenaBook)]
            if len(books) == 2:  # else the market is over, and its books are gone
                self._put(*books)

    def _take_in(self, number: int, yes: Book, no: Book) -> None:
        place = self._place(number)
        self._put(
            ArenaBook(yes, self.ints, place, place + RECORD),
            ArenaBook(no, self.ints, place + RECORD, place),
        )

    def _put[B: (Book, ArenaBook)](self, yes: B, no: B) -> None:
        yes.twin, no.twin = no, yes
        self._shelf.put(yes)
        self._shelf.put(no)

    def _has_room(self) -> bool:
        """Whether a number is free, once those of markets that are over have been taken back."""
        if not self._free:
            over = [n for n, market in self._states.items() if self._is_over(n) and not market.pending]
            for number in over:
                del self._numbers[self._states.pop(number)]
            self._free += over
            if over:
                self._clear_table()
                for number in self._states:
                    self._enter(number)
        return bool(self._free)

    def _is_over(self, number: int) -> bool:
        place = self._place(number) + OUTSIDE
        return RETIRED in (self.ints[place], self.ints[place + RECORD])

    def _place(self, number: int) -> int:
        return self.ints[at.BOOKS_FROM] + 2 * number * RECORD

    def _pair(self, number: int) -> tuple[OutcomeId, OutcomeId]:
        return self.outcomes[2 * number], self.outcomes[2 * number + 1]

    def _write_texts(self, number: int, texts: Iterable[str]) -> None:
        record = at.record_of(number)
        for place, text in enumerate(texts):
            closed = text.encode() + b'"'
            start = record + at.TEXTS + place * at.TEXT_WORDS
            self.ints[start : start + at.TEXT_WORDS] = array("q", closed.ljust(at.TEXT, b"\0"))
            self.ints[record + at.TEXT_LENGTHS + place] = len(closed)

    def _clear_table(self) -> None:
        start = self.ints[at.TABLE_FROM]
        self.ints[start:] = array("q", [-1]) * (len(self.ints) - start)

    def _enter(self, number: int) -> None:
        """Let the compiled search find a market: at its slot, or at the next free one."""
        ints = self.ints
        slots = 1 << ints[at.TABLE_BITS]
        slot = _mixed(self._states[number].id.encode()) % slots
        while ints[ints[at.TABLE_FROM] + slot] >= 0:
            slot = (slot + 1) % slots
        ints[ints[at.TABLE_FROM] + slot] = number


def books_of(market: MarketState, shelf: Shelf) -> tuple[Book, Book] | None:
    """The two books of a market that a lane can serve, or None."""
    held = [shelf.held(outcome) for outcome in market.outcomes]
    if not market.listed or len(held) != 2:
        return None
    yes, no = held
    if not isinstance(yes, Book) or not isinstance(no, Book) or yes.twin is not no or no.twin is not yes:
        return None
    texts = (market.id, yes.outcome, no.outcome)
    if len(market.id) < 2 + at.HASHED or any(len(text) >= at.TEXT or not text.isascii() for text in texts):
        return None
    return yes, no


def _changed_from(room: int) -> int:
    return at.MARKETS_FROM + room * at.MARKET_RECORD


def _books_from(room: int) -> int:
    return _changed_from(room) + room


def _table_from(room: int) -> int:
    return _books_from(room) + 2 * room * RECORD


def _table_bits(room: int) -> int:
    """Of the number of slots: at least twice the markets, so that a search is short and ends."""
    return (2 * room).bit_length()


def _mixed(text: bytes) -> int:
    """The hash of a condition id, as the compiled search computes it."""
    first, second = (int.from_bytes(text[start : start + 8], "little") for start in (2, 10))
    found = (first * at.MIX + second) * at.MIX % 2**64
    return found ^ found >> at.FOLD


def _bits(touched: Collection[OutcomeId], yes: OutcomeId, no: OutcomeId) -> int:
    order = [outcome for outcome in touched if outcome in (yes, no)]
    bits = (at.YES_TOUCHED if yes in order else 0) | (at.NO_TOUCHED if no in order else 0)
    return bits | at.NO_FIRST if order[:1] == [no] else bits


def _touched(bits: int, yes: OutcomeId, no: OutcomeId) -> Sequence[OutcomeId]:
    order = (no, yes) if bits & at.NO_FIRST else (yes, no)
    return [outcome for outcome in order if bits & (at.YES_TOUCHED if outcome == yes else at.NO_TOUCHED)]
