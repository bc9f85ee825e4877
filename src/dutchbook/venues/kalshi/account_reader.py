"""Reading orders and the account over REST: answers as they came, page after page, for the codec to make sense of."""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlencode

import msgspec

from dutchbook.domain.errors import VenueError, VenueRefused, WireError
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Order
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.budget import Limit, Sleep
from dutchbook.venues.http import HttpReader, Question, failed
from dutchbook.venues.kalshi import order_wire as wire
from dutchbook.venues.kalshi.account_facts import (
    AS_OF,
    BALANCE,
    FILL_LIST,
    ORDER_LIST,
    POSITIONS,
    RESTING_VALUE,
)
from dutchbook.venues.kalshi.limits import COST, READ, write_limit
from dutchbook.venues.kalshi.order_facts import venue_name
from dutchbook.venues.trading import Exchange

LIMITS_PATH = "/account/limits"
MOST_PAGES = 50
LARGEST_PAGE = 1_000
MOST_LOOKED_UP = 200
"""Strange orders of one sweep; more fills of strange orders wait for the next."""
_ORDER_COST = 2
_EARLIER_S = 60
"""How much earlier than by our clock an order may have come to be by the venue's."""
_LATE_S = 0.5
"""How long a new order may be hidden (0.3 s were measured)."""
_TRIES = 3


class _Page(msgspec.Struct, frozen=True):
    cursor: str | None = None


_decode_page = msgspec.json.Decoder(_Page).decode
_decode_fills = msgspec.json.Decoder(wire.FillsPage).decode
_decode_orders = msgspec.json.Decoder(wire.OrdersPage).decode


class AccountReader:
    """Reads of one account. `name_of` gives the client's name of a venue's order id, if it is known."""

    def __init__(self, reader: HttpReader, sleep: Sleep, subaccount: int, name_of: Callable[[str], str | None]) -> None:
        self._reader = reader
        self._sleep = sleep
        self._name_of = name_of
        self._account = (("subaccount", str(subaccount)),) if subaccount else ()

    async def order(self, order_id: str) -> Exchange:
        """One order by the venue's id."""
        return await self._ask(f"{ORDER_LIST}/{order_id}", (), _ORDER_COST)

    async def look_up(self, order_id: str) -> tuple[Exchange, ...]:
        """An order that is surely there, and may be hidden for a moment."""
        for _ in range(_TRIES - 1):
            found = await self.order(order_id)
            if found.status != 404:
                return (found,)
            await self._sleep(_LATE_S)
        return (await self.order(order_id),)

    async def fills(self, order_id: str) -> tuple[Exchange, ...]:
        """The fills of one order."""
        return tuple(await self._pages(FILL_LIST, (("order_id", order_id),)))

    async def limits(self) -> Limit | None:
        """The account's write budget; None if it cannot be had."""
        question = Question(path=LIMITS_PATH, groups=(READ,), tokens=COST)
        try:
            return await self._reader.read(question, _write_limit)
        except (VenueError, WireError):
            return None

    async def query(self, order: Order, order_id: str | None) -> tuple[Exchange, ...]:
        """One order of ours and its fills: by the venue's id, or found by the client's among those of its market."""
        if order_id is not None:
            by_id = await self.order(order_id)
            return (by_id, *await self.fills(order_id))
        since = ("min_ts", str(max(0, order.created // SECOND - _EARLIER_S)))
        listed = await self._pages(ORDER_LIST, (("ticker", order.leg.market), since))
        found = next((each for each in _orders(listed) if each.client_order_id == order.venue_id), None)
        if found is None:
            fills = await self._pages(FILL_LIST, (("ticker", order.leg.market), since))
            return (*listed, *fills, *await self._look_up(fills, listed))
        return (*listed, *await self.fills(found.order_id))

    async def sweep(self, since: Nanos, strange: Iterable[str]) -> tuple[Exchange, ...]:
        """The whole account, with the fills since a time, and the orders of fills whose names nobody knows."""
        found: list[Exchange] = [await self._ask(AS_OF, (), COST)]
        found += await self._pages(ORDER_LIST, (("status", "resting"),))
        found += await self._pages(POSITIONS, ())
        found.append(await self._ask(BALANCE, (), COST))
        found.append(await self._ask(RESTING_VALUE, (), COST))
        fills = await self._pages(FILL_LIST, (("min_ts", str(max(0, since // SECOND))),))
        return (*found, *fills, *await self._look_up(fills, found, strange))

    async def _look_up(
        self, fills: Sequence[Exchange], listed: Sequence[Exchange], strange: Iterable[str] = ()
    ) -> list[Exchange]:
        """The orders of fills that are neither known nor listed."""
        known = {order.order_id for order in _orders(listed)}
        wanted = dict.fromkeys((*strange, *_orders_of_fills(fills)))
        unknown = [one for one in wanted if one not in known and self._name_of(one) is None]
        return [one for each in unknown[:MOST_LOOKED_UP] for one in await self.look_up(each)]

    async def _pages(self, path: str, parameters: Sequence[tuple[str, str]]) -> list[Exchange]:
        """All pages of a list, until one has no cursor, or failed."""
        pages: list[Exchange] = []
        cursor, seen = "", set[str]()
        while len(pages) < MOST_PAGES:
            asked = [*parameters, ("limit", str(LARGEST_PAGE)), *([("cursor", cursor)] if cursor else [])]
            page = await self._ask(path, asked, COST)
            pages.append(page)
            cursor = _cursor(page)
            if not cursor or cursor in seen:  # a repeated one would never end; the codec sees that a page is missing
                break
            seen.add(cursor)
        return pages

    async def _ask(self, path: str, parameters: Sequence[tuple[str, str]], cost: int) -> Exchange:
        account = self._account if path.startswith("/portfolio") else ()
        asked = [*parameters, *account]
        shown = f"{path}?{urlencode(asked)}" if asked else path
        question = Question(path=path, groups=(READ,), parameters=asked, tokens=cost)
        try:
            return Exchange(path=shown, status=200, body=await self._reader.read(question, bytes.decode))
        except VenueRefused as error:
            return Exchange(path=shown, status=error.status, failure=failed(error))
        except (VenueError, WireError, UnicodeDecodeError) as error:
            return Exchange(path=shown, failure=str(error).splitlines()[0])


def _write_limit(body: bytes) -> Limit:
    try:
        return write_limit(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.KALSHI, f"no limits of an account: {error}", body) from error


def _cursor(page: Exchange) -> str:
    try:
        return _decode_page(page.body).cursor or "" if page.status == 200 else ""
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def _orders(pages: Iterable[Exchange]) -> list[wire.Order]:
    """The orders of readable pages; the codec says what is wrong with others."""
    found: list[wire.Order] = []
    for page in pages:
        if page.status == 200 and page.path.partition("?")[0] == ORDER_LIST:
            try:
                found += _decode_orders(page.body).orders
            except (msgspec.MsgspecError, ValueError, RecursionError):
                continue
    return found


def _orders_of_fills(pages: Iterable[Exchange]) -> list[str]:
    found: list[str] = []
    for page in pages:
        if page.status == 200:
            try:
                found += [venue_name(fill.order_id) for fill in _decode_fills(page.body).fills]
            except (msgspec.MsgspecError, ValueError, RecursionError):
                continue
    return found
