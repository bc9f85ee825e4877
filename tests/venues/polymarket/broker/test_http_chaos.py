"""Whatever an HTTP server can do to a request: the order outcome table holds, and nothing is ever sent twice.

Each trouble is met by a single order, a batch, a cancel and a cancel of everything, over a real connection.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import CancelFailed, OrderReported, VenueState, VenueStateChanged
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, Price, Size
from dutchbook.venues.order_line import LineTerms, OrderLine
from dutchbook.venues.polymarket.order_codec import PolymarketOrderCodec, Told
from dutchbook.venues.polymarket.own_trades import Identity
from dutchbook.venues.polymarket.trade_book import Listings
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Answered, Asked, Exchange, answered_frame
from tests.exchange.servers.polymarket.clob_stage import PLAIN, YES
from tests.venues.live.virtual_time import VirtualTime, until
from tests.venues.raw_server import RawServer, Visit, request, response
from tests.venues.test_order_line import Timers

type Trouble = Callable[["Wish", Visit], None]
"""What the server does to a request."""

IDS = tuple("0x" + digit * 64 for digit in "abc")
PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>cloudflare</body></html>"


class Wish(msgspec.Struct, frozen=True):
    """One kind of request, and what a good answer to it is."""

    asked: Asked
    ids: tuple[str, ...]
    request: bytes
    good: bytes


def _taken(id_: str) -> dict[str, object]:
    return {
        "success": True,
        "errorMsg": "",
        "orderID": id_,
        "status": "live",
        "makingAmount": "",
        "takingAmount": "",
        "tradeIDs": [],
        "transactionsHashes": [],
    }


def _json(what: object) -> bytes:
    return json.dumps(what, separators=(",", ":")).encode()


WISHES = {
    "one": Wish(Asked.PLACE, IDS[:1], request("/order", b'{"order":1}'), _json(_taken(IDS[0]))),
    "batch": Wish(Asked.PLACE, IDS, request("/orders", b'[{"order":1}]'), _json([_taken(id_) for id_ in IDS])),
    "cancel": Wish(
        Asked.CANCEL,
        IDS[:1],
        request("/order", b'{"orderID":"0x"}', "DELETE"),
        _json({"canceled": [IDS[0]], "not_canceled": {}}),
    ),
    "cancel all": Wish(
        Asked.CANCEL_ALL,
        (),
        request("/cancel-all", b"", "DELETE"),
        _json({"canceled": list(IDS), "not_canceled": {}}),
    ),
}


class Expected(msgspec.Struct, frozen=True):
    """`refused` if it is certain that nothing was done; else nobody knows. `state` is the venue's afterwards."""

    refused: bool
    state: VenueState = VenueState.UP


UNKNOWN = Expected(refused=False)
STRANGE = Expected(refused=False, state=VenueState.DOWN)
REFUSED = Expected(refused=True)


def answering(body: bytes, status: str, *headers: str) -> Trouble:
    return lambda _, visit: visit.say(response(body, status, *headers))


def error(status: str, text: str, *headers: str) -> Trouble:
    return answering(_json({"error": text}), status, *headers)


def _cut(share: float, *, reset: bool) -> Trouble:
    def trouble(wish: Wish, visit: Visit) -> None:
        whole = response(wish.good)
        visit.say(whole[: round(len(whole) * share)])
        (visit.reset if reset else visit.hang_up)()

    return trouble


def _length(by: int) -> Trouble:
    def trouble(wish: Wish, visit: Visit) -> None:
        visit.say(response(wish.good).replace(b"%d\r\n" % len(wish.good), b"%d\r\n" % (len(wish.good) + by), 1))
        visit.hang_up()

    return trouble


def _body(change: Callable[[bytes], bytes]) -> Trouble:
    return lambda wish, visit: visit.say(response(change(wish.good)))


def _drip(wish: Wish, visit: Visit) -> None:
    """Slow-loris: a few bytes, and then never the rest."""
    visit.say(response(wish.good)[:20])


def _raw(data: bytes) -> Trouble:
    return lambda _, visit: visit.say(data)


def _nothing(_: Wish, __: Visit) -> None:
    """Silence."""


