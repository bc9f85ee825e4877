"""The book of one market in plain Python: price levels, each a queue in the order of arrival.

Inserting and cancelling cost O(1) where the level exists, and a move within one short sorted list where it does not.
"""

from bisect import bisect_left, insort

from dutchbook.domain.units import Size
from dutchbook.exchange.matching.layout import MAX_SIZE, MAX_TOTAL, NO_ASK

_NO_ORDER = "no such order or level in this book, or nothing that it could do - read the book again"


class _Waiting[T]:
    """An order and its neighbours. A queue is a chain through its orders: the worst insert costs what others do."""

    __slots__ = ("after", "before", "level", "size", "tag")

    def __init__(self, tag: T, size: int, level: "_Level[T]") -> None:
        self.tag = tag
        self.size = size
        self.level = level
        self.before: _Waiting[T] | None = None
        self.after: _Waiting[T] | None = None


class _Level[T]:
    """All orders at one price, oldest first, and their total size. `key` ascends towards the best price of its side."""

    __slots__ = ("first", "key", "last", "total")

    def __init__(self, key: int) -> None:
        self.key = key
        self.total = 0
        self.first: _Waiting[T] | None = None
        self.last: _Waiting[T] | None = None


class _Side[T]:
    """Bids or asks: `keys` from worst to best, prices of bids and negative prices of asks."""

    __slots__ = ("keys", "levels")

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.levels: dict[int, _Level[T]] = {}

    def open(self, key: int) -> _Level[T]:
        level = self.levels[key] = _Level(key)
        insort(self.keys, key)
        return level

    def close(self, key: int) -> None:
        del self.levels[key]
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]


class PlainBook[T]:
    """Sizes in price-time priority, each with a tag of whoever uses the book; sides and prices in terms of YES.

    An order is known by its row, above 0 and never that of another order that rests. What does not rest, is not there
    or is no size raises KeyError, and nothing was changed. See `OrderBook` for what each method says.
    """

    __slots__ = ("_asks", "_bids", "_changes", "_left", "_orders", "_unused")

    def __init__(self) -> None:
        self._bids = _Side[T]()
        self._asks = _Side[T]()
        self._orders: list[_Waiting[T] | None] = [None]
        self._unused: list[int] = []
        self._left = 0
        self._changes = 0

    def add(self, bid: bool, price: int, size: int, tag: T, /) -> int:
        if not (0 < price < NO_ASK and 0 < size < MAX_SIZE):
            raise KeyError(_NO_ORDER)
        side, key = (self._bids, price) if bid else (self._asks, -price)
        level = side.levels.get(key)
        if level is None:
            level = side.open(key)
        if level.total + size >= MAX_TOTAL:
            raise KeyError(_NO_ORDER)
        order = _Waiting(tag, size, level)
        last = level.last
        if last is None:
            level.first = order
        else:
            last.after = order
            order.before = last
        level.last = order
        self._left = level.total = level.total + size
        self._changes += 1
        if self._unused:
            row = self._unused.pop()
            self._orders[row] = order
            return row
        self._orders.append(order)
        return len(self._orders) - 1

    def remove(self, row: int, /) -> int:
        order = self._waiting(row)
        level = order.level
        left = self._left = level.total = level.total - order.size
        self._changes += 1
        self._leave(row, order, level)
        return left

    def fill(self, row: int, size: int, /) -> int:
        order = self._waiting(row)
        if not 0 < size <= order.size:
            raise KeyError(_NO_ORDER)
        level = order.level
        order.size -= size
        self._left = level.total = level.total - size
        self._changes += 1
        if not order.size:
            self._leave(row, order, level)
        return order.size

    def _leave(self, row: int, order: _Waiting[T], level: _Level[T]) -> None:
        before, after = order.before, order.after
        if before is None:
            level.first = after
        else:
            before.after = after
        if after is None:
            level.last = before
        else:
            after.before = before
        self._orders[row] = None
        self._unused.append(row)
        if not level.total:
            (self._bids if level.key > 0 else self._asks).close(level.key)

    def _waiting(self, row: int) -> _Waiting[T]:
        order = self._orders[row] if 0 < row < len(self._orders) else None
        if order is None:
            raise KeyError(_NO_ORDER)
        return order

    def left(self) -> int:
        return self._left

    def version(self) -> int:
        return self._changes

    def crosses(self, bid: bool, price: int, /) -> bool:
        keys = self._asks.keys if bid else self._bids.keys
        return bool(keys) and keys[-1] >= (-price if bid else price)

    def reach(self, bid: bool, price: int, size: int, /) -> tuple[tuple[T, ...], tuple[int, ...]]:
        side, worst = (self._asks, -price) if bid else (self._bids, price)
        tags, sizes = list[T](), list[int]()
        for key in reversed(side.keys):
            if key < worst:
                break
            order = side.levels[key].first
            while order is not None and size > 0:
                part = min(order.size, size)
                tags.append(order.tag)
                sizes.append(part)
                size -= part
                order = order.after
        return tuple(tags), tuple(sizes)

    def ahead(self, row: int, /) -> Size:
        size, other = 0, self._waiting(row).before
        while other is not None:
            size += other.size
            other = other.before
        return Size(size)

    def top(self, bid: bool, /) -> int:
        keys = self._bids.keys if bid else self._asks.keys
        return abs(keys[-1]) if keys else 0

    def depth(self, bid: bool, /) -> int:
        return len(self._bids.keys if bid else self._asks.keys)

    def level(self, bid: bool, rank: int, /) -> tuple[int, int]:
        level = self._ranked(bid, rank)
        return abs(level.key), level.total

    def queue(self, bid: bool, rank: int, /) -> tuple[T, ...]:
        tags, order = list[T](), self._ranked(bid, rank).first
        while order is not None:
            tags.append(order.tag)
            order = order.after
        return tuple(tags)

    def _ranked(self, bid: bool, rank: int) -> _Level[T]:
        side = self._bids if bid else self._asks
        if not 0 <= rank < len(side.keys):
            raise KeyError(_NO_ORDER)
        return side.levels[side.keys[-1 - rank]]
