"""Making, listing and deleting API keys (sections 1.5 and 2.2)."""

import msgspec
from aiohttp import web

from dutchbook.domain.units import Nanos
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth, Rights
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_json import read
from dutchbook.exchange.servers.polymarket.clob_market_rows import iso


class _Named(msgspec.Struct, frozen=True):
    key: str


_named = msgspec.json.Decoder(_Named)


class Keys:
    """The `/auth/...` endpoints."""

    def __init__(self, auth: PolymarketAuth) -> None:
        self._auth = auth

    def create(self, request: web.Request) -> web.Response:
        """`POST /auth/api-key`, signed by the wallet's key (level 1)."""
        return answer(_credentials(self._auth.create(*self._auth.login(request.headers))))

    def derive(self, request: web.Request) -> web.Response:
        """`GET /auth/derive-api-key` (level 1)."""
        return answer(_credentials(self._auth.derive(*self._auth.login(request.headers))))

    def listed(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /auth/api-keys`."""
        return answer({"apiKeys": [one.id for one in self._auth.keys_of(key.address, Rights.TRADE)]})

    def delete(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`DELETE /auth/api-key`: the key that signed this."""
        self._auth.delete(key)
        return answer("OK")

    def create_readonly(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`POST /auth/readonly-api-key`: it reads like its maker and may neither order nor cancel."""
        return answer(_credentials(self._auth.add(_owner(key), Rights.READ)))

    def readonly(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /auth/readonly-api-keys`."""
        return answer({"readonlyApiKeys": [one.id for one in self._auth.keys_of(key.address, Rights.READ)]})

    def delete_readonly(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`DELETE /auth/readonly-api-key` with `{"key": id}`."""
        named = read(_named, body)
        owner = _owner(key)
        found = next((one for one in self._auth.keys_of(owner, Rights.READ) if one.id == named.key), None)
        if found is None:
            raise Problem(404, "api key not found")
        self._auth.delete(found)
        return answer("OK")

    def create_builder(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`POST /auth/builder-api-key`."""
        made = self._auth.add(_owner(key), Rights.BUILDER)
        return answer({"key": made.id, "secret": made.secret, "passphrase": made.passphrase})

    def builders(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /auth/builder-api-key`: living and revoked ones."""
        living = [_builder(one, None) for one in self._auth.keys_of(key.address, Rights.BUILDER)]
        revoked = [_builder(one, at) for one, at in self._auth.revoked_of(key.address, Rights.BUILDER)]
        return answer(living + revoked)

    async def revoke_builder(self, request: web.Request) -> web.Response:
        """`DELETE /auth/builder-api-key`: signed by that key, or by an API key of its owner (the newest)."""
        body, path = await request.read(), request.rel_url.raw_path
        if "POLY_BUILDER_API_KEY" in request.headers:
            self._auth.delete(self._auth.check_builder(request.method, path, request.headers, body))
            return answer("OK")
        owner = _owner(self._auth.check(request.method, path, request.headers, body))
        found = self._auth.keys_of(owner, Rights.BUILDER)
        if not found:
            raise Problem(404, "builder api key not found")
        self._auth.delete(found[-1])
        return answer("OK")


def _owner(key: ApiKey) -> str:
    """The address behind a key that may make and delete others. Raises Problem (401) for a read-only one."""
    if key.rights is not Rights.TRADE:
        raise Problem(401, words.UNAUTHORISED)
    return key.address


def _credentials(key: ApiKey) -> dict[str, str]:
    return {"apiKey": key.id, "secret": key.secret, "passphrase": key.passphrase}


def _builder(key: ApiKey, revoked: Nanos | None) -> dict[str, str | None]:
    return {"key": key.id, "createdAt": iso(key.created), "revokedAt": iso(revoked)}
