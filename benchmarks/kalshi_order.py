"""P4: an order for Kalshi, from a leg to the bytes that leave, against signing each request as Kalshi's documents do.

Ours is the product's own path: every check of the drafter, the body, and a head that was signed before there was an
order, since the signature covers time, method and path alone. The peer makes the same body with the standard library
and signs it with RSA-PSS when it leaves. What keeping heads signed costs beside orders is shown in a row of its own.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.method import Candidate, Row, compare, deliver, interleave, limit, scaled
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import KalshiFees, Market, PriceGrid
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, TimeInForce
from dutchbook.domain.units import CONTRACT, MILLISECOND, Nanos, Price, Size
from dutchbook.venues.http import USER_AGENT
from dutchbook.venues.kalshi.drafting import KalshiDrafter
from dutchbook.venues.kalshi.order_answers import BATCHED, ORDERS
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.kalshi.sign_ahead import RENEW_S, SignedAhead

AT = Nanos(1_763_721_000_000 * MILLISECOND)
HOST = "external-api.kalshi.com"
PREFIX = "/trade-api/v2"
KEY_ID = "a952bcbe-ec3b-4b5b-b8f9-11dae589608c"
TICKER = MarketId("KXGOLD15M-26AUG101900-00")
MARKET = Market(
    id=TICKER,
    venue=Venue.KALSHI,
    question=QuestionId("KXGOLD15M-26AUG101900"),
    title="Gold",
    yes=kalshi_yes(TICKER),
    no=kalshi_no(TICKER),
    grid=PriceGrid.uniform(Price(100)),
    min_size=Size(10_000),
    fees=KalshiFees(),
    shard=2,
)
LEG = Leg(MARKET.no, TICKER, Side.BUY, Price(3_300), Size(25 * CONTRACT), Price(3_250), TimeInForce.FOK)
ORDER = Order(id=OrderId("b-1a2b3c4d-i12-1"), intent=IntentId("i12"), leg=LEG, created=AT)
_PADDING = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)


class Clock:
    """Stands still: a head never grows old here, and signing ahead is measured apart."""

    def now(self) -> Nanos:
        return AT


class Ours:
    """The path of the product."""

    def __init__(self, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.signed = SignedAhead(f"https://{HOST}{PREFIX}", KalshiSigner(KEY_ID, pem, Clock()), Clock())
        for method, path in (("POST", ORDERS), ("POST", BATCHED), ("DELETE", BATCHED)):
            self.signed.keep(method, path)
        self.signed.renew()
        self.drafter = KalshiDrafter()

    def order(self) -> bytes:
        return self.signed.request("POST", ORDERS, self.drafter.draft(ORDER, MARKET, AT).content)


class Theirs:
    """A client that signs each request when it leaves."""

    def __init__(self, sign: Callable[[bytes], bytes]) -> None:
        self._sign = sign

    def order(self) -> bytes:
        body = json.dumps(
            {
                "ticker": LEG.market,
                "client_order_id": ORDER.id,
                "side": "ask",
                "count": f"{LEG.size / CONTRACT:.2f}",
                "price": f"{1 - LEG.limit / 10_000:.4f}",
                "time_in_force": "fill_or_kill",
                "self_trade_prevention_type": "taker_at_cross",
                "cancel_order_on_pause": True,
                "exchange_index": MARKET.shard,
            },
            separators=(",", ":"),
        ).encode()
        stamp = str(AT // MILLISECOND)
        signature = b64encode(self._sign(f"{stamp}POST{PREFIX}{ORDERS}".encode())).decode()
        lines = [
            f"POST {PREFIX}{ORDERS} HTTP/1.1",
            f"Host: {HOST}",
            f"User-Agent: {USER_AGENT}",
            "Accept: application/json",
            "Content-Type: application/json",
            f"KALSHI-ACCESS-KEY: {KEY_ID}",
            f"KALSHI-ACCESS-TIMESTAMP: {stamp}",
            f"KALSHI-ACCESS-SIGNATURE: {signature}",
            f"Content-Length: {len(body)}",
            "\r\n",
        ]
        return "\r\n".join(lines).encode() + body


def kalshi_order() -> list[Row]:
    """Measure P4."""
    rsa, ed25519 = generate_private_key(65_537, 2_048), Ed25519PrivateKey.generate()
    ours, fast = Ours(rsa), Ours(ed25519)
    theirs, simple = Theirs(lambda text: rsa.sign(text, _PADDING, SHA256())), Theirs(ed25519.sign)
    _agree(ours, theirs, rsa)
    assert fast.order() == simple.order(), "the requests differ"
    us = {
        name: scaled(values)
        for name, values in interleave(
            {
                "ours": Candidate(ours.order),
                "theirs": Candidate(theirs.order),
                "fast": Candidate(fast.order),
                "simple": Candidate(simple.order),
                "renewal": Candidate(ours.signed.renew),
            }
        ).items()
    }
    return [
        compare(
            "p4",
            "Kalshi order to HTTP-ready bytes, RSA key",
            ours=us["ours"],
            peer="json and RSA-PSS at each call",
            theirs=us["theirs"],
            unit="us an order",
            bar=50,
        ),
        compare(
            "p4-ed25519",
            "the same, Ed25519 key",
            ours=us["fast"],
            peer="json and Ed25519 at each call",
            theirs=us["simple"],
            unit="us an order",
        ),
        limit(
            "p4-renewal",
            f"keeping three RSA heads signed, every {RENEW_S:g} s",
            ours=[each / RENEW_S for each in us["renewal"]],
            unit="us a second",
        ),
    ]


def _agree(ours: Ours, theirs: Theirs, key: RSAPrivateKey) -> None:
    """Both requests are the same but for the signatures, which are random; and both signatures are good."""
    requests = [ours.order().split(b"\r\n"), theirs.order().split(b"\r\n")]
    plain = [[line for line in request if b"SIGNATURE" not in line] for request in requests]
    assert plain[0] == plain[1], "the requests differ"
    for request in requests:
        line = next(line for line in request if b"SIGNATURE" in line)
        text = f"{AT // MILLISECOND}POST{PREFIX}{ORDERS}".encode()
        key.public_key().verify(b64decode(line.partition(b": ")[2]), text, PSS(MGF1(SHA256()), 32), SHA256())


if __name__ == "__main__":
    deliver(kalshi_order, ["cryptography"])
