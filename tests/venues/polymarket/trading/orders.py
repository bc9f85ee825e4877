"""Orders, markets and accounts for the tests of signing."""

from typing import Any

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size
from dutchbook.venues.polymarket.account import PolymarketAccount, polymarket_account
from dutchbook.venues.polymarket.order_signing import PolymarketDrafter, PolymarketSigner, SigningCaps

KEY = "0x" + "00" * 31 + "01"
ADDRESS = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
TOKEN = OutcomeId("71321045679252212594626385532706912750332728571942532289631379312455583992563")
OTHER_TOKEN = OutcomeId("52114319501245915516055106046884209969926127482827954674443846427813813222426")
V3_TOKEN = OutcomeId(str((1 << 248) | (0xABCDEF << 120) | (1 << 104) | 1))
CONDITION = MarketId("0x" + "5f" * 32)
NOW = Nanos(1_767_225_600 * SECOND)
CAPS = SigningCaps(max_notional=Money(1_000_000 * DOLLAR))


def account(**changed: Any) -> PolymarketAccount:
    return polymarket_account(**{"address": ADDRESS, "salt_seed": "tests", "owner": "key-id", **changed})


def market(tick: int = 100, **changed: Any) -> Market:
    listed = Market(
        id=CONDITION,
        venue=Venue.POLYMARKET,
        question=QuestionId("question"),
        title="Will it?",
        yes=TOKEN,
        no=OTHER_TOKEN,
        grid=PriceGrid.uniform(Price(tick)),
        min_size=Size(5 * CONTRACT),
        min_notional=Money(DOLLAR),
        fees=NoFees(),
    )
    return msgspec.structs.replace(listed, **changed)


def leg(**changed: Any) -> Leg:
    base: dict[str, Any] = {
        "outcome": TOKEN,
        "market": CONDITION,
        "side": Side.BUY,
        "limit": Price(5_300),
        "size": Size(100 * CONTRACT),
        "expected": Price(5_300),
        "tif": TimeInForce.GTC,
    }
    return Leg(**{**base, **changed})


def order(name: str = "run-i1-1", **changed: Any) -> Order:
    return Order(id=OrderId(name), intent=IntentId("run-i1"), leg=leg(**changed), created=NOW)


def drafter(*, stamp: Nanos = MILLISECOND, **changed: Any) -> PolymarketDrafter:
    return PolymarketDrafter(account(**changed), stamp=stamp)


def signer(caps: SigningCaps = CAPS, **changed: Any) -> PolymarketSigner:
    return PolymarketSigner(KEY, account(**changed), caps)
