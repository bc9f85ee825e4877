"""Orders get their names before they leave, or are refused in one line."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.servers.polymarket import signing as venue
from dutchbook.venues.polymarket.contracts import CHAIN, NO_BUILDER, Exchange
from dutchbook.venues.polymarket.order_content import ORDER_TYPES, unpacked
from dutchbook.venues.trading import OrderDenied
from tests.venues.polymarket.trading.orders import NOW, TOKEN, V3_TOKEN, account, drafter, market, order

SAFE = "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8"
DEPOSIT = "0x6F908B3B67b9F9C40413775fFf48b286aeF9a081"
BUILDER = "0x" + "b1" * 32


def denied(changed: dict[str, Any], now: Nanos = NOW, **listed: Any) -> str:
    """Why an order is refused, as one line."""
    with pytest.raises(OrderDenied) as caught:
        drafter().draft(order(**changed), market(**listed), now)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_draft_says_what_the_order_asks_for() -> None:
    prepared = drafter().draft(order(), market(), NOW)
    content = unpacked(prepared.content)
    assert (content.maker_amount, content.taker_amount, content.sells) == (53_000_000, 100_000_000, False)
    assert content.timestamp_ms == NOW // MILLISECOND
    assert 0 <= content.salt < 1 << 53
    assert (content.exchange, ORDER_TYPES[content.order_type]) == (Exchange.STANDARD, "GTC")
    assert (content.post_only, content.expiration) == (False, 0)
    assert prepared.order == order()
    assert len(prepared.venue_id) == 66


@pytest.mark.parametrize(
    ("tif", "kind"),
    [(TimeInForce.GTC, "GTC"), (TimeInForce.FOK, "FOK"), (TimeInForce.IOC, "FAK"), (TimeInForce.GTD, "GTD")],
)
def test_each_time_in_force_has_its_word(tif: TimeInForce, kind: str) -> None:
    expires = Nanos(NOW + 300 * SECOND) if tif is TimeInForce.GTD else None
    content = unpacked(drafter().draft(order(tif=tif, expires=expires), market(), NOW).content)
    assert ORDER_TYPES[content.order_type] == kind


@pytest.mark.parametrize(
    ("outcome", "neg_risk", "exchange"),
    [
        (TOKEN, False, Exchange.STANDARD),
        (TOKEN, True, Exchange.NEG_RISK),
        (V3_TOKEN, False, Exchange.V3),
        (V3_TOKEN, True, Exchange.V3),
    ],
)
def test_the_exchange_follows_from_the_market(outcome: OutcomeId, neg_risk: bool, exchange: Exchange) -> None:
    listed = market(yes=outcome, neg_risk=neg_risk)
    content = unpacked(drafter().draft(order(outcome=outcome), listed, NOW).content)
    assert content.exchange is exchange


@pytest.mark.parametrize("generation", [2, 3])
@pytest.mark.parametrize(("funder", "kind"), [("", 0), (SAFE, 2), (DEPOSIT, 3)])
def test_the_name_is_the_digest_that_the_venue_works_out(generation: int, funder: str, kind: int) -> None:
    outcome = TOKEN if generation == 2 else V3_TOKEN
    mine = account(funder=funder, builder=BUILDER)
    prepared = drafter(funder=funder, builder=BUILDER).draft(
        order(outcome=outcome, side=Side.SELL), market(yes=outcome), NOW
    )
    content = unpacked(prepared.content)
    signed = venue.SignedOrder(
        salt=content.salt,
        maker=mine.funder.lower(),
        signer=(mine.funder if kind == 3 else mine.address).lower(),
        token=int(outcome),
        maker_amount=100_000_000,
        taker_amount=53_000_000,
        buys=False,
        signature_type=kind,
        timestamp=NOW // MILLISECOND,
        metadata=bytes(32),
        builder=bytes.fromhex(BUILDER[2:]),
        signature=b"",
    )
    separator = venue.exchange_separator(generation, content.exchange.address, CHAIN)
    assert prepared.venue_id == "0x" + venue.typed_digest(separator, venue.order_struct(signed)).hex()


def test_the_same_order_at_the_same_time_has_the_same_name_and_no_other_has() -> None:
    first = drafter().draft(order(), market(), NOW)
    assert drafter().draft(order(), market(), NOW) == first
    others = [
        drafter().draft(order("run-i1-2"), market(), NOW),
        drafter().draft(order(), market(), Nanos(NOW + MILLISECOND)),
        drafter(salt_seed="another").draft(order(), market(), NOW),
        drafter(builder=BUILDER).draft(order(), market(), NOW),
        drafter().draft(order(limit=Price(5_200)), market(), NOW),
    ]
    assert len({first.venue_id, *(other.venue_id for other in others)}) == 6


@given(st.lists(st.text(min_size=1, max_size=64), unique=True, min_size=2, max_size=20))
def test_salts_differ_where_ids_do(names: list[str]) -> None:
    mine = drafter()
    salts = [unpacked(mine.draft(order(name), market(), NOW).content).salt for name in names]
    assert len(set(salts)) == len(names)


def test_what_the_market_does_not_take_is_refused_by_name() -> None:
    assert "is not on the price grid of 0.01" in denied({"limit": Price(5_350)})
    assert "is not on the price grid" in denied({"limit": Price(0)})
    assert "is not on the price grid" in denied({"limit": Price(10_000)})
    assert "takes no orders" in denied({}, status=MarketStatus.RESOLVED)
    assert "takes no orders" in denied({}, status=MarketStatus.PAUSED)
    assert "no outcome of" in denied({"market": MarketId("0x01")})
    assert "no outcome of" in denied({"outcome": OutcomeId("1")})
    assert "no outcome of" in denied({}, venue=Venue.KALSHI)
    assert "is no token id" in denied({"outcome": OutcomeId("007")}, yes=OutcomeId("007"))
    assert "is no token id" in denied({"outcome": OutcomeId("9" * 78)}, yes=OutcomeId("9" * 78))
    assert "post-only goes with" in denied({"post_only": True, "tif": TimeInForce.FOK})


def test_a_coarser_grid_after_the_decision_refuses_the_order() -> None:
    fine = order(limit=Price(5_310))
    drafter().draft(fine, market(tick=10), NOW)
    with pytest.raises(OrderDenied, match="price it on the current grid"):
        drafter().draft(fine, market(tick=100), NOW)


def test_sizes_are_refused_and_never_rounded() -> None:
    assert "use a multiple of 0.01" in denied({"size": Size(100 * CONTRACT + 1)})
    assert "cannot be asked for exactly" in denied({"size": Size(0)})
    assert "cannot be asked for exactly" in denied({"size": Size(-CONTRACT)})
    assert "use a multiple of 1.00" in denied({"size": Size(10_500_000), "tif": TimeInForce.FOK})
    assert "below the minimum of 5.00" in denied({"size": Size(4 * CONTRACT)})
    assert "below the minimum of 1.00 dollars" in denied({"size": Size(CONTRACT), "tif": TimeInForce.IOC})
    drafter().draft(order(size=Size(2 * CONTRACT), tif=TimeInForce.FOK, limit=Price(5_000)), market(), NOW)
    drafter().draft(order(size=Size(5 * CONTRACT)), market(), NOW)
    selling = {"side": Side.SELL, "tif": TimeInForce.FOK}
    drafter().draft(order(size=Size(10_510_000), **selling), market(), NOW)
    assert "use a multiple of 0.10" in denied({"size": Size(10_510_000), "limit": Price(5_670), **selling}, tick=10)
    assert "no tick size" in denied({"tif": TimeInForce.FOK, "limit": Price(5_200)}, tick=400)


def test_a_purchase_that_does_not_rest_spends_no_more_than_size_times_limit() -> None:
    content = unpacked(drafter().draft(order(tif=TimeInForce.FOK), market(), NOW).content)
    assert (content.maker_amount, content.taker_amount) == (53_000_000, 100_000_000)


def test_an_expiration_is_stated_a_minute_late_and_never_lets_the_order_live_longer() -> None:
    ends = Nanos(NOW + 120 * SECOND + 999_999_999)
    content = unpacked(drafter().draft(order(tif=TimeInForce.GTD, expires=ends), market(), NOW).content)
    assert content.expiration == NOW // SECOND + 180
    assert content.expiration * SECOND - 60 * SECOND <= ends
    near = {"tif": TimeInForce.GTD, "expires": Nanos(NOW + 120 * SECOND - 1)}
    assert "must live 120 seconds" in denied(near)
    assert "must live 120 seconds" in denied({**near, "expires": Nanos(NOW + 120 * SECOND)}, Nanos(NOW + 1))
    assert "needs a time to expire at" in denied({"tif": TimeInForce.GTD})
    assert "has no expiration" in denied({"expires": Nanos(NOW + 300 * SECOND)})


COARSE = Nanos(10 * SECOND)
STEP = Nanos(NOW // COARSE * COARSE)


def test_an_order_has_the_same_name_whether_it_was_drafted_ahead_or_not() -> None:
    early, late = drafter(stamp=COARSE), drafter(stamp=COARSE)
    content = early.draft_ahead(order(), market(), STEP).content
    then = Nanos(STEP + COARSE - 1)
    taken = early.draft(order(expected=Price(5_200)), market(), then)
    assert taken == late.draft(order(expected=Price(5_200)), market(), then)
    assert (taken.content, taken.order) == (content, order(expected=Price(5_200)))
    assert unpacked(content).timestamp_ms == STEP // MILLISECOND
    assert early.draft(order(), market(), then).content == content


def test_what_was_drafted_ahead_is_not_taken_once_its_step_of_time_is_over_or_the_market_changed() -> None:
    listed = market()
    for now, then in (
        (Nanos(STEP + COARSE), listed),
        (Nanos(STEP - 1), listed),
        (STEP, msgspec.structs.replace(listed, neg_risk=True)),
    ):
        mine = drafter(stamp=COARSE)
        content = mine.draft_ahead(order(), listed, STEP).content
        assert mine.draft(order(), then, now).content != content
        assert mine.draft(order(), then, now) == drafter(stamp=COARSE).draft(order(), then, now)
    mine = drafter(stamp=COARSE)
    content = mine.draft_ahead(order(), listed, STEP).content
    mine.forget_ahead()
    assert mine.draft(order(), listed, STEP).content == content


def test_other_orders_do_not_take_it() -> None:
    listed = market()
    for changed in (
        {"limit": Price(5_400)},
        {"side": Side.SELL},
        {"size": Size(99 * CONTRACT)},
        {"tif": TimeInForce.FOK},
        {"post_only": True},
    ):
        mine = drafter(stamp=COARSE)
        content = mine.draft_ahead(order(), listed, STEP).content
        assert mine.draft(order(**changed), listed, STEP).content != content
    assert mine.draft(order("run-i1-2"), listed, STEP).content != content


def test_nothing_with_an_expiration_is_drafted_ahead() -> None:
    with pytest.raises(OrderDenied, match="not drafted ahead"):
        drafter().draft_ahead(order(tif=TimeInForce.GTD, expires=Nanos(NOW + 300 * SECOND)), market(), NOW)


def test_an_order_names_no_builder_unless_the_account_does() -> None:
    assert unpacked(drafter().draft(order(), market(), NOW).content).tail == bytes(64)
    assert account().builder == NO_BUILDER
    assert Money(DOLLAR) == market().min_notional
