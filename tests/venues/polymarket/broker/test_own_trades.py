"""What of a trade is ours, at which price, and what it costs."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.markets import Market, NoFees, PolymarketFees
from dutchbook.domain.pricing.polymarket_fees import FeeRounding, polymarket_fee
from dutchbook.domain.units import CONTRACT, Price, Size
from dutchbook.venues.polymarket import order_wire as wire
from dutchbook.venues.polymarket.own_trades import Identity, OwnTrade, own_trades
from tests.venues.polymarket.broker.telling import FUNDER, KEY_ID, MARKET, Match, name, order, trade

ME = Identity(KEY_ID, FUNDER)
SENT = order(1)


def read(row: dict[str, Any], market: Market = MARKET) -> list[OwnTrade]:
    parsed = wire.read_trade(msgspec.json.encode(row))
    return list(own_trades(parsed, market, [SENT.venue_id], ME))


def with_makers(*makers: tuple[str, str, bool], price: str = "0.5") -> dict[str, Any]:
    """A trade of ours as taker that met makers: their price, size, and whether theirs was the other token."""
    row = trade(SENT, Match("t", 10), "MATCHED")
    [entry] = row["maker_orders"]
    row["maker_orders"] = [
        {**entry, "order_id": name(500 + n), "price": at, "matched_amount": size, "asset_id": "222" if other else "111"}
        for n, (at, size, other) in enumerate(makers)
    ]
    return {**row, "price": price}


def test_one_price_is_one_fill_under_the_trades_own_name() -> None:
    [own] = read(with_makers(("0.5", "4", False), ("0.5", "6", True)))
    [piece] = own.pieces
    assert (piece.fill, piece.price, piece.size) == ("t", 5_000, 10 * CONTRACT)
    assert piece.fee == 40_000 + 60_000


def test_several_prices_are_fills_that_carry_them_whatever_the_order_of_the_list() -> None:
    makers = [("0.48", "4", False), ("0.51", "1", True), ("0.5", "5", False)]
    [own], [again] = read(with_makers(*makers)), read(with_makers(*reversed(makers)))
    assert own.pieces == again.pieces
    assert [(piece.fill, piece.price) for piece in own.pieces] == [
        ("t@4800", 4_800),
        ("t@4900", 4_900),
        ("t@5000", 5_000),
    ]


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, 4_934), (Side.SELL, 4_933)])
def test_a_list_that_is_not_whole_leaves_the_average_rounded_against_us(side: Side, price: int) -> None:
    row = with_makers(("0.48", "4", False), price="0.493333") | {"side": side.upper()}
    [own] = read(row)
    assert [(piece.fill, piece.price, piece.size) for piece in own.pieces] == [("t", price, 10 * CONTRACT)]


def test_a_maker_pays_nothing_unless_the_market_says_so() -> None:
    row = trade(SENT, Match("t", 10, maker=True), "MATCHED")
    [own] = read(row)
    assert own.pieces[0].fee == 0
    dear = msgspec.structs.replace(MARKET, fees=PolymarketFees(rate_ppm=40_000, taker_only=False))
    [own] = read(row, dear)
    assert own.pieces[0].fee == 100_000
    [own] = read(row, msgspec.structs.replace(MARKET, fees=NoFees()))
    assert own.pieces[0].fee == 0


def test_the_top_of_a_makers_trade_is_not_ours_though_it_names_our_key() -> None:
    """The top may repeat our key where we were the maker: the side of the trade decides."""
    row = trade(order(7), Match("t", 4, maker=True), "MATCHED")
    row["owner"] = KEY_ID
    assert [own.maker for own in read(row)] == [True]


def test_our_wallet_is_ours_under_another_key_and_in_other_capitals() -> None:
    row = trade(order(7), Match("t", 4), "MATCHED") | {"owner": "another-key", "maker_address": FUNDER.upper()}
    assert [own.order for own in read(row)] == [order(7).venue_id]


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 10**9), st.booleans()), min_size=1, max_size=6))
def test_size_money_and_fees_are_those_of_the_matches(makers: list[tuple[int, int, bool]]) -> None:
    row = with_makers(*((f"0.{cents:02d}", _text(size), other) for cents, size, other in makers))
    row["size"] = _text(sum(size for _, size, _ in makers))
    [own] = read(row)
    mine = [(Price(10_000 - 100 * cents if other else 100 * cents), Size(size)) for cents, size, other in makers]
    assert sum(piece.size for piece in own.pieces) == own.size == sum(size for _, size in mine)
    assert sum(piece.price * piece.size for piece in own.pieces) == sum(price * size for price, size in mine)
    assert isinstance(MARKET.fees, PolymarketFees)
    fees = sum(polymarket_fee(MARKET.fees, price, size, FeeRounding.HALF_UP) for price, size in mine)
    assert sum(piece.fee for piece in own.pieces) == fees


def _text(size: int) -> str:
    return f"{size // CONTRACT}.{size % CONTRACT:06d}"
