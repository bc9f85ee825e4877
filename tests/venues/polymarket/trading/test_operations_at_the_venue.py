"""Our token operations at the simulated chain and relayer: signed here, taken apart and done there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar

from dutchbook.domain.errors import VenueRefused
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.living.conditions import neg_risk_condition
from dutchbook.exchange.rules import POLYMARKET
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket.auth import PolymarketAuth
from dutchbook.exchange.servers.polymarket.chain import PolygonChain
from dutchbook.exchange.servers.polymarket.gamma_wire import neg_risk_id
from dutchbook.exchange.servers.polymarket.relayer import PolymarketRelayer
from dutchbook.exchange.servers.polymarket.wallets import SignatureType as VenueKind
from dutchbook.venues.budget import Budget
from dutchbook.venues.http import HttpReader, Patience
from dutchbook.venues.polymarket.account import PolymarketAccount
from dutchbook.venues.polymarket.json_rpc import NodeRefused, PolygonNode
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.operation_signing import Gas, OperationDenied, OperationSigner
from dutchbook.venues.polymarket.operations import OperationState, Operator, Sent
from dutchbook.venues.polymarket.own_transactions import OwnTransactions
from dutchbook.venues.polymarket.relayer import Relayer, RelayerKey, RelayerLine, safe_payload, wallet_payload
from dutchbook.venues.polymarket.token_operations import Call, convert, merge, redeem, split
from tests.exchange.servers.polymarket.clob_stage import START, Clock
from tests.venues.live.desk_side import surroundings
from tests.venues.live.virtual_time import VirtualTime
from tests.venues.polymarket.trading.orders import ADDRESS, KEY, account

PROXY, SAFE = "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3", "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8"
WALLET = "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f"
FUNDERS = ("", PROXY, SAFE, WALLET)
WHO = QuestionId("who")
PLAIN = MarketId("0x" + "5f" * 32)
V3 = MarketId("0x01" + "ab" * 30)
NEG = tuple(neg_risk_condition(WHO, place) for place in range(3))
TEN = Size(10 * CONTRACT)
GWEI = 10**9


class Place:
    """An exchange with a chain and a relayer before it, and an account of ours with a thousand dollars."""

    def __init__(self, funder: str) -> None:
        self.clock = Clock()
        self.exchange = Exchange(POLYMARKET, self.clock, Random(5))
        context = ServerContext(
            venue=Venue.POLYMARKET,
            clock=self.clock,
            switchboard=Switchboard(FaultPlan(), Random(1), self.clock),
            rng=Random(7),
            catch_up=self.catch_up,
        )
        self.auth = PolymarketAuth(self.clock, Random(3), accounts=self.exchange.accounts)
        self.chain = PolygonChain(self.exchange, context)
        self.relayer = PolymarketRelayer(self.exchange, context, self.auth)
        self.mine: PolymarketAccount = account(funder=funder)
        self.name = self.mine.funder.lower()
        self.auth.register(self.mine.address, self.mine.funder, VenueKind(self.mine.signature_type))
        self.relayer.register("a-key", self.mine.address)
        self.exchange.open_account(self.name, Money(1_000 * DOLLAR))
        self.markets = {name: _market(number, name) for number, name in enumerate((PLAIN, V3, *NEG))}
        question = Question(id=WHO, venue=Venue.POLYMARKET, title="Who?", markets=NEG, exclusive=True, convertible=True)
        self.question = QuestionListing(question=question, slug="who", number="1", created=START)
        self.exchange.add_question(self.question)
        for market in self.markets.values():
            generation = 3 if market.id == V3 else 2
            listing = Listing(market=market, slug=market.id, number=market.id, created=START, generation=generation)
            self.exchange.add_market(listing)
        self.line: RelayerLine | None = None
        self.node: PolygonNode | None = None

    def catch_up(self) -> None:
        self.exchange.advance()
        self.chain.advance()
        self.relayer.advance()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Operator]:
        """Whoever sends for an account of this kind."""
        chain = await serve_http(self.chain.application(), "127.0.0.1", 0)
        relayer = await serve_http(self.relayer.application(), "127.0.0.1", 0)
        time = VirtualTime(self.clock.now())
        around, signer = surroundings(time), OperationSigner(KEY, self.mine)
        try:
            async with ClientSession(cookie_jar=DummyCookieJar()) as session:
                key = RelayerKey("a-key", self.mine.address)
                self.line = RelayerLine(session, around, key.headers, f"http://127.0.0.1:{relayer.port}")
                budget = Budget(LIMITS, time, time.sleep)
                reader = HttpReader(
                    f"http://127.0.0.1:{chain.port}", session, budget, around, patience=Patience(tries=1)
                )
                self.node = PolygonNode(reader, "/rpc")
                own = self.mine.funder == self.mine.address
                yield OwnTransactions(self.node, signer) if own else Relayer(self.line, signer)
        finally:
            await chain.close()
            await relayer.close()

    async def done(self, operator: Operator, *calls: Call) -> Sent:
        """Send calls one after the other, or together where a wallet can, and wait for their end."""
        together = [calls] if not isinstance(operator, OwnTransactions) else [(call,) for call in calls]
        for each in together:
            sent = await operator.send(each, "a note", self.clock.now())
            assert (await operator.outcome(sent)).state is OperationState.SENT
            self.clock.later(10)
            assert (await operator.outcome(sent)).state is OperationState.DONE
        return sent

    def held(self, market: MarketId) -> tuple[int, int]:
        mine, listed = self.exchange.accounts[self.name], self.markets[market]
        return mine.held(listed.yes) // CONTRACT, mine.held(listed.no) // CONTRACT

    @property
    def cash(self) -> int:
        return self.exchange.accounts[self.name].cash()


def _market(number: int, name: MarketId) -> Market:
    module = 1 << 248 | 7 << 120 if name == V3 else 10**76 + 10**60 + 10 * number
    return Market(
        id=name,
        venue=Venue.POLYMARKET,
        question=WHO,
        title="Is it?",
        yes=OutcomeId(str(module)),
        no=OutcomeId(str(module + 1)),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5 * CONTRACT),
        min_notional=DOLLAR,
        fees=NoFees(),
        opens=START,
        closes=Nanos(START + 30 * 86_400 * SECOND),
        neg_risk=name in NEG,
    )


@pytest.mark.parametrize("funder", FUNDERS)
@pytest.mark.parametrize("market", [PLAIN, V3, NEG[1]])
async def test_sets_are_split_merged_and_what_won_is_redeemed(funder: str, market: MarketId) -> None:
    place = Place(funder)
    async with place.served() as operator:
        listed = place.markets[market]
        await place.done(operator, split(listed, TEN))
        assert (place.held(market), place.cash) == ((10, 10), 990 * DOLLAR)
        await place.done(operator, merge(listed, Size(4 * CONTRACT)))
        assert (place.held(market), place.cash) == ((6, 6), 994 * DOLLAR)
        place.exchange.resolve(market, ONE)
        await place.done(operator, *redeem(listed, Size(6 * CONTRACT), Size(6 * CONTRACT)))
        assert (place.held(market), place.cash) == ((0, 0), 1_000 * DOLLAR)


@pytest.mark.parametrize("funder", FUNDERS)
async def test_no_of_two_markets_becomes_yes_of_the_third_and_a_dollar(funder: str) -> None:
    place = Place(funder)
    async with place.served() as operator:
        for market in (NEG[0], NEG[2]):
            await place.done(operator, split(place.markets[market], TEN))
        await place.done(operator, convert(neg_risk_id(place.question), (NEG[0], NEG[2]), TEN))
        assert [place.held(market) for market in NEG] == [(10, 0), (10, 0), (10, 0)]
        assert place.cash == 990 * DOLLAR


@pytest.mark.parametrize("funder", FUNDERS)
async def test_what_cannot_be_done_changes_nothing_and_says_why(funder: str) -> None:
    place = Place(funder)
    async with place.served() as operator:
        plain = place.markets[PLAIN]
        tries = {
            "amount exceeds balance": split(plain, Size(1_001 * CONTRACT)),
            "subtraction overflow": merge(plain, TEN),
            "not received yet": redeem(plain, TEN, Size(0))[0],
        }
        for why, call in tries.items():
            if isinstance(operator, OwnTransactions):
                with pytest.raises(OperationDenied, match=why):
                    await operator.send((call,), "", place.clock.now())
                continue
            sent = await operator.send((call,), "", place.clock.now())
            place.clock.later(10)
            found = await operator.outcome(sent)
            assert (found.state, why in found.why) == (OperationState.FAILED, True)
        assert place.cash == 1_000 * DOLLAR


async def test_a_transaction_that_fails_in_its_block_is_told_by_its_receipt() -> None:
    place = Place("")
    async with place.served() as operator:
        sent = await operator.send((split(place.markets[PLAIN], Size(900 * CONTRACT)),), "", place.clock.now())
        place.exchange.withdraw(place.name, Money(500 * DOLLAR))
        place.clock.later(3)
        found = await operator.outcome(sent)
        assert (found.state, place.cash) == (OperationState.FAILED, 500 * DOLLAR)


async def test_the_chain_takes_each_nonce_once_and_nothing_signed_wrongly() -> None:
    place = Place("")
    async with place.served():
        node, signer, call = place.node, OperationSigner(KEY, place.mine), split(place.markets[PLAIN], TEN)
        assert node is not None
        gas = Gas(limit=250_000, max_fee=80 * GWEI, tip=30 * GWEI)
        raw = signer.transaction(call, 0, gas)
        await node.send(raw)
        assert await node.nonce(ADDRESS) == 1
        await node.send(raw)  # known already: the same transaction
        with pytest.raises(NodeRefused, match="nonce too low"):
            await node.send(signer.transaction(merge(place.markets[PLAIN], TEN), 0, gas))
        with pytest.raises(NodeRefused, match="nonce too high"):
            await node.send(signer.transaction(call, 2, gas))
        with pytest.raises(NodeRefused, match="underpriced"):
            await node.send(signer.transaction(call, 1, Gas(limit=250_000, max_fee=40 * GWEI, tip=30 * GWEI)))
        for broken in (raw[:-1], b"\x01" + raw[1:], raw + b"\x00", b"\x02\xc0"):
            with pytest.raises(NodeRefused, match=r"rlp|not supported"):
                await node.send(broken)
        forged = bytearray(signer.transaction(call, 1, gas))
        forged[-1] ^= 1
        # Another signature is that of another key, whose nonces begin at 0, or of none.
        with pytest.raises(NodeRefused, match=r"invalid transaction|nonce too high"):
            await node.send(bytes(forged))
        place.clock.later(3)
        assert await node.nonce(ADDRESS) == 1
        assert (place.held(PLAIN), place.cash) == ((10, 10), 990 * DOLLAR)
        short = signer.transaction(call, 1, Gas(limit=100_000, max_fee=80 * GWEI, tip=30 * GWEI))
        sent = await node.send(short)
        place.clock.later(3)
        receipt = await node.receipt(sent)
        assert receipt is not None
        assert not receipt.succeeded
        assert place.cash == 990 * DOLLAR


def _unsigned(payload: dict[str, Any]) -> None:
    payload["signature"] = payload["signature"][:-4] + ("0000" if payload["signature"][-4:] != "0000" else "1111")


def _dearer(payload: dict[str, Any]) -> None:
    payload["depositWalletParams"]["calls"][0]["data"] = payload["depositWalletParams"]["calls"][0]["data"][:-2] + "99"


def _later(payload: dict[str, Any]) -> None:
    payload["depositWalletParams"]["deadline"] = "9999999999"


def _elsewhere(payload: dict[str, Any]) -> None:
    payload["depositWalletParams"]["depositWallet"] = SAFE


def _again(payload: dict[str, Any]) -> None:
    payload["nonce"] = "7"


@pytest.mark.parametrize("spoil", [_unsigned, _dearer, _later, _elsewhere, _again])
async def test_the_relayer_takes_only_what_the_owner_signed(spoil: Any) -> None:
    place = Place(WALLET)
    async with place.served():
        signer, call = OperationSigner(KEY, place.mine), split(place.markets[PLAIN], TEN)
        payload = wallet_payload(signer, (call,), "0", START // SECOND + 600, "")
        spoil(payload)
        assert place.line is not None
        with pytest.raises(VenueRefused, match=r"invalid|not of this owner"):
            await place.line.submit(payload)
        place.clock.later(10)
        place.catch_up()
        assert place.cash == 1_000 * DOLLAR


async def test_the_relayer_wants_a_key_and_the_right_wallet_and_each_nonce_once() -> None:
    place = Place(SAFE)
    async with place.served() as operator:
        signer, call = OperationSigner(KEY, place.mine), split(place.markets[PLAIN], TEN)
        payload = safe_payload(signer, (call,), "0", "")
        assert place.line is not None
        await place.line.submit(payload)
        with pytest.raises(VenueRefused, match="invalid nonce: 0, expected 1"):
            await place.line.submit(payload)
        place.clock.later(10)
        place.relayer.register("a-key", "0x" + "11" * 20)
        with pytest.raises(VenueRefused, match="invalid authorization"):
            await operator.send((call,), "", place.clock.now())
        assert place.cash == 990 * DOLLAR


async def test_the_relayer_takes_twenty_five_a_minute() -> None:
    place = Place(SAFE)
    headers = {"RELAYER_API_KEY": "a-key", "RELAYER_API_KEY_ADDRESS": ADDRESS}
    server = await serve_http(place.relayer.application(), "127.0.0.1", 0)
    try:
        async with ClientSession(cookie_jar=DummyCookieJar(), headers=headers) as session:
            told = []
            for _ in range(27):
                async with session.post(f"http://127.0.0.1:{server.port}/submit", data=b"{}") as answer:
                    told.append(answer.status)
            assert told == [400] * 25 + [429] * 2
            place.clock.later(61)
            async with session.post(f"http://127.0.0.1:{server.port}/submit", data=b"{}") as answer:
                assert answer.status == 400
    finally:
        await server.close()