UP = VenueState.UP
TROUBLES: dict[str, tuple[Trouble, Expected]] = {
    "silence": (_nothing, UNKNOWN),
    "slow-loris": (_drip, UNKNOWN),
    "hang-up": (lambda _, visit: visit.hang_up(), UNKNOWN),
    "reset": (lambda _, visit: visit.reset(), UNKNOWN),
    **{f"closed at {share:.0%}": (_cut(share, reset=False), UNKNOWN) for share in (0.1, 0.4, 0.7, 0.9)},
    **{f"reset at {share:.0%}": (_cut(share, reset=True), UNKNOWN) for share in (0.1, 0.4, 0.7, 0.9)},
    "a length too long": (_length(7), UNKNOWN),
    "a length too short": (_length(-3), STRANGE),
    "no http": (_raw(b"\x15\x03\x01\x00\x02\x02\x28"), UNKNOWN),
    "no length": (_raw(b"HTTP/1.1 200 OK\r\n\r\n{}"), UNKNOWN),
    "two lengths": (_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}"), UNKNOWN),
    "truncated json": (_body(lambda body: body[: len(body) // 2]), STRANGE),
    "empty body": (_body(lambda _: b""), STRANGE),
    "null": (_body(lambda _: b"null"), STRANGE),
    "another shape": (_body(lambda _: b'{"orders":1}'), STRANGE),
    "deep nesting": (_body(lambda _: b"[" * 5_000), STRANGE),
    "a web page with 200": (_body(lambda _: PAGE), STRANGE),
    "no utf-8": (_body(lambda body: body.replace(b"0x", b"\xff\xfe")), UNKNOWN),
    "redirect 301": (answering(b"", "301 Moved Permanently", "Location: /order"), UNKNOWN),
    "redirect 307": (answering(b"", "307 Temporary Redirect", "Location: https://elsewhere"), UNKNOWN),
    "304": (_raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), UNKNOWN),
    "400 of a proxy": (answering(PAGE, "400 Bad Request"), UNKNOWN),
    "400 context canceled": (error("400 Bad Request", "context canceled"), UNKNOWN),
    "403 of a proxy": (answering(PAGE, "403 Forbidden"), UNKNOWN),
    "408": (error("408 Request Timeout", "timeout"), UNKNOWN),
    "409": (error("409 Conflict", "conflict"), UNKNOWN),
    "413 of a proxy": (answering(b"too large", "413 Payload Too Large"), UNKNOWN),
    "418": (error("418 I'm a teapot", "no"), UNKNOWN),
    "500": (error("500 Internal Server Error", "could not run the execution"), UNKNOWN),
    "500 no match": (error("500 Internal Server Error", "there are no matching orders"), UNKNOWN),
    "500 with a refusal's words": (error("500 Internal Server Error", "not enough balance / allowance"), UNKNOWN),
    "502 page": (answering(PAGE, "502 Bad Gateway"), UNKNOWN),
    "503 page": (answering(PAGE, "503 Service Unavailable"), UNKNOWN),
    "503 of another kind": (error("503 Service Unavailable", "try later"), UNKNOWN),
    "504": (error("504 Gateway Timeout", "upstream timed out"), UNKNOWN),
    "520": (answering(PAGE, "520 Unknown"), UNKNOWN),
    "599": (answering(b"", "599 What"), UNKNOWN),
    "401": (error("401 Unauthorized", "Unauthorized/Invalid api key"), REFUSED),
    "404 no book": (error("404 Not Found", "No orderbook exists for the requested token id"), REFUSED),
    "400 payload": (error("400 Bad Request", "Invalid order payload"), REFUSED),
    "400 refusal": (error("400 Bad Request", "not enough balance / allowance: the balance is not enough"), REFUSED),
    "425": (
        error("425 Too Early", "service not ready", "Retry-After: 9"),
        Expected(refused=True, state=VenueState.RESTARTING),
    ),
    "425 page": (answering(PAGE, "425 Too Early"), Expected(refused=True, state=VenueState.RESTARTING)),
    "429": (error("429 Too Many Requests", "Too Many Requests"), REFUSED),
    "429 with a pause": (error("429 Too Many Requests", "Too Many Requests", "Retry-After: 3"), REFUSED),
    "429 page": (answering(PAGE, "429 Too Many Requests"), UNKNOWN),
    "503 cancel-only": (
        error("503 Service Unavailable", "Trading is currently cancel-only. New orders are not accepted"),
        Expected(refused=True, state=VenueState.CANCEL_ONLY),
    ),
    "503 disabled": (
        error("503 Service Unavailable", "Trading is currently disabled. Check polymarket.com for updates"),
        Expected(refused=True, state=VenueState.DOWN),
    ),
    "503 post-only": (
        answering(
            _json(
                {"error": "post-only mode: only post-only orders", "code": "post_only_mode", "retry_after_seconds": 79}
            ),
            "503 Service Unavailable",
        ),
        Expected(refused=True, state=VenueState.POST_ONLY),
    ),
}
assert len(TROUBLES) * len(WISHES) >= 200


class Bench:
    """A line to one raw server, and a codec that knows three open orders of ours that it has not heard of yet."""

    def __init__(self, server: RawServer) -> None:
        self.server = server
        self.time = VirtualTime()
        self.timers = Timers()
        around = Surroundings(self.time, Random(7), self.time.sleep, connect)
        self.line = OrderLine(server.base, around, LineTerms(warm=2, most=3), later=self.timers.later)
        self.codec = PolymarketOrderCodec(Identity("key", "0x1"), Listings(lambda _: None, lambda _: None))
        self.told: list[Exchange] = []

    def know(self, status: OrderStatus) -> None:
        leg = Leg(YES, PLAIN, Side.BUY, Price(4_000), Size(10 * CONTRACT), Price(4_000), TimeInForce.GTC)
        self.codec.know(
            Order(
                id=OrderId(f"run-i{number}-1"),
                intent=IntentId("i"),
                leg=leg,
                venue_id=id_,
                status=status,
                created=self.time.now(),
            )
            for number, id_ in enumerate(IDS)
        )

    async def ask(self, wish: Wish, *, patient: bool = False) -> list[Told]:
        before = len(self.told)
        self.line.send(wish.request, self.told.append, urgent=wish.asked is not Asked.PLACE)
        asked = self.server.requests.count(wish.request)
        await until(lambda: self.server.requests.count(wish.request) > asked or len(self.told) > before)
        if patient:
            for _ in range(20):
                await asyncio.sleep(0)
            self.timers.fire()
        await until(lambda: len(self.told) > before)
        answered = Answered(asked=wish.asked, sent=self.time.now(), exchanges=(self.told[-1],), ids=wish.ids)
        return list(self.codec.decode(answered_frame(Venue.POLYMARKET, answered, self.time.now())))


@asynccontextmanager
async def bench(behave: Callable[[Visit, bytes], None]) -> AsyncIterator[Bench]:
    async with RawServer(behave).listening() as server:
        made = Bench(server)
        running = asyncio.create_task(made.line.run())
        try:
            await until(lambda: made.line.ready)
            yield made
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.mark.parametrize("kind", WISHES)
@pytest.mark.parametrize("name", TROUBLES)
async def test_every_trouble_has_its_row_in_the_table(name: str, kind: str) -> None:
    (trouble, expected), wish = TROUBLES[name], WISHES[kind]
    async with bench(lambda visit, _: trouble(wish, visit)) as made:
        made.know(OrderStatus.SENDING if wish.asked is Asked.PLACE else OrderStatus.OPEN)
        events = await made.ask(wish, patient=name in ("silence", "slow-loris"))
        assert made.server.requests.count(wish.request) == 1
        check(events, wish, expected)
        # The line is none the worse for it.
        made.server.behave = lambda visit, _: visit.say(response(wish.good))
        await made.time.advance(60)
        await made.ask(wish)
        assert made.told[-1].status == 200


def check(events: list[Told], wish: Wish, expected: Expected) -> None:
    states = [event.state for event in events if isinstance(event, VenueStateChanged)]
    assert states == ([] if expected.state is VenueState.UP else [expected.state])
    rest = [event for event in events if not isinstance(event, VenueStateChanged)]
    meant = wish.ids or IDS
    if wish.asked is Asked.PLACE:
        report = Report.REJECTED if expected.refused else Report.TIMEOUT
        assert [event.report for event in rest if isinstance(event, OrderReported)] == [report] * len(meant)
        assert all(isinstance(event, OrderReported) and event.detail for event in rest)
    else:
        failed = [event for event in rest if isinstance(event, CancelFailed)]
        assert len(failed) == len(rest) == len(meant)
        assert {event.ambiguous for event in failed} == {not expected.refused}
        assert all(event.detail for event in failed)


@pytest.mark.parametrize("kind", WISHES)
async def test_an_answer_that_comes_twice_is_taken_once(kind: str) -> None:
    wish = WISHES[kind]
    async with bench(lambda visit, _: visit.say(response(wish.good) * 2)) as made:
        made.know(OrderStatus.SENDING if wish.asked is Asked.PLACE else OrderStatus.OPEN)
        events = await made.ask(wish)
        assert len(events) == (len(wish.ids) if wish.asked is Asked.PLACE else 0)
        await until(lambda: made.server.gone)
