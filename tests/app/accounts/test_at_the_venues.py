"""The doctor asks the venues about accounts, and each thing that is wrong is one clear line with its remedy."""

import gc
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from msgspec.structs import replace
from pydantic import TypeAdapter

from dutchbook.app.accounts import at_polymarket
from dutchbook.app.accounts.at_polymarket import MISMATCH, AtPolymarket
from dutchbook.app.accounts.in_use import Account, account_in_sandbox
from dutchbook.app.accounts.kalshi import KalshiKeys
from dutchbook.app.accounts.polymarket import ApiSecrets, PolymarketKeys
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.live.examining import examine_all
from dutchbook.app.live.venues import Where, in_sandbox, surroundings
from dutchbook.app.sandbox.accounts import SandboxAccounts, public_key, sandbox_accounts
from dutchbook.app.sandbox.running import Make, Ports, Sandbox
from dutchbook.app.sandbox.serving import scenario_of
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.evaluation.snapshot import CheckResult
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan, FaultSpec
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket.auth import Restriction
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.polymarket import fitness
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.wallets import SignatureType, proxy_wallet
from tests.app.accounts.keys import ADDRESS, KEY_ID, ONE, PEM, STRANGER

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Town(NamedTuple):
    """A sandbox at work, and its accounts."""

    sandbox: Sandbox
    where: Where
    accounts: SandboxAccounts

    @property
    def exchange(self) -> Exchange:
        return self.sandbox.world.exchanges[Venue.POLYMARKET]

    def wallet(self, name: str = "alice") -> PolymarketKeys:
        account = account_in_sandbox(Venue.POLYMARKET, self.accounts, name)
        assert isinstance(account, PolymarketKeys)
        return account

    def key(self, name: str = "alice") -> KalshiKeys:
        account = account_in_sandbox(Venue.KALSHI, self.accounts, name)
        assert isinstance(account, KalshiKeys)
        return account

    async def examine(self, *accounts: Account, clock: Clock | None = None) -> "Findings":
        venues = {account.venue for account in accounts}
        where = replace(
            self.where,
            polymarket=self.where.polymarket if Venue.POLYMARKET in venues else None,
            kalshi=self.where.kalshi if Venue.KALSHI in venues else None,
        )
        return Findings(await examine_all(where, accounts, clock or RealClock()))


class Findings:
    """What a doctor found, by the names of the checks."""

    def __init__(self, results: Sequence[CheckResult]) -> None:
        self.results = results
        for result in results:
            assert "\n" not in result.found + result.fix
            assert bool(result.fix) is (result.verdict != "pass"), result

    def of(self, verdict: str) -> list[str]:
        return [result.name for result in self.results if result.verdict == verdict]

    def __getitem__(self, name: str) -> CheckResult:
        return next(result for result in self.results if result.name == name)


class Shifted:
    """A clock that is wrong."""

    def __init__(self, seconds: int) -> None:
        self._off = seconds * SECOND

    def now(self) -> Nanos:
        return Nanos(RealClock.now() + self._off)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    home: Path = tmp_path_factory.mktemp("town")
    thresholds = gc.get_threshold()
    accounts = sandbox_accounts(home)
    sandbox = Sandbox(Make(spec=scenario_of("town"), plan=FaultPlan(), seed=7), accounts, RealClock())
    addresses = await sandbox.start(Ports())
    yield Town(sandbox, in_sandbox(addresses, home), accounts)
    await sandbox.close()
    # A sandbox has a process of its own, as a rule, and tunes it.
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.parametrize("name", ["alice", "bob", "carol"])
async def test_a_test_account_of_polymarket_is_in_order(town: Town, name: str) -> None:
    found = await town.examine(town.wallet(name))
    assert found.of("fail") == found.of("warn") == []
    assert "$10000.00" in found["polymarket balance"].found
    assert found["polymarket rate"].found == "rate tier standard: 40 orders and 80 cancels a second"
    assert town.wallet(name).name in found["polymarket wallet"].found


@pytest.mark.parametrize("name", ["alice", "bob"])
async def test_a_test_account_of_kalshi_is_in_order(town: Town, name: str) -> None:
    found = await town.examine(town.key(name))
    assert found.of("fail") == found.of("warn") == []
    assert "rate tier basic: 20 reads and 10 orders a second" in found["kalshi api key"].found
    assert "on shard 0" in found["kalshi balance"].found


# Polymarket


async def test_an_api_key_of_another_wallet_is_told_in_the_venue_s_words(town: Town) -> None:
    key = town.sandbox.polymarket.clob.auth.create(town.wallet("bob").account.address.lower(), nonce=9)
    api = ApiSecrets(key.id, Secret(key.secret), Secret(key.passphrase))
    assert (await town.examine(replace(town.wallet("bob"), api=api))).of("fail") == []
    found = (await town.examine(replace(town.wallet("carol"), api=api)))["polymarket api key"]
    assert found.verdict == "fail"
    assert MISMATCH in found.found
    assert "unset POLYMARKET_API_KEY" in found.fix
    assert key.secret not in found.found + found.fix


