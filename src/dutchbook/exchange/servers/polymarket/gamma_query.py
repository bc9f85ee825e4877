"""What a client asks of Gamma's lists: filters, order, page; what the API refuses, what it ignores (section 5)."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import nlargest, nsmallest
from itertools import batched
from operator import itemgetter
from typing import Protocol

import msgspec
from multidict import MultiMapping

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import SECOND, Nanos

type Key = tuple[int, int]
"""Where a row stands in its order: its value, then its id."""


class BadQuery(DutchbookError):
    """A request that Gamma refuses: with 422, its own words and the kind of error."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.body = msgspec.json.encode({"type": "validation error", "error": message})


class Row(Protocol):
    """What lists can be ordered by, common to markets and events."""

    @property
    def id(self) -> int: ...
    @property
    def volume(self) -> int: ...
    @property
    def volume_day(self) -> int: ...
    @property
    def liquidity(self) -> int: ...
    @property
    def starts(self) -> int: ...
    @property
    def ends(self) -> int: ...


_VALUES: Mapping[str, Callable[[Row], int]] = {
    "id": lambda row: row.id,
    "volume": lambda row: row.volume,
    "volumeNum": lambda row: row.volume,
    "volume24hr": lambda row: row.volume_day,
    "liquidity": lambda row: row.liquidity,
    "liquidityNum": lambda row: row.liquidity,
    "startDate": lambda row: row.starts,
    "endDate": lambda row: row.ends,
    "createdAt": lambda row: row.starts,
}


class Search[R](msgspec.Struct, frozen=True):
    """Rows in the order of their ids, and how to tell which of them are meant.

    So many are looked at without a pause: a long list must not keep the event loop from whoever posts an order.
    """

    rows: Iterable[R]
    meant: Callable[[R], bool]
    at_once: int = 16

    async def found(self) -> list[R]:
        """All rows that are meant. The event loop gets its turn between every few."""
        found: list[R] = []
        for few in batched(self.rows, self.at_once):
            found += filter(self.meant, few)
            await asyncio.sleep(0)
        return found


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted, in which order. Of two ways to go on, `after` is that of the keyset lists."""

    order: str = "id"
    ascending: bool = True
    limit: int = 20
    offset: int = 0
    after: Key | None = None

    @property
    def by_id(self) -> bool:
        """Whether rows come in the order of their ids: then a page ends without looking at the rest."""
        return self.order == "id"

    async def take[R: Row](self, search: Search[R]) -> tuple[list[R], str | None]:
        """The rows of this page, and the cursor of the next one if there is more.

        Where `by_id`, the rows come in that order, up or down. The event loop gets its turn between every few.
        """
        value, wanted = _VALUES[self.order], self.offset + self.limit + 1
        best: list[tuple[Key, R]] = []
        for few in batched(search.rows, search.at_once):
            keyed = [((value(row), row.id), row) for row in few if search.meant(row)]
            best = self._first(wanted, [*best, *(pair for pair in keyed if self._is_behind(pair[0]))])
            if self.by_id and len(best) == wanted:
                break
            await asyncio.sleep(0)
        page = best[self.offset : self.offset + self.limit]
        return [row for _, row in page], _cursor(page[-1][0]) if len(best) == wanted and page else None

    def _is_behind(self, key: Key) -> bool:
        """Whether a row comes behind the cursor."""
        if self.after is None:
            return True
        return key > self.after if self.ascending else key < self.after

    def _first[R](self, wanted: int, rows: list[tuple[Key, R]]) -> list[tuple[Key, R]]:
        if self.by_id:
            return rows[:wanted]
        return (nsmallest if self.ascending else nlargest)(wanted, rows, itemgetter(0))


class ById[N]:
    """Names in the order of their decimal ids, which may come in any order."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._names: dict[int, N] = {}

    def add(self, number: str, name: N) -> None:
        """Note a name; one that is known keeps its place."""
        id_ = int(number)
        if id_ not in self._names:
            insort(self._ids, id_)
        self._names[id_] = name

    def walk(self, page: Page) -> Iterator[N]:
        """The names from the page's cursor on, in its direction; all of them where it is ordered by something else."""
        ids = self._ids.copy()  # more may be added before the walk is over
        after = page.after[1] if page.by_id and page.after is not None else None
        if page.ascending:
            places = range(0 if after is None else bisect_right(ids, after), len(ids))
        else:
            places = range((len(ids) if after is None else bisect_left(ids, after)) - 1, -1, -1)
        return (self._names[ids[place]] for place in places)


def keyset_page(query: MultiMapping[str]) -> Page:
    """The page that a keyset request means: at most 100 rows. Raises BadQuery."""
    if "offset" in query:
        raise BadQuery("offset is not supported, use after_cursor")
    after = query.get("after_cursor")
    return Page(
        order=_order(query),
        ascending=flag(query, "ascending") is not False,
        limit=min(100, count(query, "limit", 20, least=1)),
        after=None if not after else _after(after),
    )


def offset_page(query: MultiMapping[str], *, limit_name: str = "limit") -> Page:
    """The page that a legacy request means: `limit` and `offset` up to 2,000. Raises BadQuery."""
    return Page(
        order=_order(query),
        ascending=flag(query, "ascending") is not False,
        limit=min(2_000, count(query, limit_name, 20)),
        offset=count(query, "offset", 0, most=2_000),
    )


def flag(query: MultiMapping[str], name: str) -> bool | None:
    """A yes or no, or None where nothing was said. Raises BadQuery."""
    text = query.get(name)
    if text is None or text == "":
        return None
    if text.lower() not in ("true", "false", "1", "0"):
        raise BadQuery(f"invalid value for {name}")
    return text.lower() in ("true", "1")


def texts(query: MultiMapping[str], *names: str) -> frozenset[str] | None:
    """The values of a parameter that may be repeated, or joined by commas; None where it is absent."""
    found = [part for name in names for value in query.getall(name, []) for part in value.split(",") if part]
    return frozenset(found) if found else None


def moment(query: MultiMapping[str], name: str) -> Nanos | None:
    """An RFC 3339 time or a date. Raises BadQuery."""
    text = query.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return Nanos(int(at.timestamp()) * SECOND)
    except (ValueError, OverflowError) as e:
        raise BadQuery(f"invalid value for {name}") from e


def amount(query: MultiMapping[str], name: str) -> int | None:
    """A number of dollars or contracts in millionths. Raises BadQuery."""
    text = query.get(name)
    if not text:
        return None
    try:
        return round(float(text) * 1_000_000)
    except (ValueError, OverflowError) as e:
        raise BadQuery(f"invalid value for {name}") from e


def _order(query: MultiMapping[str]) -> str:
    order = query.get("order") or "id"
    if order not in _VALUES:
        raise BadQuery(f"order fields are not valid: {order}")
    return order


def count(query: MultiMapping[str], name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """A whole number. Raises BadQuery."""
    text = query.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12) or int(text) < least:
        raise BadQuery(f"invalid value for {name}")
    if most is not None and int(text) > most:
        raise BadQuery(f"{name} must not exceed {most}")
    return int(text)


def _cursor(key: Key) -> str:
    return urlsafe_b64encode(msgspec.json.encode(key)).decode()


def _after(text: str) -> Key:
    try:
        return msgspec.json.decode(urlsafe_b64decode(text), type=tuple[int, int])
    except (BadBase64, ValueError, msgspec.MsgspecError, RecursionError) as e:
        raise BadQuery("invalid after_cursor") from e
