"""Books on the socket: bids of both outcomes, whole and as signed changes (protocol section 8.5)."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.units import ONE, Nanos, Price, Size
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import LevelMove, Pair
from dutchbook.exchange.servers.kalshi.formats import count_text, millis, price_text, time_text

_encode = msgspec.json.Encoder().encode


def snapshot_body(
    listing: Listing, bids: Sequence[Level], asks: Sequence[Level], *, yes_price: bool, listed: bool = True
) -> bytes:
    """A whole book of YES (best first) as Kalshi says it: best last, and no key for a side without orders.

    With `yes_price` the NO side is quoted as asks of YES; that its order stays (best last) is an assumption.
    """
    body: dict[str, object] = {"market_ticker": listing.id, "market_id": listing.number if listed else ""}
    if bids:
        body["yes_dollars_fp"] = [(price_text(level.price), count_text(level.size)) for level in reversed(bids)]
    if asks:
        body["no_dollars_fp"] = [
            (price_text(level.price if yes_price else ONE - level.price), count_text(level.size))
            for level in reversed(asks)
        ]
    return _encode(body)


def delta_body(
    listing: Listing, move: LevelMove, at: Nanos, *, yes_price: bool, own: tuple[str, int] | None = None
) -> bytes:
    """One change. `own` is client id and subaccount, for the connections of the account whose order caused it."""
    bid = move.side is Side.BUY
    body: dict[str, object] = {
        "market_ticker": listing.id,
        "market_id": listing.number,
        "price_dollars": price_text(move.price if bid or yes_price else ONE - move.price),
        "delta_fp": count_text(move.delta),
        "side": "yes" if bid else "no",
        "ts": time_text(at),
        "ts_ms": millis(at),
    }
    if own is not None:
        body["client_order_id"], body["subaccount"] = own
    return _encode(body)


def eaten(pair: Pair, yes: str) -> LevelMove:
    """What a match took from the book: the maker's side of it, one change for each maker order."""
    maker = pair.maker
    bid = (maker.side is Side.BUY) == (maker.outcome == yes)
    price = maker.price if maker.outcome == yes else Price(ONE - maker.price)
    return LevelMove(Side.BUY if bid else Side.SELL, price, Size(0), -pair.size)
