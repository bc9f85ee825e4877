"""The gate before every request: which hosts it answers for, who asks, and that a page of another site sent nothing."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.web.listening import Door
from dutchbook.interfaces.web.passwords import KEY_PREFIX
from dutchbook.interfaces.web.who import Doorman, How, Principal, Refused
from dutchbook.storage.roles import Role

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

PRINCIPAL = "dutchbook.principal"
"""Where a request's scope says who asks."""
LARGEST_BODY = 256 << 10
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SECRETS_IN_URLS = frozenset({"api_key", "apikey", "x-api-key", "key", "token", "access_token", "password"})
_OPEN = frozenset({"/sign-in", "/api/v1/session", "/api/v1/health", "/favicon.ico"})
"""What everybody sees who reaches the port: how to sign in, and whether it works."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not "no-referrer": browsers then send forms with the Origin "null", and the gate below wants ours.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_API_CSP = b"default-src 'none'; frame-ancestors 'none'"


class _Turned(Exception):
    """Not let through: the status and the line that the caller gets."""

    def __init__(self, status: int, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.headers = tuple(headers)


class Gate:
    """Wraps the whole application, its pages and sockets too."""

    def __init__(self, app: App, door: Door, doorman: Doorman) -> None:
        self._app = app
        self._door = door
        self._doorman = doorman

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, with who asks in its scope, or say why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        guarded = self._with_headers(scope, headers, send)
        try:
            _check_host(headers, self._door.names)
            _check_url(scope)
            principal = await self._who(scope, headers)
            _check_origin(scope, headers, principal)
            self._check_reading(scope, principal)
            _check_length(headers)
        except _Turned as turned:
            await _turn_away(scope, turned, guarded)
            return
        scope[PRINCIPAL] = principal
        await self._app(scope, _limited(scope, receive), guarded)

    async def _who(self, scope: Scope, headers: Mapping[str, str]) -> Principal:
        try:
            if key := headers.get("x-api-key"):
                return await self._doorman.by_key(key, _address(scope))
            nobody = Role.VIEWER if self._door.open_reading else None
            return self._doorman.by_session(_cookie(headers, self._door.cookie), nobody)
        except Refused as refused:
            if refused.wait_s:
                wait = str(round(refused.wait_s) + 1).encode()
                raise _Turned(429, str(refused), [(b"retry-after", wait)]) from refused
            raise _Turned(401, str(refused)) from refused
        except ConfigError as error:
            raise _Turned(503, str(error)) from error

    def _check_reading(self, scope: Scope, principal: Principal) -> None:
        path: str = scope["path"]
        if principal.role is not None or path in _OPEN:
            return
        if scope["type"] == "http" and not path.startswith(("/api/", "/_nicegui", "/openapi", "/metrics")):
            raise _Turned(303, "sign in first", [(b"location", b"/sign-in")])
        raise _Turned(401, "sign in first, or send a key as X-API-Key")

    def _with_headers(self, scope: Scope, headers: Mapping[str, str], send: Send) -> Send:
        api = scope["path"].startswith("/api/")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                added = [*_HEADERS, (b"content-security-policy", _API_CSP if api else _page_csp(headers))]
                if api:
                    added.append((b"cache-control", b"no-store"))
                if self._door.tls:
                    added.append((b"strict-transport-security", b"max-age=31536000"))
                message["headers"] = [*message["headers"], *(each for each in added if each[0] not in there)]
            await send(message)

        return guarded


def principal_of(scope: Scope) -> Principal:
    """Who asks, as the gate found out."""
    found: Principal = scope[PRINCIPAL]
    return found


def _check_host(headers: Mapping[str, str], names: frozenset[str]) -> None:
    """A page of a foreign name that leads here (DNS rebinding) calls us by that name."""
    name = _name(headers.get("host", ""))
    if name not in names:
        raise _Turned(421, f"this is not {name[:100] or 'a host without a name'} - add its name to web.names")


def _name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _check_url(scope: Scope) -> None:
    """What stands in a URL is kept in histories, logs and referrers."""
    query = scope.get("query_string", b"").decode("latin-1")
    for name, value in parse_qsl(query):
        if name.lower() in _SECRETS_IN_URLS or value.startswith(f"{KEY_PREFIX}_"):
            raise _Turned(400, "keys and passwords do not belong in a URL - send the header X-API-Key")


def _check_origin(scope: Scope, headers: Mapping[str, str], principal: Principal) -> None:
    """Whatever changes something, and every socket, comes from a page of ours, or from a program with a key."""
    if scope["type"] == "http" and scope["method"] in _SAFE:
        return
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if principal.how is How.KEY and origin is None and site is None:
        return
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    if origin != f"{scheme}://{headers.get('host')}":
        raise _Turned(403, "not from a page of this desk: the Origin is missing or another")
    if scope["type"] == "http" and site != "same-origin":
        raise _Turned(403, "not from a page of this desk: Sec-Fetch-Site is missing or another")


def _check_length(headers: Mapping[str, str]) -> None:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length[:20]) > LARGEST_BODY:
        raise _Turned(413, f"longer than {LARGEST_BODY} bytes - nothing here takes that much")


def _limited(scope: Scope, receive: Receive) -> Receive:
    """Bodies without a length are counted as they come."""
    if scope["type"] != "http":
        return receive
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > LARGEST_BODY else message

    return limited


async def _turn_away(scope: Scope, turned: _Turned, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": str(turned)[:100]})
        return
    body = msgspec.json.encode({"error": str(turned)})
    start = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *turned.headers]
    await send({"type": "http.response.start", "status": turned.status, "headers": start})
    await send({"type": "http.response.body", "body": body})


def _page_csp(headers: Mapping[str, str]) -> bytes:
    """NiceGUI compiles its templates in the browser, hence `unsafe-eval`; nothing comes from another host."""
    host = headers.get("host", "")
    return (
        "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://{host} wss://{host}; "
        "worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
    ).encode("latin-1", "ignore")


def _cookie(headers: Mapping[str, str], name: str) -> str | None:
    for part in headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
