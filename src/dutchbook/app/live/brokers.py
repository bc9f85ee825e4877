"""Makes brokers of accounts: only for who holds the right to trade with them."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, assert_never
from urllib.parse import urlsplit

import aiohttp
import msgspec

from dutchbook.app.accounts.kalshi import KalshiKeys
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.polymarket import PolymarketKeys
from dutchbook.app.arming import Armed, SandboxArmed
from dutchbook.app.live.venues import Seats, Where
from dutchbook.app.trading import Lookups, Trading
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Money
from dutchbook.venues.budget import Budget
from dutchbook.venues.http import HttpReader
from dutchbook.venues.kalshi.broker import BrokerTerms, KalshiBroker
from dutchbook.venues.kalshi.drafting import KalshiAccount, KalshiDrafter
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from dutchbook.venues.kalshi.shards import Shards
from dutchbook.venues.operations import OperationLine
from dutchbook.venues.order_line import Dial
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.api_keys import ApiKeys, login_headers
from dutchbook.venues.polymarket.broker import PolymarketBroker, Seat
from dutchbook.venues.polymarket.credentials import Credentials, Login, RequestSigner
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.json_rpc import PolygonNode
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.operating import PolymarketOperations
from dutchbook.venues.polymarket.operation_signing import OperationSigner
from dutchbook.venues.polymarket.operations import Operator
from dutchbook.venues.polymarket.order_codec import Listings, PolymarketOrderCodec
from dutchbook.venues.polymarket.order_signing import (
    COARSE_STAMP,
    PolymarketDrafter,
    PolymarketSigner,
    SigningCaps,
)
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.own_rewards import PolymarketOwnRewards
from dutchbook.venues.polymarket.own_trades import Identity
from dutchbook.venues.polymarket.own_transactions import OwnTransactions
from dutchbook.venues.polymarket.relayer import Relayer, RelayerKey, RelayerLine
from dutchbook.venues.polymarket.wallets import SignatureType
from dutchbook.venues.rewards import OwnRewardReads
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Broker, OrderCodec

type Dialler = Callable[[str], Dial]
"""How connections for orders are opened, to an address."""


class KalshiTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a user chose for trading at Kalshi: see the settings of the same names."""

    group_contracts: int = BrokerTerms().group_contracts
    cancel_on_pause: bool = True
    subaccount: int = 0


def seats(
    armed: Armed | SandboxArmed,
    order_limit: Money,
    dialler: Dialler | None = None,
    *,
    decide_ahead: bool = False,
    sign_ahead: bool = False,
    kalshi: KalshiTerms = KalshiTerms(),  # noqa: B008 - a frozen value
) -> Seats:
    """How to take the seats of these accounts, at the hosts that they were armed for; no order above the limit.

    To `decide_ahead`, orders get timestamps in coarse steps; to `sign_ahead` as well, those are signed while idle too.
    """

    async def take(session: aiohttp.ClientSession, around: Surroundings) -> Trading:
        brokers: dict[Venue, Broker] = {}
        codecs: dict[Venue, OrderCodec] = {}
        operators: dict[Venue, OperationLine] = {}
        rewards: dict[Venue, OwnRewardReads] = {}
        lookups, line = Lookups(), _Line(session, around, dialler, decide_ahead, sign_ahead)
        for account in armed.accounts:
            match account:
                case PolymarketKeys():
                    made = await _at_polymarket(account, armed.where, line, order_limit, lookups)
                case KalshiKeys():
                    made = _at_kalshi(account, armed.where, line, kalshi)
                case _:
                    assert_never(account)
            brokers[account.venue], codecs[account.venue], own = made
            if own is not None:
                rewards[account.venue] = own
            if isinstance(account, PolymarketKeys):
                operators[account.venue] = _operations(account, armed.where, line, lookups)
        return Trading(brokers=brokers, codecs=codecs, lookups=lookups, operators=operators, rewards=rewards)

    return take


class _Line(NamedTuple):
    """How venues are reached, and whether orders are drafted and signed before they are wanted."""

    session: aiohttp.ClientSession
    around: Surroundings
    dialler: Dialler | None
    draft_ahead: bool
    sign_ahead: bool

    def dial(self, base: str) -> Dial | None:
        return None if self.dialler is None else self.dialler(base)


type _Made = tuple[Broker, OrderCodec, OwnRewardReads | None]


