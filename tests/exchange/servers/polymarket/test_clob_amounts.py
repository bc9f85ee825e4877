"""The two amounts of an order say exactly what its sender meant (protocol section 1.3)."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.units import CONTRACT, DOLLAR, Price
from dutchbook.exchange.servers.polymarket.clob_errors import Problem
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.order_amounts import AMOUNT_DECIMALS, Terms, terms_of
from dutchbook.exchange.servers.polymarket.signing import SignedOrder
from tests.conftest import protocol_samples

VECTORS = json.loads(protocol_samples("polymarket/vectors/amounts.json").read_text())
ticks = st.sampled_from(sorted(AMOUNT_DECIMALS))


def read(maker: int, taker: int, tick: int, *, buys: bool, immediate: bool) -> Terms:
    order = SignedOrder(
        salt=1,
        maker="0x" + "11" * 20,
        signer="0x" + "11" * 20,
        token=1,
        maker_amount=maker,
        taker_amount=taker,
        buys=buys,
        signature_type=0,
        timestamp=1,
        metadata=bytes(32),
        builder=bytes(32),
        signature=b"",
    )
    market = Market(
        id=MarketId("m"),
        venue=Venue.POLYMARKET,
        question=QuestionId("q"),
        title="?",
        yes=OutcomeId("1"),
        no=OutcomeId("2"),
        grid=PriceGrid.uniform(Price(tick)),
        min_size=5 * CONTRACT,  # type: ignore[arg-type]
        min_notional=DOLLAR,
        fees=NoFees(),
    )
    return terms_of(order, "0x", market, immediate=immediate, options=ClobOptions())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['kind']} {vector['side']} {vector['price']}")
def test_the_amounts_of_the_vectors_mean_their_prices(vector: dict[str, str]) -> None:
    buys, immediate = vector["side"] == "BUY", vector["kind"] == "market"
    maker, taker = int(vector["makerAmount"]), int(vector["takerAmount"])
    terms = read(maker, taker, int(Decimal(vector["tick"]) * 10_000), buys=buys, immediate=immediate)
    assert terms.price == Decimal(vector["price"]) * 10_000
    assert (terms.size, terms.spend) == ((0, maker) if immediate else (taker if buys else maker, None))


@given(ticks, st.data(), st.integers(500, 10**8), st.booleans())
def test_every_limit_order_is_read_as_it_was_meant(tick: int, data: st.DataObject, hundredths: int, buys: bool) -> None:
    price = tick * data.draw(st.integers(1, 10_000 // tick - 1))
    shares = hundredths * 10_000
    dollars = shares * price // 10_000
    maker, taker = (dollars, shares) if buys else (shares, dollars)
    assert read(maker, taker, tick, buys=buys, immediate=False) == Terms(Price(price), shares)  # type: ignore[arg-type]


@given(ticks, st.data(), st.integers(100, 10**8))
def test_a_market_buy_is_capped_where_its_sender_capped_it(tick: int, data: st.DataObject, cents: int) -> None:
    price = tick * data.draw(st.integers(1, 10_000 // tick - 1))
    dollars, unit = cents * 10_000, 10 ** (6 - AMOUNT_DECIMALS[tick])
    shares = dollars * 10_000 // price // unit * unit
    terms = read(dollars, shares, tick, buys=True, immediate=True)
    assert (terms.price, terms.spend) == (price, dollars)


@given(ticks, st.integers(1, 10**9), st.integers(1, 10**9), st.booleans(), st.booleans())
def test_no_order_is_read_dearer_than_it_was_signed(tick: int, maker: int, taker: int, buys: bool, now: bool) -> None:
    try:
        terms = read(maker, taker, tick, buys=buys, immediate=now)
    except Problem:
        return
    dollars, shares = (maker, taker) if buys else (taker, maker)
    assert terms.price * shares <= dollars * 10_000 if buys else terms.price * shares >= dollars * 10_000
    assert terms.price % tick == 0
