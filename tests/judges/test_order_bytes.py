"""The bytes of our orders are those of the official clients, wherever these do what the venue's rules say."""

import json
import math
from random import Random
from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.orders import Order, TimeInForce
from dutchbook.domain.units import ONE, SECOND, Money, Nanos, Price, Size, decimal_text, notional_down
from dutchbook.venues.polymarket.amounts import rests, tradable_size
from dutchbook.venues.polymarket.order_content import ORDER_TYPES, unpacked
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.trading import Prepared
from tests.judges.conftest import Seen, _hear
from tests.venues.polymarket.trading.orders import KEY, NOW, account, drafter, market, order, signer

ORDERS = 400
OWNER = "00000000-0000-0000-0000-000000000001"
WALLETS = (
    "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3",
    "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8",
    "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f",
)
TICKS = {1_000: "0.1", 100: "0.01", 50: "0.005", 25: "0.0025", 10: "0.001", 1: "0.0001"}
BUILDERS = ("0x" + "00" * 32, "0x" + "b1" * 32)


class Case:
    """An order of ours, and the same as its judges are told it."""

    def __init__(self, rng: Random, number: int) -> None:
        self.tick = rng.choice(list(TICKS))
        kind = rng.randrange(4)
        tif = rng.choice(list(TimeInForce))
        side, v3 = rng.choice(list(Side)), rng.random() < 0.25
        token = OutcomeId(
            str((rng.randrange(1, 4) << 248) | rng.getrandbits(128) << 120 if v3 else rng.getrandbits(256))
        )
        limit = Price(self.tick * rng.randrange(1, ONE // self.tick))
        grid = PriceGrid.uniform(Price(self.tick))
        size = tradable_size(Size(rng.randrange(10_000, 3_000_000) * 10_000), grid, side, tif, limit)
        post_only = rests(tif) and rng.random() < 0.3
        now = Nanos(NOW + number * SECOND)
        expires = Nanos(now + rng.randrange(120, 9_000) * SECOND) if tif is TimeInForce.GTD else None
        neg_risk = rng.random() < 0.5
        self.builder = rng.choice(BUILDERS)
        self.mine: dict[str, Any] = {"funder": WALLETS[kind], "builder": self.builder}
        listed = market(self.tick, yes=token, neg_risk=neg_risk, min_notional=Money(0))
        wanted: Order = order(
            f"case-{number}",
            outcome=token,
            side=side,
            limit=limit,
            size=size,
            tif=tif,
            post_only=post_only,
            expires=expires,
        )
        self.prepared: Prepared = drafter(**self.mine).draft(wanted, listed, now)
        self.said = self._said(number, kind, v3=v3, neg_risk=neg_risk)

    def _said(self, number: int, kind: int, *, v3: bool, neg_risk: bool) -> dict[str, Any]:
        leg, content = self.prepared.order.leg, unpacked(self.prepared.content)
        spends = leg.side is Side.BUY and not rests(leg.tif)
        quantity = notional_down(leg.limit, leg.size) if spends else leg.size
        return {
            "name": f"case-{number}",
            "kind": kind,
            "maker": WALLETS[kind],
            "token": leg.outcome,
            "v3": v3,
            "neg_risk": neg_risk,
            "tick": TICKS[self.tick],
            "side": leg.side.value.upper(),
            "price": decimal_text(leg.limit, 4),
            "quantity": decimal_text(quantity, 6),
            "type": ORDER_TYPES[content.order_type],
            "post_only": leg.post_only,
            "expiration": content.expiration,
            "builder": self.builder,
            "salt": content.salt,
            "timestamp": content.timestamp_ms,
        }

    def body(self) -> bytes:
        return OrderWriter(signer(**self.mine), OWNER).body(self.prepared)


def harmed(said: dict[str, Any]) -> bool:
    """Whether binary fractions take something of the quantity, or of a price that the older client rounds down."""
    quantity, price = float(said["quantity"]), float(said["price"])
    digits = {"0.1": 1, "0.01": 2, "0.005": 3, "0.0025": 4, "0.001": 3, "0.0001": 4}[said["tick"]]
    loses = math.floor(quantity * 100) / 100 != quantity
    return loses or (said["type"] in ("FOK", "FAK") and math.floor(price * 10**digits) / 10**digits != price)


@pytest.fixture(scope="module")
def judged(judges_python: str) -> list[tuple[Case, Seen]]:
    rng = Random(20_261_121)
    cases = [Case(rng, number) for number in range(ORDERS)]
    told = {"account": "", "private_key": KEY, "owner": OWNER, "orders": [case.said for case in cases]}
    saw = _hear(judges_python, "order_bytes", told)
    return [(case, saw[case.said["name"]]) for case in cases]


def test_every_body_is_the_one_of_the_newer_client(judged: list[tuple[Case, Seen]]) -> None:
    for case, saw in judged:
        mine = json.loads(case.body())
        if not mine["postOnly"]:
            del mine["postOnly"]
        assert mine == saw["newer"], case.said


def test_every_body_is_byte_for_byte_the_one_of_the_older_client_where_fractions_do_no_harm(
    judged: list[tuple[Case, Seen]],
) -> None:
    same = [case.body().decode() == saw["clob"] for case, saw in judged]
    unharmed = [not harmed(case.said) for case, _ in judged]
    assert sum(unharmed) > ORDERS * 0.8
    for (case, saw), equal, fine in zip(judged, same, unharmed, strict=True):
        assert equal or not fine, (case.said, case.body().decode(), saw["clob"])


def test_where_the_older_client_differs_only_the_amounts_and_what_follows_do(judged: list[tuple[Case, Seen]]) -> None:
    differing = 0
    for case, saw in judged:
        mine, theirs = json.loads(case.body()), json.loads(saw["clob"])
        if mine == theirs:
            continue
        differing += 1
        assert harmed(case.said)
        for field in ("makerAmount", "takerAmount", "signature"):
            del mine["order"][field], theirs["order"][field]
        assert mine == theirs
    assert differing, "no order at which binary fractions do harm was tried"


def test_all_kinds_of_orders_were_tried(judged: list[tuple[Case, Seen]]) -> None:
    said = [case.said for case, _ in judged]
    for field, several in (("kind", 4), ("type", 4), ("tick", 6), ("side", 2), ("v3", 2), ("neg_risk", 2)):
        assert len({one[field] for one in said}) == several
    assert account().owner