async def _at_polymarket(
    keys: PolymarketKeys, where: Where, line: _Line, order_limit: Money, lookups: Lookups
) -> _Made:
    hosts = where.polymarket
    if hosts is None:
        raise ConfigError("polymarket: there is an account, and no host to use it at - name the venue")
    credentials = await _credentials(keys, hosts, line)
    account = polymarket_account(
        address=keys.account.address,
        salt_seed=keys.account.salt_seed,
        funder=keys.account.funder,
        signature_type=int(keys.account.signature_type),
        owner=credentials.key,
        builder=keys.account.builder,
    )
    signer = PolymarketSigner(keys.private_key.reveal(), account, SigningCaps(max_notional=order_limit))
    drafter = PolymarketDrafter(account, stamp=COARSE_STAMP) if line.draft_ahead else PolymarketDrafter(account)
    seat = Seat(
        account=account,
        drafter=drafter,
        writer=OrderWriter(signer, credentials.key, sign_ahead=line.sign_ahead),
        credentials=credentials,
        held=partial(lookups.held, Venue.POLYMARKET),
    )
    codec = PolymarketOrderCodec(Identity(credentials.key, account.funder), Listings(lookups.market, lookups.holding))
    requests = RequestSigner(account.address, credentials)
    own = PolymarketOwnRewards(_reader(hosts.clob, line), account, requests, line.around.clock)
    return PolymarketBroker(seat, hosts, line.around, dial=line.dial(hosts.clob)), codec, own


def _reader(host: str, line: _Line) -> HttpReader:
    return HttpReader(host, line.session, Budget(LIMITS, line.around.clock, line.around.sleep), line.around)


def _operations(keys: PolymarketKeys, where: Where, line: _Line, lookups: Lookups) -> OperationLine:
    """Who sends the account's token operations: the key's own address on chain, or the relayer for a wallet."""
    hosts, around = where.polymarket or PolymarketHosts(), line.around
    return PolymarketOperations(_operator(keys, hosts, line), lookups.market, lookups.question, around)


def _operator(keys: PolymarketKeys, hosts: PolymarketHosts, line: _Line) -> Operator | str:
    """An operator, or why there is none."""
    signer = OperationSigner(keys.private_key.reveal(), keys.account)
    if keys.account.signature_type is SignatureType.EOA:
        return OwnTransactions(_node(hosts.chain if keys.node is None else keys.node.reveal(), line), signer)
    if keys.relayer is None:
        return f"{keys.name} is a wallet, and there is no key of the relayer - set {KeyName.POLYMARKET_RELAYER_API_KEY}"
    key = RelayerKey(keys.relayer.reveal(), keys.account.address)
    return Relayer(RelayerLine(line.session, line.around, key.headers, hosts.relayer), signer)


def _node(address: str, line: _Line) -> PolygonNode:
    place = urlsplit(address)
    path = place.path + (f"?{place.query}" if place.query else "")
    budget = Budget(LIMITS, line.around.clock, line.around.sleep)
    return PolygonNode(HttpReader(f"{place.scheme}://{place.netloc}", line.session, budget, line.around), path)


async def _credentials(keys: PolymarketKeys, hosts: PolymarketHosts, line: _Line) -> Credentials:
    given = keys.api
    if given is not None:
        return Credentials(key=given.id, secret=given.secret.reveal(), passphrase=given.passphrase.reveal())
    around = line.around
    login = Login(keys.private_key.reveal())
    budget = Budget(LIMITS, around.clock, around.sleep)
    reader = HttpReader(hosts.clob, line.session, budget, around, headers=login_headers(login, around.clock))
    return await ApiKeys(reader).obtain()


def _at_kalshi(keys: KalshiKeys, where: Where, line: _Line, terms: KalshiTerms) -> _Made:
    hosts = where.kalshi
    if hosts is None:
        raise ConfigError("kalshi: there is an account, and no host to use it at - name the venue")
    around = line.around
    shards = Shards()
    signer = keys.signer(around.clock)
    account = KalshiAccount(subaccount=terms.subaccount, cancel_on_pause=terms.cancel_on_pause)
    broker = KalshiBroker(
        line.session,
        around,
        signer,
        KalshiDrafter(account, shards),
        hosts,
        BrokerTerms(group_contracts=terms.group_contracts, sign_ahead=line.sign_ahead),
        dial=line.dial(hosts.rest),
    )
    return broker, KalshiOrderCodec(shards, terms.subaccount), None
