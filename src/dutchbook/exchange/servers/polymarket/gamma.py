"""Polymarket's Gamma API: what markets there are (protocol section 5)."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from dutchbook.domain.identity import QuestionId
from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import QuestionListing
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import application
from dutchbook.exchange.servers.polymarket.answer_cache import AnswerCache
from dutchbook.exchange.servers.polymarket.gamma_events_wire import event_body, series_body, tag_body, tags_of
from dutchbook.exchange.servers.polymarket.gamma_index import EventRow, GammaIndex, MarketRow
from dutchbook.exchange.servers.polymarket.gamma_query import (
    BadQuery,
    Page,
    Search,
    count,
    flag,
    keyset_page,
    offset_page,
)
from dutchbook.exchange.servers.polymarket.gamma_wire import Body, market_body
from dutchbook.exchange.servers.unhurried import Rows, written

type Answer = Callable[[web.Request], bytes | Awaitable[bytes]]

FRESH = Nanos(0)
"""Answers that are never repeated."""
_MARKETS, _EVENTS = 5, 1
"""Rows that are written without a pause: about a millisecond."""
_ENCODER = msgspec.json.Encoder()
_SUNSET = {"Deprecation": "true", "Sunset": "Fri, 01 May 2026 00:00:00 GMT"}


class NotFound(BadQuery):
    """Nothing has that id, slug or address: 404."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not found")
        self.body = msgspec.json.encode({"type": "not found error", "error": f"{what} not found"})


