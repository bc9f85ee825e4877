"""Token operations on their way: through a node for an address of its own, through the relayer for wallets."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar, web

from dutchbook.domain.errors import VenueRefused, WireError
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Size
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket.auth import l2_signature
from dutchbook.venues.budget import Budget
from dutchbook.venues.http import HttpReader, Patience
from dutchbook.venues.polymarket.credentials import Credentials
from dutchbook.venues.polymarket.json_rpc import NodeRefused, PolygonNode
from dutchbook.venues.polymarket.keccak import keccak
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.operation_signing import OperationDenied, OperationSigner
from dutchbook.venues.polymarket.operations import OperationState, Outcome, Sent, Unanswered
from dutchbook.venues.polymarket.own_transactions import OwnTransactions
from dutchbook.venues.polymarket.relayer import LIMITS as LIMITS_OF_RELAYER
from dutchbook.venues.polymarket.relayer import SUBMIT, BuilderKey, Relayer, RelayerKey, RelayerLine
from dutchbook.venues.polymarket.token_operations import Call, merge, split
from tests.venues.live.desk_side import surroundings
from tests.venues.live.virtual_time import VirtualTime
from tests.venues.polymarket.trading.orders import ADDRESS, KEY, NOW, account, market

SIZE = Size(10 * CONTRACT)
SPLIT, MERGE = split(market(), SIZE), merge(market(), SIZE)
SAFE, WALLET = "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8", "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f"
PROXY = "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3"
GWEI = 10**9
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # noqa: S105 - of the published vector
BUILDER = Credentials(key="builder", secret=SECRET, passphrase="words")  # noqa: S106


class FakeNode:
    """Answers like a node of Polygon."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "eth_chainId": "0x89",
            "eth_getTransactionCount": "0x7",
            "eth_maxPriorityFeePerGas": hex(30 * GWEI),
            "eth_getBlockByNumber": {"baseFeePerGas": hex(25 * GWEI)},
            "eth_estimateGas": hex(100_000),
            "eth_getTransactionReceipt": None,
        }
        self.sent: list[bytes] = []

    async def serve(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked["method"] == "eth_sendRawTransaction" and "eth_sendRawTransaction" not in self.answers:
            self.sent.append(bytes.fromhex(asked["params"][0][2:]))
            return web.json_response({"result": "0x" + keccak(self.sent[-1]).hex()})
        answer = self.answers[asked["method"]]
        if isinstance(answer, Exception):
            return web.json_response({"error": {"code": -32_000, "message": str(answer)}})
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": answer})


class FakeRelayer:
    """Answers like the relayer, and keeps what it was asked."""

    def __init__(self) -> None:
        self.nonce = "3"
        self.state: dict[str, Any] = {"state": "STATE_NEW", "transaction_hash": "", "transaction_id": "t-1"}
        self.refusal: tuple[int, str] | None = None
        self.submitted: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.asked: list[str] = []

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        self.headers.append(dict(request.headers))
        self.bodies.append(await request.read())
        if request.path == "/submit":
            self.submitted.append(json.loads(self.bodies[-1]))
            if self.refusal:
                return web.json_response({"error": self.refusal[1]}, status=self.refusal[0])
            return web.json_response({"transactionID": "t-1", "transactionHash": "", "state": "STATE_NEW"})
        if request.path.startswith("/v1/account/transactions/t-"):
            return web.json_response(self.state)
        return web.json_response({"address": "0x" + "ee" * 20, "nonce": self.nonce})


@asynccontextmanager
async def served(handler: Callable[[web.Request], Any]) -> AsyncIterator[tuple[str, ClientSession, VirtualTime]]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = await serve_http(app, "127.0.0.1", 0)
    try:
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            yield f"http://127.0.0.1:{server.port}", session, VirtualTime(NOW)
    finally:
        await server.close()


@asynccontextmanager
async def node(fake: FakeNode) -> AsyncIterator[PolygonNode]:
    async with served(fake.serve) as (url, session, time):
        budget, around = Budget(LIMITS, time, time.sleep), surroundings(time)
        yield PolygonNode(HttpReader(url, session, budget, around, patience=Patience(tries=1)), "/rpc/path")


@asynccontextmanager
async def relaying(
    fake: FakeRelayer, funder: str, key: RelayerKey | BuilderKey | None = None
) -> AsyncIterator[Relayer]:
    async with served(fake.serve) as (url, session, time):
        found = key or RelayerKey("relayer-key", ADDRESS)
        line = RelayerLine(session, surroundings(time), found.headers, url)
        yield Relayer(line, OperationSigner(KEY, account(funder=funder)))


async def test_an_address_of_its_own_sends_what_it_estimated_and_follows_it() -> None:
    fake = FakeNode()
    async with node(fake) as polygon:
        signer = OperationSigner(KEY, account())
        operator = OwnTransactions(polygon, signer)
        sent = await operator.send([SPLIT], "a note", NOW)
        [raw] = fake.sent
        assert raw[0] == 2
        assert sent == Sent("0x" + keccak(raw).hex(), "0x" + keccak(raw).hex())
        assert SPLIT.data in raw
        assert (120_000).to_bytes(3, "big") in raw
        assert (80 * GWEI).to_bytes(5, "big") in raw
        assert await operator.outcome(sent) == Outcome(OperationState.SENT, sent.id)
        block = {"blockNumber": "0x10", "gasUsed": "0x5208", "effectiveGasPrice": hex(30 * GWEI)}
        fake.answers["eth_getTransactionReceipt"] = {**block, "status": "0x1", "logs": []}
        assert await operator.outcome(sent) == Outcome(OperationState.DONE, sent.id)
        fake.answers["eth_getTransactionReceipt"] = {**block, "status": "0x0"}
        failed = await operator.outcome(sent)
        assert (failed.state, failed.why) == (OperationState.FAILED, "the contract refused it")


@pytest.mark.parametrize(
    ("method", "answer", "why"),
    [
        ("eth_chainId", "0x1", "the node serves chain 1, not Polygon"),
        ("eth_estimateGas", ValueError("execution reverted: no allowance"), "the call would fail, so it was not sent"),
        ("eth_getBlockByNumber", {"baseFeePerGas": hex(400 * GWEI)}, "above the signer's cap"),
        ("eth_estimateGas", hex(2_000_000), "above the signer's cap"),
    ],
)
async def test_what_would_fail_or_cost_too_much_is_not_sent(method: str, answer: Any, why: str) -> None:
    fake = FakeNode()
    fake.answers[method] = answer
    async with node(fake) as polygon:
        with pytest.raises(OperationDenied, match=why):
            await OwnTransactions(polygon, OperationSigner(KEY, account())).send([SPLIT], "", NOW)
    assert fake.sent == []


async def test_an_address_of_its_own_does_one_allowed_thing_at_a_time() -> None:
    fake = FakeNode()
    async with node(fake) as polygon:
        operator = OwnTransactions(polygon, OperationSigner(KEY, account()))
        with pytest.raises(OperationDenied, match="one call at a time, not 2"):
            await operator.send([SPLIT, MERGE], "", NOW)
        with pytest.raises(OperationDenied, match="no token operation"):
            await operator.send([Call(SPLIT.to, b"\x00" * 4)], "", NOW)
        with pytest.raises(OperationDenied, match="is a wallet"):
            OwnTransactions(polygon, OperationSigner(KEY, account(funder=SAFE)))
    assert fake.sent == []


async def test_a_node_that_has_the_transaction_already_has_taken_it() -> None:
    fake = FakeNode()
    async with node(fake) as polygon:
        fake.answers["eth_sendRawTransaction"] = ValueError("already known")
        raw = b"\x02raw"
        assert await polygon.send(raw) == "0x" + keccak(raw).hex()
        fake.answers["eth_sendRawTransaction"] = ValueError("nonce too low")
        with pytest.raises(NodeRefused, match="nonce too low"):
            await polygon.send(raw)
        fake.answers["eth_sendRawTransaction"] = "0x12"
        with pytest.raises(WireError, match="does not name"):
            await polygon.send(raw)


@pytest.mark.parametrize("answer", [None, "89", "0xzz", 137, {"a": 1}])
async def test_a_number_that_is_none_is_no_answer(answer: Any) -> None:
    fake = FakeNode()
    fake.answers["eth_chainId"] = answer
    async with node(fake) as polygon:
        with pytest.raises(WireError, match="number is none"):
            await polygon.chain()


async def test_a_receipt_that_says_too_little_is_no_receipt() -> None:
    fake = FakeNode()
    fake.answers["eth_getTransactionReceipt"] = {"status": "0x1"}
    async with node(fake) as polygon:
        with pytest.raises(WireError, match="no receipt"):
            await polygon.receipt("0x12")


@pytest.mark.parametrize(
    ("funder", "kind", "asked"),
    [
        (WALLET, "WALLET", f"/v1/account/transactions/params?address={ADDRESS}&type=WALLET"),
        (SAFE, "SAFE", f"/v1/account/transactions/params?address={ADDRESS}&type=SAFE"),
        (PROXY, "PROXY", f"/relay-payload?address={ADDRESS}&type=PROXY"),
    ],
)
async def test_a_wallet_submits_with_its_next_nonce(funder: str, kind: str, asked: str) -> None:
    fake = FakeRelayer()
    async with relaying(fake, funder) as operator:
        sent = await operator.send([SPLIT, MERGE], "a note", NOW)
    assert sent == Sent("t-1")
    assert fake.asked == [asked, "/submit"]
    [payload] = fake.submitted
    assert (payload["type"], payload["nonce"], payload["metadata"]) == (kind, "3", "a note")
    assert all(said["RELAYER_API_KEY"] == "relayer-key" for said in fake.headers)
    if kind == "WALLET":
        assert payload["depositWalletParams"]["deadline"] == str(NOW // SECOND + 600)


async def test_a_builder_signs_each_request_and_its_body() -> None:
    fake = FakeRelayer()
    async with relaying(fake, WALLET, BuilderKey(BUILDER)) as operator:
        await operator.send([SPLIT], "", NOW)
    for said, body, (method, path) in zip(
        fake.headers, fake.bodies, (("GET", "/v1/account/transactions/params"), ("POST", "/submit")), strict=True
    ):
        timestamp = said["POLY_BUILDER_TIMESTAMP"]
        assert said["POLY_BUILDER_SIGNATURE"] == l2_signature(SECRET, timestamp, method, path, body)
        assert (said["POLY_BUILDER_API_KEY"], said["POLY_BUILDER_PASSPHRASE"]) == ("builder", "words")
        assert "POLY_ADDRESS" not in said


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        ({"state": "STATE_NEW"}, OperationState.SENT, ""),
        ({"state": "STATE_EXECUTED"}, OperationState.SENT, ""),
        ({"state": "STATE_MINED"}, OperationState.MINED, ""),
        ({"state": "STATE_CONFIRMED"}, OperationState.DONE, ""),
        ({"state": "STATE_FAILED", "error_msg": "reverted"}, OperationState.FAILED, "reverted"),
        ({"state": "STATE_INVALID"}, OperationState.FAILED, "STATE_INVALID"),
    ],
)
async def test_what_became_of_it_is_followed(said: dict[str, str], state: OperationState, why: str) -> None:
    fake = FakeRelayer()
    fake.state = {"transaction_id": "t-1", "transaction_hash": "0xab", **said}
    async with relaying(fake, SAFE) as operator:
        assert await operator.outcome(Sent("t-1")) == Outcome(state, "0xab", why)


