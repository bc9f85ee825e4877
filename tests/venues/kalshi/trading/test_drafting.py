"""From legs to V2 bodies: what the venue will understand is what was meant, and what it would refuse never leaves."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import Leg, TimeInForce
from dutchbook.domain.units import ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.matching.messages import SelfTrade
from dutchbook.exchange.servers.kalshi.order_requests import CREATE, check_create, new_order
from dutchbook.exchange.servers.kalshi.strict_json import checked
from dutchbook.venues.kalshi.drafting import KalshiAccount, KalshiDrafter
from dutchbook.venues.kalshi.shards import Shards
from dutchbook.venues.trading import OrderDenied
from tests.conftest import protocol_samples
from tests.exchange.servers.kalshi.venue import BITCOIN, LEP, START, TAPERED, TENNIS, listing
from tests.venues.kalshi.trading.desk_side import leg
from tests.venues.kalshi.trading.orders import planned as order

SAMPLES = protocol_samples("kalshi/rest_demo")
MARKET = listing(LEP, TENNIS, "Lepchenko").market
FINE = msgspec.structs.replace(MARKET, grid=TAPERED)


def body(wanted: Leg, market: Market = MARKET, drafter: KalshiDrafter = KalshiDrafter()) -> dict[str, object]:  # noqa: B008
    found: dict[str, object] = msgspec.json.decode(drafter.draft(order(wanted), market, START).content)
    return found


def sent_body(case: str) -> dict[str, object]:
    meta = msgspec.json.decode((SAMPLES / f"{case}.meta.json").read_bytes())
    found: dict[str, object] = meta["request_body"]
    return found


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ("orders__create_v2_maker", leg(cents=1)),
        ("orders__create_v2_taker_ioc", None),
        ("orders__post_only_cross", leg(cents=99, post_only=True)),
    ],
)
def test_bodies_have_the_members_of_captured_ones(case: str, wanted: Leg | None) -> None:
    captured = sent_body(case)
    if wanted is None:
        wanted = leg(cents=round(float(str(captured["price"])) * 100), tif=TimeInForce.IOC)
    drafted = body(wanted, drafter=KalshiDrafter(KalshiAccount(cancel_on_pause=False)))
    captured.pop("client_order_id")
    assert drafted.pop("client_order_id") == "run-i1-1"
    assert drafted == {name: value for name, value in captured.items() if value is not False}


@pytest.mark.parametrize(
    ("wanted", "side", "price"),
    [
        (leg(Side.BUY, 33), "bid", "0.3300"),
        (leg(Side.SELL, 33), "ask", "0.3300"),
        (leg(Side.BUY, 33, no=True), "ask", "0.6700"),
        (leg(Side.SELL, 33, no=True), "bid", "0.6700"),
    ],
)
def test_no_is_the_other_side_of_yes(wanted: Leg, side: str, price: str) -> None:
    drafted = body(wanted)
    assert (drafted["side"], drafted["price"]) == (side, price)


def test_the_shard_the_account_and_the_expiry_are_named() -> None:
    market = msgspec.structs.replace(MARKET, shard=2)
    expires = Nanos(START + 90 * SECOND + 999)
    drafter = KalshiDrafter(KalshiAccount(subaccount=5))
    drafted = body(leg(tif=TimeInForce.GTD, expires=expires), market, drafter)
    assert drafted["exchange_index"] == 2
    assert drafted["subaccount"] == 5
    assert drafted["cancel_order_on_pause"] is True
    assert drafted["expiration_time"] == START // SECOND + 90
    assert drafted["time_in_force"] == "good_till_canceled"
    assert "exchange_index" not in body(leg())


def test_the_name_at_the_venue_is_the_orders_own_and_a_draft_repeats() -> None:
    one, other = (KalshiDrafter().draft(order(leg()), MARKET, START) for _ in range(2))
    assert one == other
    assert one.venue_id == "run-i1-1"


prices = st.sampled_from([Price(each) for each in range(1, 10_000) if TAPERED.contains(Price(each))])
sizes = st.integers(1, 10_000_000).map(lambda hundredths: Size(hundredths * 10_000))
tifs = st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])


@given(st.sampled_from(Side), st.booleans(), prices, sizes, tifs, st.booleans())
def test_the_exchange_understands_what_was_meant(
    side: Side, no: bool, price: Price, size: Size, tif: TimeInForce, post_only: bool
) -> None:
    outcome = FINE.no if no else FINE.yes
    post_only = post_only and tif is TimeInForce.GTC
    wanted = Leg(outcome, FINE.id, side, price, size, price, tif, post_only)
    drafted = checked(body(wanted, FINE), "CreateOrderV2Request", CREATE)
    check_create(drafted)
    meant = new_order(drafted, "o", "ann", FINE)
    assert meant.outcome == FINE.yes
    assert meant.price == (ONE - price if no else price)
    assert (meant.side is Side.BUY) is ((side is Side.BUY) is not no)
    assert (meant.size, meant.tif, meant.post_only) == (size, tif, post_only)
    assert meant.self_trade is SelfTrade.CANCEL_TAKER
    assert meant.client_id == "run-i1-1"


DENIED = [
    (leg(cents=0), "price 0.00"),
    (leg(cents=100), "price 1.00"),
    (leg(cents=100, no=True), "price 1.00"),
    (msgspec.structs.replace(leg(), limit=Price(4_050)), "grid"),
    (leg(contracts=0), "size"),
    (msgspec.structs.replace(leg(), size=Size(1_005_000)), "hundredths"),
    (msgspec.structs.replace(leg(), size=Size(9_999)), "at least 0.01"),
    (leg(tif=TimeInForce.FOK, post_only=True), "post-only"),
    (leg(tif=TimeInForce.GTD), "expiry"),
    (leg(expires=Nanos(START + 90 * SECOND)), "expiry"),
    (leg(tif=TimeInForce.GTD, expires=Nanos(START + 1)), "expire"),
    (leg(ticker="KXOTHER-1"), "no outcome"),
]


@pytest.mark.parametrize(("wanted", "said"), DENIED)
def test_what_the_venue_would_refuse_is_denied_in_one_line(wanted: Leg, said: str) -> None:
    with pytest.raises(OrderDenied, match=said) as denied:
        KalshiDrafter().draft(order(wanted), MARKET, START)
    assert "\n" not in str(denied.value)
    assert "run-i1-1" in str(denied.value)


@pytest.mark.parametrize("status", [status for status in MarketStatus if status is not MarketStatus.OPEN])
def test_a_market_that_is_not_open_is_denied(status: MarketStatus) -> None:
    with pytest.raises(OrderDenied, match=status):
        KalshiDrafter().draft(order(leg()), msgspec.structs.replace(MARKET, status=status), START)


@pytest.mark.parametrize("name", ["", "x" * 65, 'a","side":"ask', "a b", "ä"])
def test_a_name_that_could_break_the_body_is_denied(name: str) -> None:
    with pytest.raises(OrderDenied):
        KalshiDrafter().draft(order(leg(), name), MARKET, START)


def test_a_market_of_another_venue_is_denied() -> None:
    with pytest.raises(OrderDenied):
        KalshiDrafter().draft(order(leg()), msgspec.structs.replace(MARKET, venue=Venue.POLYMARKET), START)


def test_a_shard_without_money_is_told_where_the_money_is() -> None:
    shards = Shards()
    drafter = KalshiDrafter(shards=shards)
    market = msgspec.structs.replace(listing(BITCOIN, "KXBTC15M-26SEP061000", "up").market, shard=2)
    buying = order(leg(ticker=BITCOIN))
    drafter.draft(buying, market, START)  # nobody knows better yet
    shards.state({0: Money(98_018_600), 2: Money(0)}, ())
    with pytest.raises(OrderDenied, match=r"shard 2.*\$98\.0186 on shard 0.*move some") as denied:
        drafter.draft(buying, market, START)
    assert "\n" not in str(denied.value)
    drafter.draft(order(leg(Side.SELL, ticker=BITCOIN)), market, START)
    shards.state({0: Money(98_018_600), 2: Money(0)}, (market.id,))
    drafter.draft(buying, market, START)  # it may close what is held, which needs no money
    shards.state({0: Money(0), 2: Money(1_000_000)}, ())
    drafter.draft(buying, market, START)