async def test_a_deposit_wallet_of_somebody_else_is_doubted(town: Town) -> None:
    carol = town.wallet("carol")
    account = replace(carol.account, funder=STRANGER)
    found = (await town.examine(replace(carol, account=account)))["polymarket wallet"]
    assert found.verdict == "warn"
    assert MISMATCH in found.found
    assert "POLYMARKET_FUNDER" in found.fix


async def test_money_in_another_wallet_of_the_key_names_the_right_signature_type(town: Town) -> None:
    alice = town.wallet("alice")
    wrong = polymarket_account(address=alice.account.address, salt_seed="x", signature_type=SignatureType.PROXY)
    assert wrong.funder == proxy_wallet(alice.account.address)
    found = (await town.examine(replace(alice, account=wrong)))["polymarket balance"]
    assert found.verdict == "fail"
    assert "but $10000.00 in the wallet of the same key" in found.found
    assert "set POLYMARKET_SIGNATURE_TYPE=0" in found.fix


@pytest.mark.parametrize(("name", "kind"), [("alice", 0), ("bob", 1), ("carol", 3)])
async def test_the_venue_tells_which_wallet_of_a_key_has_money(town: Town, name: str, kind: int) -> None:
    assert town.where.polymarket is not None
    keys = town.wallet(name)
    plain = polymarket_account(address=keys.account.address, salt_seed="x")
    async with aiohttp.ClientSession() as session:
        asked = AtPolymarket(replace(keys, account=plain), town.where.polymarket, session, surroundings(RealClock()))
        assert await asked.wallets_with_money() == {SignatureType(kind): 10_000 * DOLLAR}


async def test_before_arming_the_accounts_alone_are_looked_at(town: Town) -> None:
    found = await examine_all(town.where, (town.wallet(), town.key()), RealClock(), markets=False)
    names = {result.name for result in found}
    assert {"polymarket clock", "polymarket approvals", "kalshi clock", "kalshi rights"} <= names
    assert names.isdisjoint({"polymarket markets", "polymarket socket", "kalshi markets", "kalshi socket"})


async def test_an_account_without_money_is_a_warning(town: Town) -> None:
    account = polymarket_account(address=ADDRESS, salt_seed="x")
    found = await town.examine(PolymarketKeys(private_key=Secret(ONE), account=account))
    assert found["polymarket balance"].verdict == "warn"
    assert "pay in" in found["polymarket balance"].fix


async def test_missing_allowances_are_named_with_what_to_do(town: Town) -> None:
    alice, name = town.wallet("alice"), town.wallet("alice").name.lower()
    try:
        town.exchange.approve(name, collateral=Money(0), tokens=True)
        found = (await town.examine(alice))["polymarket approvals"]
        assert found.verdict == "fail"
        assert "standard and negRisk exchange may not pay for purchases" in found.found
        assert "trade once on polymarket.com" in found.fix
        town.exchange.approve(name, collateral=Money(5 * DOLLAR), tokens=True)
        found = (await town.examine(alice))["polymarket approvals"]
        assert found.verdict == "warn"
        assert "smaller than what there is" in found.found
        town.exchange.approve(name, collateral=None, tokens=False)
        found = (await town.examine(alice))["polymarket approvals"]
        assert "may not deliver shares that are sold" in found.found
    finally:
        town.exchange.approve(name, collateral=None, tokens=True)


async def test_an_account_that_may_only_close_is_told_so(town: Town) -> None:
    restrictions = town.sandbox.polymarket.clob.auth.restrictions
    address = town.wallet("bob").account.address.lower()
    restrictions[address] = Restriction.CLOSED_ONLY
    try:
        found = (await town.examine(town.wallet("bob")))["polymarket account"]
    finally:
        del restrictions[address]
    assert found.verdict == "fail"
    assert "close positions only" in found.found


async def test_to_ask_for_the_rate_tier_cancels_nothing(town: Town) -> None:
    wallet = town.wallet("carol")
    before = [order.new.id for order in town.exchange.open_orders(wallet.name.lower())]
    found = await town.examine(wallet)
    assert found["polymarket rate"].verdict == "pass"
    assert [order.new.id for order in town.exchange.open_orders(wallet.name.lower())] == before


async def test_a_venue_that_tells_no_tier_leaves_the_lowest_assumed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitness, "RATE_HEADERS", frozenset[bytes]())
    found = (await town.examine(town.wallet("carol")))["polymarket rate"]
    assert found.verdict == "warn"
    assert "40 orders and 80 cancels a second are assumed" in found.found


