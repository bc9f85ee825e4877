"""P1 to P3: a limit order from the desk's own form to the bytes of its HTTP request, against py-clob-client-v2.

Ours is the product's own path: all checks, exact amounts, digest, signer with its caps, body, level-2 headers and the
request's head. Theirs is create, JSON and headers. P1 gives the peer coincurve, P2 takes it as pip installs it (its ECC
in pure Python), P3 takes our orders signed ahead. Before anything is timed, bodies and headers are the same to a byte.
"""

import json
import os
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Any

import msgspec
from py_clob_client_v2.client import ClobClient  # type: ignore[import-not-found]
from py_clob_client_v2.clob_types import (  # type: ignore[import-not-found]
    ApiCreds,
    OrderArgsV2,
    PartialCreateOrderOptions,
)
from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2  # type: ignore[import-not-found]

from benchmarks.method import Candidate, Row, compare, deliver, interleave, scaled
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.credentials import Credentials, RequestSigner
from dutchbook.venues.polymarket.order_body import ORDER_PATH, order_body
from dutchbook.venues.polymarket.order_content import packed, unpacked
from dutchbook.venues.polymarket.order_signing import (
    COARSE_STAMP,
    PolymarketDrafter,
    PolymarketSigner,
    SigningCaps,
)
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.secret_key import SecretKey

KEY = "0x" + "11" * 31 + "12"
DEPOSIT_WALLET = "0x" + "22" * 20
TOKEN = OutcomeId("71321045679252212594626385532706912750332728571942532289631379312455583992563")
MARKET = MarketId("0x" + "5f" * 32)
SECRET = "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="  # noqa: S105 - of nobody
API = ApiCreds("0a1b2c3d-0000-0000-0000-000000000000", SECRET, "p" * 64)
START = Nanos(1_767_225_600 * SECOND)
ORDERS = 60
"""Orders of one run that must be prepared: of a peer, or signed ahead."""
NATIVE_ORDERS = 8


class Ours:
    """The desk's way for one account."""

    def __init__(self, wallet: str = "") -> None:
        key = SecretKey(KEY)
        kind = 3 if wallet else 0
        account = polymarket_account(address=key.address, salt_seed="bench", funder=wallet, signature_type=kind)
        self.drafter = PolymarketDrafter(account)
        self.signer = PolymarketSigner(key, account, SigningCaps(max_notional=Money(100_000 * DOLLAR)))
        self.writer = OrderWriter(self.signer, API.api_key)
        credentials = Credentials(key=API.api_key, secret=API.api_secret, passphrase=API.api_passphrase)
        self.requests = RequestSigner(account.address, credentials, "clob.polymarket.com")
        self.market = _market()

    def request(self, order: Order, now: Nanos) -> bytes:
        """An order as the bytes that go to the socket."""
        body = self.writer.body(self.drafter.draft(order, self.market, now))
        return self.requests.request("POST", ORDER_PATH, body, now)

    def same(self, order: Order, salt: int, timestamp_ms: int) -> bytes:
        """The body of an order with somebody else's salt and timestamp."""
        content = unpacked(self.drafter.draft(order, self.market, START).content)
        words = packed(msgspec.structs.replace(content, salt=salt, timestamp_ms=timestamp_ms))
        return order_body(words, self.signer.sign_content(words), API.api_key)


class Theirs:
    """The official client's way, with everything cached that it caches."""

    def __init__(self, wallet: str = "") -> None:
        self.client: Any = ClobClient(
            "http://127.0.0.1:1",
            chain_id=137,
            key=KEY,
            creds=API,
            signature_type=3 if wallet else 0,
            funder=wallet or None,
        )
        self.client._ClobClient__tick_sizes[TOKEN] = "0.01"  # noqa: SLF001 - what it would ask the venue for
        self.client._ClobClient__neg_risk[TOKEN] = True  # noqa: SLF001
        self.client._ClobClient__cached_version = 2  # noqa: SLF001
        self.options = PartialCreateOrderOptions(tick_size="0.01", neg_risk=True)

    def request(self, order: Order) -> tuple[str, dict[str, str]]:
        """The body and headers that it would send."""
        leg = order.leg
        said = OrderArgsV2(
            token_id=leg.outcome, price=leg.limit / ONE, size=leg.size / CONTRACT, side=leg.side.value.upper()
        )
        made = self.client.create_order(said, self.options)
        payload = order_to_json_v2(made, API.api_key, "GTC", post_only=False, defer_exec=False)
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        headers = self.client._l2_headers("POST", ORDER_PATH, body=payload, serialized_body=body)  # noqa: SLF001
        return body, headers


