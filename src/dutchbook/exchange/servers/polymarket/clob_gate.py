"""What stands before every CLOB endpoint: limits per peer, the engine's mode, the API key, limits per signer."""

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.venue_faults import Announcement
from dutchbook.exchange.rules import Mode
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import until
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth, Rights
from dutchbook.exchange.servers.polymarket.clob_errors import Problem
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.rate_limits import SignerBuckets, SlidingWindows, headers_of

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Endpoint = Callable[[web.Request], web.Response | Awaitable[web.Response]]
type KeyEndpoint = Callable[[web.Request, ApiKey, bytes], web.Response | Awaitable[web.Response]]


class Gate:
    """Wraps endpoints into handlers. Problems become answers here."""

    def __init__(self, exchange: Exchange, context: ServerContext, auth: PolymarketAuth, options: ClobOptions) -> None:
        self._exchange = exchange
        self._context = context
        self._auth = auth
        self._options = options
        self._windows = SlidingWindows(context.clock)
        self._buckets = SignerBuckets(context.clock, options.tiers)
        self._post_only_since: Nanos | None = None

    def open(self, groups: Sequence[str], endpoint: Endpoint) -> Handler:
        """An endpoint for everybody."""

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                await self._admit(request, groups)
                return await _done(endpoint(request))
            except Problem as problem:
                return problem.response()

        return handler

    def keyed(self, groups: Sequence[str], endpoint: KeyEndpoint) -> Handler:
        """An endpoint for the owner of an API key, read-only keys too."""

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                await self._admit(request, groups)
                body = await request.read()
                return await _done(endpoint(request, self._key(request, body), body))
            except Problem as problem:
                return problem.response()

        return handler

    def trading(self, groups: Sequence[str], endpoint: KeyEndpoint, *, cancels: bool) -> Handler:
        """An endpoint that orders or cancels: the engine's mode is asked first, read-only keys are refused.

        Post-only mode is asked by the endpoint, where each element of a batch gets its own answer.
        """

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                await self._admit(request, groups)
                body = await request.read()
                self._check_mode(cancels=cancels)
                key = _trader(self._key(request, body))
                return await _done(endpoint(request, key, body))
            except Problem as problem:
                return problem.response()

        return handler

    def charge(self, key: ApiKey, cost: int, *, cancels: bool) -> dict[str, str]:
        """Take tokens from a signer's bucket; headers for the answer. Raises Problem (429) where it is enforced."""
        enforced = self._options.enforce_signer_limits
        charge = self._buckets.charge(key.address, cost, cancels=cancels, enforced=enforced)
        headers = headers_of(charge, enforced=enforced)
        if charge.wait and enforced:
            retry = str(-(-charge.wait // SECOND))
            raise Problem(429, words.TOO_MANY_REQUESTS, headers={**headers, "Retry-After": retry})
        return headers

    def check_post_only(self, *, post_only: bool) -> None:
        """Raise Problem (503) for an order that would take, while only post-only orders are let in."""
        if self._exchange.mode is not Mode.POST_ONLY:
            return
        now = self._context.clock.now()
        if self._post_only_since is None:
            self._post_only_since = now
        if not post_only:
            restart = self._restart()
            ends = self._post_only_since + self._options.post_only_lasts if restart is None else restart.ends
            left = ends - now
            more = {"code": "post_only_mode", "retry_after_seconds": max(1, -(-left // SECOND))}
            raise Problem(503, words.POST_ONLY, more=more)

    def watch_mode(self) -> None:
        """Notice when post-only mode begins and ends."""
        if self._exchange.mode is not Mode.POST_ONLY:
            self._post_only_since = None
        elif self._post_only_since is None:
            self._post_only_since = self._context.clock.now()

    def _check_mode(self, *, cancels: bool) -> None:
        self.watch_mode()
        match self._exchange.mode:
            case Mode.RESTARTING:
                restart = self._restart()
                left = self._options.restart_retry if restart is None else restart.up - self._context.clock.now()
                retry = str(max(1, -(-left // SECOND)))
                raise Problem(425, words.RESTARTING, headers={"Retry-After": retry})
            case Mode.DISABLED:
                raise Problem(503, words.DISABLED)
            case Mode.CANCEL_ONLY if not cancels:
                raise Problem(503, words.CANCEL_ONLY)

    def _restart(self) -> Announcement | None:
        """The restart that is under way by a fault plan, which knows when it will be over."""
        told = self._context.switchboard.announced(self._context.venue)
        return told if told is not None and told.begins <= self._context.clock.now() else None

    def _key(self, request: web.Request, body: bytes) -> ApiKey:
        return self._auth.check(request.method, request.rel_url.raw_path, request.headers, body)

    async def _admit(self, request: web.Request, groups: Sequence[str]) -> None:
        if self._options.per_ip == "admit":
            return
        peer = request.remote or ""
        everything = ("everything", "clob", *groups)
        while wait := self._windows.wait(peer, everything):
            if self._options.per_ip == "refuse" or wait > self._options.longest_delay:
                retry = str(-(-wait // SECOND))
                raise Problem(429, words.TOO_MANY_REQUESTS, headers={"Retry-After": retry})
            await until(self._context, Nanos(self._context.clock.now() + wait))


def _trader(key: ApiKey) -> ApiKey:
    if key.rights is not Rights.TRADE:
        raise Problem(401, words.UNAUTHORISED)
    return key


async def _done(result: web.Response | Awaitable[web.Response]) -> web.Response:
    return result if isinstance(result, web.Response) else await result
