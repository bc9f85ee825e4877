"""The control endpoint of the sandbox: faults, markets, modes and time, switched while it runs, from this machine."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.ports import Clock
from dutchbook.domain.quantities import PriceSetting
from dutchbook.domain.units import dollars
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultSpec
from dutchbook.exchange.faults.switchboard import FaultNameTaken, Switchboard, UnknownFault
from dutchbook.exchange.matching.messages import Refused
from dutchbook.exchange.rules import Mode

_FAULT: TypeAdapter[FaultSpec] = TypeAdapter(FaultSpec)
_STATUSES = {"pause": MarketStatus.PAUSED, "open": MarketStatus.OPEN, "close": MarketStatus.CLOSED}
_MEMBER = re.compile(r"<[\w.]+: ('[^']*')>")
"""How a member of an enumeration is shown where its word would do."""
_HERE = frozenset({"127.0.0.1", "localhost", "[::1]"})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Payout(_Body):
    payout: PriceSetting


class _Speed(_Body):
    speed: Annotated[float, Field(gt=0, le=100_000)]


class _ModeOf(_Body):
    venue: Literal[Venue.POLYMARKET, Venue.KALSHI]
    mode: Mode


class NotPossible(DutchbookError):
    """A request to the control endpoint that cannot be done; `status` is that of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Steering(msgspec.Struct, frozen=True):
    """What the endpoint may touch. `accounts` names the test accounts of each venue; `set_speed` moves time faster."""

    switchboard: Switchboard
    exchanges: Mapping[Venue, Exchange]
    clock: Clock
    catch_up: Callable[[], None]
    accounts: Mapping[Venue, Sequence[str]]
    speed: Callable[[], float]
    set_speed: Callable[[float], None]


class Control:
    """Serve `application()` on a loopback port of its own. What a web page elsewhere could send is refused."""

    def __init__(self, steering: Steering) -> None:
        self._steering = steering
        self._board = steering.switchboard

    def application(self) -> web.Application:
        """The endpoint."""
        app = web.Application(middlewares=[_guarded, self._present])
        app.add_routes(
            [
                web.get("/status", self._status),
                web.get("/accounts", self._accounts),
                web.get("/orders", self._orders),
                web.get("/faults", self._faults),
                web.post("/faults", self._turn_on),
                web.delete("/faults/{name}", self._turn_off),
                web.post("/markets/{id}/{action:pause|open|close|resolve}", self._market),
                web.post("/clock", self._clock),
                web.post("/mode", self._mode),
            ]
        )
        return app

    @web.middleware
    async def _present(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._steering.catch_up()
        answer = await handler(request)
        self._board.advance()
        return answer

    async def _status(self, _: web.Request) -> web.Response:
        steering = self._steering
        return _json({"time": steering.clock.now(), "speed": steering.speed(), "venues": self._venues()})

    def _venues(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for venue, exchange in self._steering.exchanges.items():
            statuses = [listing.market.status for listing in exchange.listings.values()]
            counts = {str(status): statuses.count(status) for status in MarketStatus}
            restart = self._board.announced(venue)
            found[venue] = {"mode": exchange.mode, "markets": counts, "restart": restart}
        return found

    async def _accounts(self, _: web.Request) -> web.Response:
        return _json({venue: self._accounts_of(venue) for venue in self._steering.exchanges})

    def _accounts_of(self, venue: Venue) -> list[dict[str, object]]:
        exchange = self._steering.exchanges[venue]
        rows: list[dict[str, object]] = []
        for name in self._steering.accounts.get(venue, ()):
            account = exchange.accounts[name]
            rows.append(
                {
                    "id": name,
                    "cash": dollars(account.cash()),
                    "free": dollars(account.free()),
                    "open_orders": len(exchange.open_orders(name)),
                    "holdings": dict(account.holdings),
                }
            )
        return rows

    async def _orders(self, _: web.Request) -> web.Response:
        exchanges = self._steering.exchanges
        return _json({venue: self._orders_of(exchange, venue) for venue, exchange in exchanges.items()})

    def _orders_of(self, exchange: Exchange, venue: Venue) -> list[dict[str, object]]:
        """Every order that the test accounts ever had taken, oldest first of each; `placed` is when it was."""
        return [
            {
                "id": order.new.id,
                "account": name,
                "outcome": order.new.outcome,
                "side": order.new.side,
                "state": order.state,
                "reason": order.reason,
                "placed": order.placed,
                "updated": order.updated,
            }
            for name in self._steering.accounts.get(venue, ())
            for order in exchange.orders_of(name)
        ]

    async def _faults(self, _: web.Request) -> web.Response:
        return _json(self._board.status())

    async def _turn_on(self, request: web.Request) -> web.Response:
        fault = _FAULT.validate_json(await request.read())
        self._board.turn_on(fault)
        return _json({"name": fault.name}, 201)

    async def _turn_off(self, request: web.Request) -> web.Response:
        self._board.turn_off(request.match_info["name"])
        return _json({})

    async def _market(self, request: web.Request) -> web.Response:
        market, action = MarketId(request.match_info["id"]), request.match_info["action"]
        exchange = next((each for each in self._steering.exchanges.values() if market in each.listings), None)
        if exchange is None:
            raise NotPossible(404, f"market {market!r} is listed at no venue - read its id from the venue's markets")
        if action == "resolve":
            exchange.resolve(market, _Payout.model_validate_json(await request.read()).payout)
        else:
            exchange.set_status(market, _STATUSES[action])
        return _json({"market": market, "status": exchange.listings[market].market.status})

    async def _clock(self, request: web.Request) -> web.Response:
        self._steering.set_speed(_Speed.model_validate_json(await request.read()).speed)
        return _json({"speed": self._steering.speed()})

    async def _mode(self, request: web.Request) -> web.Response:
        wanted = _ModeOf.model_validate_json(await request.read())
        exchange = self._steering.exchanges.get(wanted.venue)
        if exchange is None:
            raise NotPossible(404, f"{wanted.venue} is not part of this sandbox")
        exchange.set_mode(wanted.mode)
        return _json({"venue": wanted.venue, "mode": exchange.mode})


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers in JSON whatever is wrong; a page of another host can neither name this one nor send JSON to it."""
    try:
        _check_origin(request)
        return await handler(request)
    except NotPossible as error:
        return _json({"error": str(error)}, error.status)
    except UnknownFault as error:
        return _json({"error": str(error)}, 404)
    except (FaultNameTaken, Refused) as error:
        return _json({"error": str(error)}, 409)
    except ValidationError as error:
        return _json({"error": "; ".join(_problem(each["loc"], each["msg"]) for each in error.errors())}, 400)
    except web.HTTPException as error:
        return _json({"error": error.reason}, error.status)


def _check_origin(request: web.Request) -> None:
    if (request.host.rpartition(":")[0] or request.host) not in _HERE:
        raise NotPossible(403, f"host {request.host!r} is not this machine - call 127.0.0.1")
    if request.method == "POST" and request.content_type != "application/json":
        raise NotPossible(415, "not JSON - send it with the content type application/json")


def _problem(place: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, place)) or 'body'}: {_MEMBER.sub(r'\1', message)}"


def _json(what: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(what), content_type="application/json")