async def test_a_venue_that_takes_no_cancels_does_not_tell_its_rate(town: Town) -> None:
    said = {"fault": "http_status", "name": "busy", "venue": "polymarket", "status": 425, "path": "/order"}
    spec: FaultSpec = TypeAdapter[FaultSpec](FaultSpec).validate_python(said)
    town.sandbox.switchboard.turn_on(spec)
    try:
        found = (await town.examine(town.wallet("carol")))["polymarket rate"]
    finally:
        town.sandbox.switchboard.turn_off("busy")
    assert found.verdict == "fail"
    assert "425" in found.found
    assert found.fix == "ask again later"


@pytest.mark.parametrize(("blocked", "verdict"), [(True, "fail"), (False, "pass")])
async def test_the_venue_s_own_view_of_the_network_is_asked_for_outside_of_the_sandbox(
    town: Town, monkeypatch: pytest.MonkeyPatch, blocked: bool, verdict: str
) -> None:
    async def seen(_request: web.Request) -> web.Response:
        return web.json_response({"blocked": blocked, "ip": "203.0.113.9", "country": "US", "region": "NY"})

    app = web.Application()
    app.router.add_get("/api/geoblock", seen)
    server = await serve_http(app, "127.0.0.1", 0)
    monkeypatch.setattr(at_polymarket, "WEBSITE", f"http://127.0.0.1:{server.port}")
    try:
        outside = town._replace(where=replace(town.where, sandbox=False))
        found = (await outside.examine(town.wallet()))["polymarket network"]
    finally:
        await server.close()
    assert found.verdict == verdict
    assert "US-NY" in found.found
    assert "203.0.113.9" not in found.found


# both


@pytest.mark.parametrize("seconds", [10, -12])
async def test_a_clock_that_is_off_is_found_at_both_venues(town: Town, seconds: int) -> None:
    found = await town.examine(town.wallet(), town.key(), clock=Shifted(seconds))
    for venue in Venue:
        check = found[f"{venue} clock"]
        assert check.verdict == "fail"
        assert "this machine's clock is" in check.found
        assert check.fix == "let it follow a time server"
    if seconds < 0:  # the venue takes signatures from the near future, and none from the past
        assert "clock is off" in found["kalshi api key"].found


@pytest.mark.parametrize("venue", Venue)
async def test_a_region_that_is_not_served_is_one_line(town: Town, venue: Venue) -> None:
    paths = {Venue.POLYMARKET: "/auth/*", Venue.KALSHI: "*/account/*"}
    said = {"fault": "http_status", "name": "geoblock", "venue": venue, "status": 403, "path": paths[venue]}
    spec: FaultSpec = TypeAdapter[FaultSpec](FaultSpec).validate_python(said)
    town.sandbox.switchboard.turn_on(spec)
    try:
        found = (await town.examine(town.wallet(), town.key()))[f"{venue} api key"]
    finally:
        town.sandbox.switchboard.turn_off("geoblock")
    assert found.verdict == "fail"
    assert found.found == "the venue does not serve this network or region"


async def test_a_venue_that_is_not_there_is_found_to_be_so(town: Town) -> None:
    nowhere = "http://127.0.0.1:9"
    where = Where(
        polymarket=PolymarketHosts(clob=nowhere, gamma=nowhere, data=nowhere, ws="ws://127.0.0.1:9"),
        kalshi=KalshiHosts(rest=f"{nowhere}/trade-api/v2", ws="ws://127.0.0.1:9"),
        key=town.where.key,
        sandbox=True,
    )
    found = await town._replace(where=where).examine(town.wallet(), town.key())
    assert set(found.of("fail")) == {result.name for result in found.results}
    assert {"polymarket api key", "kalshi api key"} <= set(found.of("fail"))


# Kalshi


async def test_a_private_key_of_another_id_is_told(town: Town) -> None:
    found = await town.examine(replace(town.key("alice"), pem=town.key("bob").pem))
    assert "the private key is not the one of this key id" in found["kalshi api key"].found
    assert "KALSHI_API_KEY_ID" in found["kalshi api key"].fix


async def test_an_unknown_key_id_is_told(town: Town) -> None:
    found = await town.examine(KalshiKeys(key_id=KEY_ID, pem=Secret(PEM)))
    assert "knows no key of this id" in found["kalshi api key"].found
    assert "demo" in found["kalshi api key"].fix


async def test_a_key_that_may_only_read_is_told(town: Town) -> None:
    member = town.accounts.kalshi[0]
    town.sandbox.kalshi.rest.auth.add_key("reader", public_key(member), member.key_id, scopes=("read",))
    found = (await town.examine(replace(town.key(), key_id="reader")))["kalshi rights"]
    assert found.verdict == "fail"
    assert "may only read" in found.found


async def test_a_member_without_money_is_a_warning(town: Town) -> None:
    town.sandbox.world.exchanges[Venue.KALSHI].open_account("poor")
    town.sandbox.kalshi.rest.auth.add_key("poor-key", public_key(town.accounts.kalshi[0]), "poor")
    found = (await town.examine(replace(town.key(), key_id="poor-key")))["kalshi balance"]
    assert found.verdict == "warn"