class PolymarketGamma:
    """Gamma's server. Without a `history` it keeps one of its own, which costs memory twice.

    `cached` is how long an answer is repeated. The real ones are up to five minutes old; here they are of now unless
    one says otherwise, since a sandbox lists markets that live for minutes only.
    """

    def __init__(
        self,
        exchange: Exchange,
        context: ServerContext,
        history: History | None = None,
        cached: Nanos = FRESH,
    ) -> None:
        self._cached = cached
        self._cache = AnswerCache(context.clock)
        self._context = context
        self._index = GammaIndex(exchange, history or History(exchange), context.told)
        self._exchange = exchange

    def application(self) -> web.Application:
        """The endpoints."""
        app = application(self._context, "polymarket gamma", say)
        plain: dict[str, Answer] = {
            "/markets/keyset": self._markets_keyset,
            "/events/keyset": self._events_keyset,
            "/events/pagination": self._events_counted,
            "/markets/slug/{slug}": self._market_by_slug,
            "/events/slug/{slug}": self._event_by_slug,
            "/markets/{id}": self._market,
            "/events/{id}": self._event,
            "/public-search": self._search,
            "/tags": self._tags,
            "/tags/slug/{slug}": self._tag_by_slug,
            "/tags/{id}": self._tag,
            "/series": self._series,
            "/series/{id}": self._one_series,
            "/sports": lambda _: b"[]",
            "/teams": lambda _: b"[]",
            "/comments": lambda _: b"[]",
            "/public-profile": self._profile,
            "/status": lambda _: b'"OK"',
        }
        for path, answer in plain.items():
            app.router.add_get(path, self._handler(answer))
        app.router.add_get("/markets", self._handler(self._markets, _SUNSET))
        app.router.add_get("/events", self._handler(self._events, _SUNSET))
        return app

    def _handler(self, answer: Answer, headers: dict[str, str] | None = None) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                body = await self._cache.body(request, self._cached, lambda: answer(request))
            except NotFound as e:
                return _answer(e.body, 404)
            except BadQuery as e:
                return _answer(e.body, 422)
            return _answer(body, 200, headers)

        return handle

    # markets

    async def _markets_keyset(self, request: web.Request) -> bytes:
        page = keyset_page(request.query)
        rows, cursor = await page.take(self._index.market_rows(request.query, page, closed_default=False))
        return _page("markets", await self._market_rows(rows, request), cursor)

    async def _markets(self, request: web.Request) -> bytes:
        page = offset_page(request.query)
        rows, _ = await page.take(self._index.market_rows(request.query, page, closed_default=None))
        return msgspec.json.encode(await self._market_rows(rows, request))

    def _market(self, request: web.Request) -> bytes:
        return self._one_market("id", request.match_info["id"], lambda row: row.listing.number)

    def _market_by_slug(self, request: web.Request) -> bytes:
        return self._one_market("slug", request.match_info["slug"], lambda row: row.listing.slug)

    def _one_market(self, what: str, wanted: str, name: Callable[[MarketRow], str]) -> bytes:
        if what == "id" and not wanted.isdigit():
            raise BadQuery("id is invalid")
        rows = (MarketRow(self._index, listing) for listing in self._index.listings().values())
        row = next((row for row in rows if name(row) == wanted), None)
        if row is None:
            raise NotFound(what)
        return msgspec.json.encode(self._market_row(row, {}))

    async def _market_rows(self, rows: Sequence[MarketRow], request: web.Request) -> list[msgspec.Raw]:
        tags = flag(request.query, "include_tag") is True
        events: dict[QuestionId, Body] = {}
        return await written(Rows(rows, lambda row: self._market_row(row, events, tags=tags), _MARKETS), _ENCODER)

    def _market_row(self, row: MarketRow, events: dict[QuestionId, Body], *, tags: bool = False) -> Body:
        """A market with its event, which is written once for all markets of a page and kept in `events`."""
        name = row.listing.market.question
        question = self._index.question(name)
        if name not in events:
            events[name] = self._event_row(question, nested=False)
        body = market_body(row.listing, question, self._index.activity(row.listing), [events[name]])
        if tags:
            body["tags"] = [tag_body(label, question.created) for label in tags_of(question)]
        return body

    # events

    async def _events_keyset(self, request: web.Request) -> bytes:
        page = keyset_page(request.query)
        rows, cursor = await page.take(self._index.event_rows(request.query, page, closed_default=False))
        return _page("events", await self._event_rows(rows), cursor)

    async def _events(self, request: web.Request) -> bytes:
        page = offset_page(request.query)
        rows, _ = await page.take(self._index.event_rows(request.query, page, closed_default=None))
        return msgspec.json.encode(await self._event_rows(rows))

    async def _events_counted(self, request: web.Request) -> bytes:
        page = offset_page(request.query)
        rows = await self._index.event_rows(request.query, page, closed_default=None).found()
        return await self._counted("data", rows, page)

    def _event(self, request: web.Request) -> bytes:
        return self._one_event("id", request.match_info["id"], lambda listing: listing.number)

    def _event_by_slug(self, request: web.Request) -> bytes:
        return self._one_event("slug", request.match_info["slug"], lambda listing: listing.slug)

    def _one_event(self, what: str, wanted: str, name: Callable[[QuestionListing], str]) -> bytes:
        if what == "id" and not wanted.isdigit():
            raise BadQuery("id is invalid")
        listing = next((one for one in self._index.questions().values() if name(one) == wanted), None)
        if listing is None:
            raise NotFound(what)
        return msgspec.json.encode(self._event_row(listing))

    async def _event_rows(self, rows: Sequence[EventRow]) -> list[msgspec.Raw]:
        return await written(Rows(rows, lambda row: self._event_row(row.listing), _EVENTS), _ENCODER)

    def _event_row(self, listing: QuestionListing, *, nested: bool = True) -> Body:
        markets = [(one, self._index.activity(one)) for one in self._index.markets_of(listing)]
        return event_body(listing, markets, nested=nested)

    async def _search(self, request: web.Request) -> bytes:
        words = request.query.get("q", "").strip()
        if not words:
            raise BadQuery("q is required")
        page = offset_page(request.query, limit_name="limit_per_type")
        closed_too = bool(flag(request.query, "keep_closed_markets"))
        rows = await self._index.found(words, page, closed_too=closed_too).found()
        before = count(request.query, "page", 1, least=1) - 1
        return await self._counted("events", rows, msgspec.structs.replace(page, offset=before * page.limit))

    async def _counted(self, name: str, rows: Sequence[EventRow], page: Page) -> bytes:
        taken, cursor = await page.take(Search(rows, lambda _: True))
        pagination = {"hasMore": cursor is not None, "totalResults": len(rows)}
        return msgspec.json.encode({name: await self._event_rows(taken), "pagination": pagination})

    # tags, series, profiles

    def _labels(self) -> dict[str, Nanos]:
        first: dict[str, Nanos] = {}
        for listing in self._index.questions().values():
            for label in tags_of(listing):
                first.setdefault(label, listing.created)
        return first

    def _tags(self, request: web.Request) -> bytes:
        page = offset_page(request.query)
        tags = [tag_body(label, created) for label, created in self._labels().items()]
        return msgspec.json.encode(tags[page.offset : page.offset + page.limit])

    def _tag(self, request: web.Request) -> bytes:
        return self._one_tag("id", request.match_info["id"])

    def _tag_by_slug(self, request: web.Request) -> bytes:
        return self._one_tag("slug", request.match_info["slug"])

    def _one_tag(self, what: str, wanted: str) -> bytes:
        bodies = (tag_body(label, created) for label, created in self._labels().items())
        return _found(next((body for body in bodies if body[what] == wanted), None), what)

    def _all_series(self) -> list[Body]:
        first: dict[str, QuestionListing] = {}
        for listing in self._index.questions().values():
            if listing.question.series:
                first.setdefault(listing.question.series, listing)
        return [series_body(listing) for listing in first.values()]

    def _series(self, request: web.Request) -> bytes:
        page = offset_page(request.query)
        return msgspec.json.encode(self._all_series()[page.offset : page.offset + page.limit])

    def _one_series(self, request: web.Request) -> bytes:
        wanted = request.match_info["id"]
        return _found(next((body for body in self._all_series() if body["id"] == wanted), None), "id")

    def _profile(self, request: web.Request) -> bytes:
        address = request.query.get("address", "").lower()
        if address not in self._exchange.accounts:
            raise NotFound("profile")
        return msgspec.json.encode(
            {
                "createdAt": None,
                "proxyWallet": address,
                "displayUsernamePublic": False,
                "pseudonym": "",
                "name": "",
                "bio": "",
                "profileImage": "",
            }
        )


def say(status: int, _request: web.Request) -> web.StreamResponse:
    """Gamma's words for a status that no endpoint gave."""
    kinds = {404: ("not found error", "not found"), 405: ("method error", "method not allowed")}
    kind, text = kinds.get(status, ("internal error", "internal error"))
    return _answer(msgspec.json.encode({"type": kind, "error": text}), status)


def _answer(body: bytes, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def _page(name: str, rows: Sequence[msgspec.Raw], cursor: str | None) -> bytes:
    page: Body = {name: rows}
    if cursor is not None:
        page["next_cursor"] = cursor
    return msgspec.json.encode(page)


def _found(body: Body | None, what: str) -> bytes:
    if body is None:
        raise NotFound(what)
    return msgspec.json.encode(body)