async def test_a_state_or_nonce_that_nobody_knows_is_no_answer() -> None:
    fake = FakeRelayer()
    fake.state["state"] = "STATE_DREAMING"
    fake.nonce = "-1"
    async with relaying(fake, SAFE) as operator:
        with pytest.raises(WireError, match="is unknown"):
            await operator.outcome(Sent("t-1"))
        with pytest.raises(WireError, match="nonce is no number"):
            await operator.send([SPLIT], "", NOW)
    assert fake.submitted == []


@pytest.mark.parametrize("status", [400, 503])
async def test_a_submission_is_never_repeated(status: int) -> None:
    fake = FakeRelayer()
    fake.refusal = (status, "wallet has in-flight action")
    async with relaying(fake, WALLET) as operator:
        with pytest.raises(VenueRefused if status == 400 else Unanswered, match="in-flight action"):
            await operator.send([SPLIT], "", Nanos(NOW))
    assert len(fake.submitted) == 1


async def test_what_the_relayer_is_not_for_is_refused() -> None:
    fake = FakeRelayer()
    async with relaying(fake, SAFE) as operator:
        with pytest.raises(OperationDenied, match="the note has 501 letters"):
            await operator.send([SPLIT], "x" * 501, NOW)
        with pytest.raises(OperationDenied, match="no token operation"):
            await operator.send([Call(SPLIT.to, b"\x00" * 4)], "", NOW)
        with pytest.raises(OperationDenied, match="sends transactions of its own"):
            Relayer(operator._line, OperationSigner(KEY, account()))
    assert fake.submitted == []
    assert "relayer-key" not in repr(RelayerKey("relayer-key", ADDRESS))


def test_submissions_keep_to_the_published_limit() -> None:
    """25 in any minute: a full bucket and its refill together stay below."""
    limit = LIMITS_OF_RELAYER[SUBMIT]
    most = limit.capacity + 60 * limit.refill
    assert most <= 25 * 60
