"""The gasless relayer: it sends what the owners of wallets signed (protocol section 8).

Who may ask: a relayer's key that was registered, or a builder's. A wallet's nonce moves when a submission is taken.
Not known of the venue, and assumed: how long each state lasts, that a wallet's next submission must carry its next
nonce, and the words of refusals. A deadline is signed and not enforced: clients with a real clock can use a sandbox
whose time runs faster.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from dutchbook.domain.units import MINUTE, SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import application
from dutchbook.exchange.servers.polymarket.auth import PolymarketAuth
from dutchbook.exchange.servers.polymarket.chain_calls import Reverted, TokenCall, TokenContracts
from dutchbook.exchange.servers.polymarket.clob_errors import Problem
from dutchbook.exchange.servers.polymarket.identifiers import named_uuid, operation_hash
from dutchbook.exchange.servers.polymarket.relayer_requests import RELAY, BadRequest, Submission, submission_of
from dutchbook.exchange.servers.polymarket.signing import address_of
from dutchbook.exchange.servers.polymarket.wallets import SignatureType
from dutchbook.exchange.servers.timers import Timers

_KINDS = {"PROXY": SignatureType.PROXY, "SAFE": SignatureType.SAFE, "WALLET": SignatureType.DEPOSIT_WALLET}
_MOST_A_MINUTE = 25
_decode = msgspec.json.Decoder(dict[str, Any]).decode

type _Answer = Callable[[web.Request, bytes], dict[str, str]]


class RelayerTimes(msgspec.Struct, frozen=True):
    """How long after it was taken a submission is executed, mined, and confirmed."""

    executed: Nanos = Nanos(SECOND)
    mined: Nanos = Nanos(3 * SECOND)
    confirmed: Nanos = Nanos(6 * SECOND)


class _Row(msgspec.Struct):
    id: str
    submission: Submission
    state: str = "STATE_NEW"
    transaction: str = ""
    why: str = ""


class PolymarketRelayer:
    """The relayer of one exchange. `register` makes a key known."""

    def __init__(
        self, exchange: Exchange, context: ServerContext, auth: PolymarketAuth, times: RelayerTimes | None = None
    ) -> None:
        self._exchange = exchange
        self._contracts = TokenContracts(exchange)
        self._context = context
        self._auth = auth
        self._times = times or RelayerTimes()
        self._timers = Timers(context)
        self._keys: dict[str, str] = {}
        self._nonces: dict[str, int] = {}
        self._rows: dict[str, _Row] = {}
        self._taken: list[Nanos] = []

    def register(self, key: str, address: str) -> None:
        """A relayer's key of an address."""
        self._keys[key] = address.lower()

    def advance(self) -> None:
        """Do what is due by the clock."""
        self._timers.release()

    def application(self) -> web.Application:
        """All endpoints."""
        app = application(self._context, "relayer")
        app.router.add_get("/v1/account/transactions/params", self._keyed(self._params))
        app.router.add_get("/relay-payload", self._keyed(self._params))
        app.router.add_get("/v1/account/transactions/{id}", self._keyed(self._row))
        app.router.add_post("/submit", self._keyed(self._submit))
        app.on_shutdown.append(self._close)
        return app

    def _keyed(self, answer: _Answer) -> Handler:
        async def keyed(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            try:
                self._check_key(request, body)
                return web.json_response(answer(request, body))
            except Problem as problem:
                return web.json_response({"error": str(problem)}, status=problem.status)
            except BadRequest as bad:
                return web.json_response({"error": str(bad)}, status=400)

        return keyed

    def _check_key(self, request: web.Request, body: bytes) -> None:
        headers = request.headers
        if "POLY_BUILDER_API_KEY" in headers:
            self._auth.check_builder(request.method, request.rel_url.raw_path, headers, body)
            return
        known = self._keys.get(headers.get("RELAYER_API_KEY", ""))
        if known is None or known != headers.get("RELAYER_API_KEY_ADDRESS", "").lower():
            raise Problem(401, "invalid authorization")

    def _params(self, request: web.Request, _body: bytes) -> dict[str, str]:
        try:
            owner, kind = address_of(request.query["address"]), _KINDS[request.query["type"]]
        except (KeyError, ValueError) as error:
            raise BadRequest("invalid address or type") from error
        wallet = self._auth.wallets.of_kind(owner, kind, self._exchange.accounts)
        signer = RELAY if kind is SignatureType.PROXY else owner
        return {"address": signer, "nonce": str(self._nonces.get(wallet, 0))}

    def _row(self, request: web.Request, _body: bytes) -> dict[str, str]:
        row = self._rows.get(request.match_info["id"])
        if row is None:
            raise Problem(404, "transaction not found")
        return {
            "transaction_id": row.id,
            "transaction_hash": row.transaction,
            "state": row.state,
            "error_msg": row.why,
            "from": row.submission.owner,
            "nonce": str(row.submission.nonce),
        }

    def _submit(self, _request: web.Request, body: bytes) -> dict[str, str]:
        self._check_rate()
        try:
            said = _decode(body)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise BadRequest("invalid payload") from error
        asked = submission_of(said)
        if self._auth.wallets.kind(asked.owner, asked.wallet) is not asked.kind:
            raise BadRequest("the wallet is not of this owner")
        if asked.nonce != self._nonces.get(asked.wallet, 0):
            raise BadRequest(f"invalid nonce: {asked.nonce}, expected {self._nonces.get(asked.wallet, 0)}")
        self._nonces[asked.wallet] = asked.nonce + 1
        row = _Row(named_uuid(f"relayer/{asked.wallet}/{asked.nonce}"), asked)
        self._rows[row.id] = row
        now, times = self._context.clock.now(), self._times
        self._timers.at(Nanos(now + times.executed), lambda: self._execute(row))
        self._timers.at(Nanos(now + times.mined), lambda: self._mine(row))
        self._timers.at(Nanos(now + times.confirmed), lambda: self._confirm(row))
        return {"transactionID": row.id, "transactionHash": "", "state": row.state}

    def _check_rate(self) -> None:
        now = self._context.clock.now()
        self._taken = [at for at in self._taken if now - at < MINUTE]
        if len(self._taken) >= _MOST_A_MINUTE:
            raise Problem(429, "too many requests")
        self._taken.append(now)

    def _execute(self, row: _Row) -> None:
        """Broadcast it, if it would do anything now."""
        try:
            self._contracts.check(row.submission.wallet, self._calls(row))
        except Reverted as reverted:
            row.state, row.why = "STATE_INVALID", str(reverted)
            return
        row.state = "STATE_EXECUTED"
        row.transaction = operation_hash(row.submission.wallet, row.submission.nonce)

    def _mine(self, row: _Row) -> None:
        if row.state != "STATE_EXECUTED":
            return
        try:
            self._contracts.do(row.submission.wallet, self._calls(row))
            row.state = "STATE_MINED"
        except Reverted as reverted:
            row.state, row.why = "STATE_FAILED", str(reverted)

    def _confirm(self, row: _Row) -> None:
        if row.state == "STATE_MINED":
            row.state = "STATE_CONFIRMED"

    def _calls(self, row: _Row) -> tuple[TokenCall, ...]:
        return tuple(self._contracts.read(one.to, one.data) for one in row.submission.calls)

    async def _close(self, _app: web.Application) -> None:
        self._timers.close()
