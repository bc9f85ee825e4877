"""Which fills of ours a trade holds: as taker or maker, at the price of the token that we traded, with our fee.

The top of a trade describes the taker; a maker finds itself in `maker_orders`, perhaps on the other token (a BUY of NO
met by a BUY of YES). One trade may meet several makers at several prices: a taker's fill is one for each price, so that
cash is exact.
"""

from collections.abc import Iterable, Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market, PolymarketFees
from dutchbook.domain.pricing.polymarket_fees import FeeRounding, polymarket_fee
from dutchbook.domain.units import ONE, PRICE_DECIMALS, SECOND, Money, Nanos, Price, Size, complement, exact, size_of
from dutchbook.venues.polymarket.order_wire import MakerOrder, Trade

AT = "@"
"""Between a trade's id and the price of one of its fills, where there are several."""
_FINER = 8
"""Decimals of an average price."""
_SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
_PREFIX = "TRADE_STATUS_"


class Piece(msgspec.Struct, frozen=True):
    """Part of an order that traded at one price."""

    fill: str
    price: Price
    size: Size
    fee: Money


class OwnTrade(msgspec.Struct, frozen=True):
    """What one order of ours has of a trade. `size` is all of it."""

    trade: str
    order: str
    outcome: OutcomeId
    market: MarketId
    side: Side
    maker: bool
    pieces: tuple[Piece, ...]
    size: Size
    at: Nanos


class Identity(msgspec.Struct, frozen=True):
    """Who we are: the API key's id, and the wallet that holds the money."""

    owner: str
    funder: str

    def owns(self, owner: str | None, wallet: str | None) -> bool:
        """Whether an order is ours by what the venue says of its owner."""
        return (bool(owner) and owner == self.owner) or (bool(wallet) and (wallet or "").lower() == self.funder.lower())


def own_trades(trade: Trade, market: Market, ours: Iterable[str], me: Identity) -> Sequence[OwnTrade]:
    """All that orders of ours have of a trade: those named in `ours`, and others that belong to us.

    Raises ValueError for numbers, sides or tokens that cannot be.
    """
    known = set(ours)
    at = Nanos(exact(trade.matched_s, 0) * SECOND)
    found: list[OwnTrade] = []
    if trade.taker_order_id in known or _takes(trade, me):
        found.append(_as_taker(trade, market, at))
    found.extend(
        _as_maker(trade.id, entry, market, at)
        for entry in trade.maker_orders or ()
        if entry.order_id in known or me.owns(entry.owner, entry.maker_address)
    )
    return found


def status_of(trade: Trade) -> str:
    """A trade's status without the prefix that REST may put before it."""
    return trade.status.upper().removeprefix(_PREFIX)


def orders_named(trade: Trade) -> Iterable[str]:
    """Every order that took part."""
    yield trade.taker_order_id
    for entry in trade.maker_orders or ():
        yield entry.order_id


def _takes(trade: Trade, me: Identity) -> bool:
    return trade.trader_side.upper() != "MAKER" and me.owns(trade.owner, trade.maker_address)


def _as_taker(trade: Trade, market: Market, at: Nanos) -> OwnTrade:
    outcome, side, size = _outcome(trade.asset_id, market), side_of(trade.side), _some(trade.size)
    prices: dict[Price, list[Size]] = {}
    for entry in trade.maker_orders or ():
        price = _price(entry.price)
        mine = price if _outcome(entry.asset_id, market) == outcome else complement(price)
        prices.setdefault(mine, []).append(_some(entry.matched_amount))
    if sum(map(sum, prices.values())) != size:  # the list is not whole: there is only the average
        prices = {_average(trade.price, side): [size]}
    pieces = tuple(
        Piece(
            fill=trade.id if len(prices) == 1 else f"{trade.id}{AT}{price}",
            price=price,
            size=Size(sum(sizes)),
            fee=Money(sum(_fee(market, price, part) for part in sizes)),
        )
        for price, sizes in sorted(prices.items())
    )
    return OwnTrade(
        trade.id, trade.taker_order_id, outcome, market.id, side, maker=False, pieces=pieces, size=size, at=at
    )


def _as_maker(trade: str, entry: MakerOrder, market: Market, at: Nanos) -> OwnTrade:
    price, size = _price(entry.price), _some(entry.matched_amount)
    fees = market.fees
    charged = isinstance(fees, PolymarketFees) and not fees.taker_only
    piece = Piece(trade, price, size, _fee(market, price, size) if charged else Money(0))
    outcome, side = _outcome(entry.asset_id, market), side_of(entry.side)
    return OwnTrade(trade, entry.order_id, outcome, market.id, side, maker=True, pieces=(piece,), size=size, at=at)


def _fee(market: Market, price: Price, size: Size) -> Money:
    """What the venue charges for one match, to five decimals; which way it rounds is undocumented (formulas F1)."""
    if not isinstance(market.fees, PolymarketFees):
        return Money(0)
    return polymarket_fee(market.fees, price, size, FeeRounding.HALF_UP)


def side_of(text: str) -> Side:
    """Raises ValueError for a side that is none."""
    side = _SIDES.get(text.upper())
    if side is None:
        raise ValueError(f"{text[:40]!r} is no side")
    return side


def _outcome(token: str, market: Market) -> OutcomeId:
    if token not in (market.yes, market.no):
        raise ValueError(f"token {token[:90]} does not belong to market {market.id}")
    return OutcomeId(token)


def _price(text: str) -> Price:
    value = exact(text, PRICE_DECIMALS)
    if not 0 < value < ONE:
        raise ValueError(f"{text!r} is no price to trade at")
    return Price(value)


def _average(text: str, side: Side) -> Price:
    """An average price on our scale, rounded against us."""
    value, step = exact(text, _FINER), 10 ** (_FINER - PRICE_DECIMALS)
    price = -(-value // step) if side is Side.BUY else value // step
    if not 0 <= price <= ONE:
        raise ValueError(f"{text!r} is no price")
    return Price(price)


def _some(text: str) -> Size:
    size = size_of(text)
    if not size:
        raise ValueError("a trade of nothing is none")
    return size