def order_signing() -> list[Row]:
    """Measure P1 to P3."""
    orders = _orders(400)
    for wallet in ("", DEPOSIT_WALLET):
        _agree(Ours(wallet), Theirs(wallet), orders)
    ours, theirs = Ours(), Theirs()
    found = interleave(
        {
            "ours": _at_once(ours, orders),
            "ahead": _ahead(Ours(), orders[:ORDERS]),
            "wallet": _at_once(Ours(DEPOSIT_WALLET), orders),
            "coincurve": _peer(theirs, orders[:ORDERS], "CoinCurveECCBackend"),
            "native": _peer(theirs, orders[:NATIVE_ORDERS], "NativeECCBackend"),
            "their wallet": _peer(Theirs(DEPOSIT_WALLET), orders[:ORDERS], "CoinCurveECCBackend"),
        }
    )
    us = {name: scaled(values) for name, values in found.items()}
    with_coincurve, as_installed = "py-clob-client-v2 with coincurve", "py-clob-client-v2 as installed"
    return [
        _row("p1", "limit order to HTTP-ready bytes", us["ours"], with_coincurve, us["coincurve"], 10),
        _row("p2", "the same", us["ours"], as_installed, us["native"], 80),
        _row("p3", "the same, signed ahead", us["ahead"], with_coincurve, us["coincurve"], 100),
        _row("p1-wallet", "the same from a deposit wallet", us["wallet"], with_coincurve, us["their wallet"], None),
    ]


def _row(name: str, what: str, ours: list[float], peer: str, theirs: list[float], bar: float | None) -> Row:
    return compare(name, what, ours=ours, peer=peer, theirs=theirs, unit="us an order", bar=bar)


def _market() -> Market:
    return Market(
        id=MARKET,
        venue=Venue.POLYMARKET,
        question=QuestionId("bench"),
        title="Will it?",
        yes=TOKEN,
        no=OutcomeId("5" * 77),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(5 * CONTRACT),
        min_notional=Money(DOLLAR),
        fees=NoFees(),
        neg_risk=True,
    )


def _orders(number: int) -> list[Order]:
    """Orders at which the peer's binary fractions do no harm: there is nothing to compare with at others."""
    rng, made = Random(7), []
    for name in range(number):
        limit, size = Price(100 * rng.randrange(1, 100)), Size(CONTRACT * rng.randrange(5, 2_000))
        leg = Leg(TOKEN, MARKET, rng.choice(list(Side)), limit, size, limit, TimeInForce.GTC)
        made.append(Order(id=OrderId(f"run-i{name}-1"), intent=IntentId(f"run-i{name}"), leg=leg, created=START))
    return made


def _agree(ours: Ours, theirs: Theirs, orders: Sequence[Order]) -> None:
    """Same bodies byte for byte, and the same level-2 headers, also inside the whole request."""
    for order in orders:
        body, headers = theirs.request(order)
        said = json.loads(body)["order"]
        mine = ours.same(order, said["salt"], int(said["timestamp"]))
        assert mine == body.encode(), f"bodies differ: {mine!r} and {body}"
        now = Nanos(int(headers["POLY_TIMESTAMP"]) * SECOND)
        assert ours.requests.headers("POST", ORDER_PATH, mine, now) == headers, "headers differ"
        request = ours.requests.request("POST", ORDER_PATH, mine, now)
        assert request.endswith(b"\r\n\r\n" + mine)
        assert all(f"{name}: {value}\r\n".encode() in request for name, value in headers.items())


def _times() -> Iterator[Nanos]:
    """A time for each order: no two have the same content."""
    return (Nanos(START + step * MILLISECOND) for step in count())


def _at_once(ours: Ours, orders: Sequence[Order]) -> Candidate:
    times = _times()

    def run() -> None:
        for order in orders[:ORDERS]:
            ours.request(order, next(times))

    return Candidate(run, ORDERS)


def _ahead(ours: Ours, orders: Sequence[Order]) -> Candidate:
    """Every order was drafted and signed before, which is not timed: in each round within another step of time."""
    ours.drafter = PolymarketDrafter(ours.drafter.account, stamp=COARSE_STAMP)
    steps = count(START // COARSE_STAMP + 1)
    begins = START

    def prepare() -> None:
        nonlocal begins
        begins = Nanos(next(steps) * COARSE_STAMP)
        ours.drafter.forget_ahead()
        for order in orders:
            ours.writer.ahead(ours.drafter.draft_ahead(order, ours.market, begins).content)

    def run() -> None:
        now = Nanos(begins + SECOND)
        for order in orders:
            ours.request(order, now)

    return Candidate(run, len(orders), prepare)


def _peer(theirs: Theirs, orders: Sequence[Order], backend: str) -> Candidate:

    def run() -> None:
        for order in orders:
            theirs.request(order)

    def choose() -> None:
        os.environ["ECC_BACKEND_CLASS"] = f"eth_keys.backends.{backend}"  # read at every signature

    return Candidate(run, len(orders), choose)


if __name__ == "__main__":
    deliver(order_signing, ["py-clob-client-v2", "coincurve", "pycryptodome"])
