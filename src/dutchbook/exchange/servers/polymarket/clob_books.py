"""Books, prices, midpoints, spreads and last trades of the CLOB, one token or many (section 2.1).

A side of a book that is empty counts as 0 (bids) and 1 dollar (asks) in prices, midpoints and spreads: the reference
does not say what the venue answers there.
"""

from collections.abc import Callable

import msgspec
from aiohttp import web

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import ONE
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.polymarket_book import plain, price_text
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_json import read
from dutchbook.exchange.servers.polymarket.clob_markets import listing_of_token
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.frames import BookTexts

_NEVER_TRADED = {"price": "0.5", "side": ""}


class _Wanted(msgspec.Struct, frozen=True):
    token_id: str
    side: str = ""


_wanted = msgspec.json.Decoder(list[_Wanted])


class Books:
    """Endpoints about prices; nothing here needs a key."""

    def __init__(self, exchange: Exchange, history: History, books: BookTexts, options: ClobOptions) -> None:
        self._exchange = exchange
        self._history = history
        self._books = books
        self._options = options

    def book(self, request: web.Request) -> web.Response:
        """`GET /book`: 404 without a book, so also once a market is closed."""
        token = request.query.get("token_id", "")
        listing_of_token(self._exchange, token, words.NO_BOOK)
        body = self._books.body(OutcomeId(token))
        if body is None:
            raise Problem(404, words.NO_BOOK)
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    async def books(self, request: web.Request) -> web.Response:
        """`POST /books`: tokens without a book are left out."""
        bodies = (self._books.body(OutcomeId(one.token_id)) for one in await self._many(request))
        found = b",".join(body for body in bodies if body is not None)
        return web.Response(body=b"[" + found + b"]", content_type="application/json", charset="utf-8")

    def price(self, request: web.Request) -> web.Response:
        """`GET /price`: BUY is the best bid, SELL the best ask, against common belief."""
        bid, ask = self._known_top(request)
        match request.query.get("side", "").upper():
            case "BUY":
                return answer({"price": price_text(bid)})
            case "SELL":
                return answer({"price": price_text(ask)})
        raise Problem(400, "Invalid side")

    async def prices(self, request: web.Request) -> web.Response:
        """`POST /prices`: the sides asked for, both where none is named."""
        found: dict[str, dict[str, str]] = {}
        for one in await self._many(request):
            if one.side not in ("", "BUY", "SELL"):
                raise Problem(400, "Invalid side")
            top = self._top(one.token_id)
            if top is None:
                continue
            sides = {"BUY": price_text(top[0]), "SELL": price_text(top[1])}
            wanted = (one.side,) if one.side else ("BUY", "SELL")
            found.setdefault(one.token_id, {}).update({side: sides[side] for side in wanted})
        return answer(found)

    def midpoint(self, request: web.Request) -> web.Response:
        """`GET /midpoint`."""
        return answer({"mid": _mid(*self._known_top(request))})

    async def midpoints(self, request: web.Request) -> web.Response:
        """`POST /midpoints`."""
        return answer(await self._mapped(request, _mid))

    def spread(self, request: web.Request) -> web.Response:
        """`GET /spread`."""
        return answer({"spread": _spread(*self._known_top(request))})

    async def spreads(self, request: web.Request) -> web.Response:
        """`POST /spreads`."""
        return answer(await self._mapped(request, _spread))

    def last_trade(self, request: web.Request) -> web.Response:
        """`GET /last-trade-price`: one value for both tokens, in the terms of the one that traded."""
        token = request.query.get("token_id", "")
        listing_of_token(self._exchange, token, words.NO_BOOK)
        return answer(self._last(token) or _NEVER_TRADED)

    async def last_trades(self, request: web.Request) -> web.Response:
        """`POST /last-trades-prices`: tokens that never traded are left out."""
        found = [(one.token_id, self._last(one.token_id)) for one in await self._many(request)]
        return answer([{"token_id": token, **last} for token, last in found if last is not None])

    async def _many(self, request: web.Request) -> list[_Wanted]:
        wanted = read(_wanted, await request.read())
        if len(wanted) > self._options.max_books:
            raise Problem(400, words.TOO_LARGE)
        return wanted

    async def _mapped(self, request: web.Request, write: Callable[[int, int], str]) -> dict[str, str]:
        tops = {one.token_id: self._top(one.token_id) for one in await self._many(request)}
        return {token: write(*top) for token, top in tops.items() if top is not None}

    def _known_top(self, request: web.Request) -> tuple[int, int]:
        token = request.query.get("token_id", "")
        listing_of_token(self._exchange, token, words.NO_BOOK)
        top = self._top(token)
        if top is None:
            raise Problem(404, words.NO_BOOK)
        return top

    def _top(self, token: str) -> tuple[int, int] | None:
        """Best bid and ask of a token in ten-thousandths, None without a book."""
        outcome = OutcomeId(token)
        market = self._exchange.market_of(outcome)
        if market is None or self._books.book(market) is None:
            return None
        best_bid, best_ask = self._exchange.top(market)
        bid, ask = 0 if best_bid is None else best_bid.price, ONE if best_ask is None else best_ask.price
        return (bid, ask) if outcome == self._exchange.listings[market].market.yes else (ONE - ask, ONE - bid)

    def _last(self, token: str) -> dict[str, str] | None:
        market = self._exchange.market_of(OutcomeId(token))
        trade = None if market is None else self._history.last_trade(market)
        if trade is None:
            return None
        taker = trade.pair.taker
        return {"price": price_text(taker.price), "side": taker.side.upper()}


def _mid(bid: int, ask: int) -> str:
    return plain((bid + ask) * 5, 5)


def _spread(bid: int, ask: int) -> str:
    return plain(ask - bid, 4)
