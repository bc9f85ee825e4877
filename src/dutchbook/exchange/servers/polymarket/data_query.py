"""What a client asks of the Data API: parameters, pages, refusals, and how old an answer may be."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Iterable, Mapping
from itertools import islice

import msgspec
from multidict import MultiMapping

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import SECOND, Nanos

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_FARTHEST = 10_000
_OBSERVED_AGES = {
    "/trades": Nanos(300 * SECOND),
    "/oi": Nanos(300 * SECOND),
    "/activity": Nanos(15 * SECOND),
    "/positions": Nanos(5 * SECOND),
}


class DataOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the server behaves."""

    cached: Mapping[str, Nanos] = msgspec.field(default_factory=lambda: dict(_OBSERVED_AGES))
    """How long an answer is repeated, by path without its version: observed ages of the real cache. {} for none."""
    page: int = 100
    largest_page: int = 500


class BadRequest(DutchbookError):
    """A request that the API refuses with 400 and its own words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.body = msgspec.json.encode({"error": message})


class Slice(msgspec.Struct, frozen=True):
    """Which rows of a list are wanted."""

    limit: int
    offset: int

    def take[R](self, rows: Iterable[R]) -> tuple[list[R], str | None]:
        """The rows, and the cursor of the next page if there is more."""
        found = list(islice(rows, self.offset, self.offset + self.limit + 1))
        more = len(found) > self.limit
        return found[: self.limit], _cursor(self.offset + self.limit) if more else None


def required_user(query: MultiMapping[str]) -> str:
    """The account that is asked for, in lower case. Raises BadRequest."""
    user = optional_user(query)
    if user is None:
        raise BadRequest("required query param 'user' not provided")
    return user


def optional_user(query: MultiMapping[str]) -> str | None:
    """The account that is asked for, if any. Raises BadRequest if it is no address."""
    text = query.get("user") or query.get("proxy_wallet")
    if not text:
        return None
    if not _ADDRESS.fullmatch(text):
        raise BadRequest("invalid user address")
    return text.lower()


def page_v1(query: MultiMapping[str], options: DataOptions) -> Slice:
    """The slice of a list of version 1. Raises BadRequest."""
    return Slice(count(query, "limit", options.page, options.largest_page), count(query, "offset", 0, _FARTHEST))


def page_v2(query: MultiMapping[str], options: DataOptions) -> Slice:
    """The slice of a list of version 2, whose cursor stands for an offset. Raises BadRequest."""
    limit = count(query, "limit", options.page, options.largest_page)
    cursor = query.get("cursor") or query.get("next_cursor")
    if not cursor:
        return Slice(limit, 0)
    try:
        offset = msgspec.json.decode(urlsafe_b64decode(cursor), type=int)
    except (BadBase64, ValueError, msgspec.MsgspecError, RecursionError) as e:
        raise BadRequest("invalid cursor") from e
    if offset < 0:
        raise BadRequest("invalid cursor")
    return Slice(limit, offset)


def count(query: MultiMapping[str], name: str, default: int, most: int) -> int:
    """A whole number, cut to `most`. Raises BadRequest."""
    text = query.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise BadRequest(f"invalid query param '{name}'")
    return min(int(text), most)


def yes_no(query: MultiMapping[str], name: str) -> bool | None:
    """A flag, or None where nothing was said. Raises BadRequest."""
    text = query.get(name, "").lower()
    if text not in ("", "true", "false"):
        raise BadRequest(f"invalid query param '{name}'")
    return None if not text else text == "true"


def word(query: MultiMapping[str], name: str, allowed: Iterable[str]) -> str | None:
    """One of some words, in any case. Raises BadRequest."""
    text = query.get(name, "").upper()
    if text and text not in allowed:
        raise BadRequest(f"invalid query param '{name}'")
    return text or None


def names(query: MultiMapping[str], *keys: str) -> frozenset[str] | None:
    """The values of a parameter that may be repeated, or joined by commas; None where it is absent."""
    found = [part for key in keys for value in query.getall(key, []) for part in value.split(",") if part]
    return frozenset(found) if found else None


def _cursor(offset: int) -> str:
    return urlsafe_b64encode(msgspec.json.encode(offset)).decode()
