"""What a client asks of Gamma's lists: filters, order, page; what the API refuses, what it ignores (section 5)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import nlargest, nsmallest
from itertools import islice
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

    def take[R: Row](self, rows: Iterable[R]) -> tuple[list[R], str | None]:
        """The rows of this page, and the cursor of the next one if there is more.

        Where `by_id`, `rows` come in that order, up or down.
        """
        value = _VALUES[self.order]

        def key(row: R) -> Key:
            return value(row), row.id

        after = self.after
        if after is not None:
            rows = (row for row in rows if (key(row) > after if self.ascending else key(row) < after))
        wanted = self.offset + self.limit + 1
        if self.by_id:
            best = list(islice(rows, wanted))
        else:
            best = nsmallest(wanted, rows, key) if self.ascending else nlargest(wanted, rows, key)
        page = best[self.offset : self.offset + self.limit]
        return page, _cursor(key(page[-1])) if len(best) == wanted and page else None


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
        ids = self._ids
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
