"""The book of one market in plain Python: price levels, each a queue in the order of arrival.

Inserting and cancelling cost O(1) where the level exists, and a move within one short sorted list where it does not.
"""

from bisect import bisect_left, insort

from dutchbook.domain.units import Price, Size
from dutchbook.exchange.matching.layout import MAX_SIZE, MAX_TOTAL, NO_ASK

type Reached = tuple[tuple[int, ...], tuple[Size, ...], tuple[int, ...]]
"""Whom an order would meet: their rows, the size of each meeting, and the rows of the avoided owner's on the way."""
_NO_ORDER = "no such order or level in this book, or nothing that it could do - read the book again"


class _Waiting:
    """An order and its neighbours. A queue is a chain through its orders: the worst insert costs what others do."""

    __slots__ = ("after", "before", "level", "owner", "row", "size")

    def __init__(self, row: int, size: Size, owner: int, level: "_Level") -> None:
        self.row = row
        self.size = size
        self.owner = owner
        self.level = level
        self.before: _Waiting | None = None
        self.after: _Waiting | None = None


class _Level:
    """All orders at one price, oldest first, and their total size. `key` ascends towards the best price of its side."""

    __slots__ = ("first", "key", "last", "total")

    def __init__(self, key: int) -> None:
        self.key = key
        self.total = Size(0)
        self.first: _Waiting | None = None
        self.last: _Waiting | None = None


class _Side:
    """Bids or asks: `keys` from worst to best, prices of bids and negative prices of asks."""

    __slots__ = ("keys", "levels")

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    def open(self, key: int) -> _Level:
        level = self.levels[key] = _Level(key)
        insort(self.keys, key)
        return level

    def close(self, key: int) -> None:
        del self.levels[key]
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]


class PlainBook:
    """Sizes in price-time priority, each with the number of its owner; sides and prices in terms of YES.

    See `OrderBook` for what each method says. What can not be done raises KeyError, and nothing was changed.
    """

    __slots__ = ("_added", "_asks", "_bids", "_changes", "_left", "_orders")

    def __init__(self) -> None:
        self._bids = _Side()
        self._asks = _Side()
        self._orders: dict[int, _Waiting] = {}
        self._added = 0
        self._left = Size(0)
        self._changes = 0

    def add(self, bid: bool, price: int, size: int, owner: int, /) -> int:
        if not (0 < price < NO_ASK and 0 < size < MAX_SIZE and owner >= 0):
            raise KeyError(_NO_ORDER)
        side, key = (self._bids, price) if bid else (self._asks, -price)
        level = side.levels.get(key)
        if level is None:
            level = side.open(key)
        if level.total + size >= MAX_TOTAL:
            raise KeyError(_NO_ORDER)
        row = self._added = self._added + 1
        order = self._orders[row] = _Waiting(row, Size(size), owner, level)
        last = level.last
        if last is None:
            level.first = order
        else:
            last.after = order
            order.before = last
        level.last = order
        self._left = level.total = Size(level.total + size)
        self._changes += 1
        return row

    def remove(self, row: int, /) -> Size:
        if row < 0:
            raise KeyError(_NO_ORDER)
        order = self._orders.get(row)
        if order is None:
            return Size(-1)
        self._reduce(order, order.size)
        return self._left

    def fill(self, row: int, size: int, /) -> Size:
        order = self._waiting(row)
        if not 0 < size <= order.size:
            raise KeyError(_NO_ORDER)
        self._reduce(order, size)
        return order.size

    def take(self, bid: bool, price: int, size: int, /) -> Size:
        rows, sizes, _ = self.reach(bid, price, size, 0, False)
        if size <= 0 or sum(sizes) != size:
            raise KeyError(_NO_ORDER)
        for row, part in zip(rows, sizes, strict=True):
            self._reduce(self._orders[row], part)
        return self._left

    def _reduce(self, order: _Waiting, part: int) -> None:
        level = order.level
        order.size = Size(order.size - part)
        self._left = level.total = Size(level.total - part)
        self._changes += 1
        if not order.size:
            self._leave(order, level)

    def _leave(self, order: _Waiting, level: _Level) -> None:
        before, after = order.before, order.after
        if before is None:
            level.first = after
        else:
            before.after = after
        if after is None:
            level.last = before
        else:
            after.before = before
        del self._orders[order.row]
        if not level.total:
            (self._bids if level.key > 0 else self._asks).close(level.key)

    def _waiting(self, row: int) -> _Waiting:
        order = self._orders.get(row)
        if order is None:
            raise KeyError(_NO_ORDER)
        return order

    def left(self) -> Size:
        return self._left

    def version(self) -> int:
        return self._changes

    def crosses(self, bid: bool, price: int, /) -> bool:
        keys = self._asks.keys if bid else self._bids.keys
        return bool(keys) and keys[-1] >= (-price if bid else price)

    def reach(self, bid: bool, price: int, size: int, avoid: int, stops: bool, /) -> Reached:
        side, worst = (self._asks, -price) if bid else (self._bids, price)
        rows, sizes, own = list[int](), list[Size](), list[int]()
        for key in reversed(side.keys):
            if key < worst:
                break
            order = side.levels[key].first
            while order is not None and size > 0:
                if avoid and order.owner == avoid:
                    own.append(order.row)
                    if stops:
                        return tuple(rows), tuple(sizes), tuple(own)
                else:
                    part = Size(min(order.size, size))
                    rows.append(order.row)
                    sizes.append(part)
                    size -= part
                order = order.after
        return tuple(rows), tuple(sizes), tuple(own)

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

    def level(self, bid: bool, rank: int, /) -> tuple[Price, Size]:
        level = self._ranked(bid, rank)
        return Price(abs(level.key)), level.total

    def queue(self, bid: bool, rank: int, /) -> tuple[int, ...]:
        rows, order = list[int](), self._ranked(bid, rank).first
        while order is not None:
            rows.append(order.row)
            order = order.after
        return tuple(rows)

    def _ranked(self, bid: bool, rank: int) -> _Level:
        side = self._bids if bid else self._asks
        if not 0 <= rank < len(side.keys):
            raise KeyError(_NO_ORDER)
        return side.levels[side.keys[-1 - rank]]
