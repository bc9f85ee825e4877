"""P8: Polymarket's book hash after every update of a book of 90 levels, against the official client's helper.

Ours keeps each level as text, replaces one and hashes the joined whole. The helper builds the JSON of the book anew.
"""

from collections.abc import Callable
from itertools import cycle

from py_clob_client_v2.clob_types import OrderBookSummary, OrderSummary  # type: ignore[import-not-found]
from py_clob_client_v2.utilities import generate_orderbook_summary_hash  # type: ignore[import-not-found]

from benchmarks.method import Candidate, Row, compare, deliver, interleave, scaled
from dutchbook.domain.book import Level, Side
from dutchbook.domain.units import Price, Size
from dutchbook.venues.polymarket import wire
from dutchbook.venues.polymarket.book_hash import HashedBook, Terms

LEVELS = 45
MARKET = "0x" + "ab" * 32
TOKEN = "7" * 77
AT = 1_763_700_000_123
UNIT = 10
"""Price units in a tick."""

type Change = tuple[Side, int, int, str]
"""A level of a side from the best (0), its new size in hundredths, and the same as text."""


def book_hash() -> list[Row]:
    """Measure P8."""
    ours, theirs = _ours(), _theirs()
    changes: list[Change] = [
        (Side.SELL if step % 2 else Side.BUY, step * 7 % LEVELS, size, f"{size / 100:.2f}")
        for step, size in enumerate(_sizes(500))
    ]
    for change in changes:
        assert ours(change) == theirs(change), f"hashes differ after {change}"
    found = interleave({"ours": _each(ours, changes), "theirs": _each(theirs, changes)})
    return [
        compare(
            "p8",
            "book hash after every update, 90 levels",
            ours=scaled(found["ours"]),
            peer="py-clob-client-v2's helper",
            theirs=scaled(found["theirs"]),
            unit="us an update",
            bar=8,
        )
    ]


def _sizes(first: int) -> range:
    return range(first, first + 199 * 37, 37)


def _each(apply: Callable[[Change], str], changes: list[Change]) -> Candidate:
    following = cycle(changes)
    return Candidate(lambda: apply(next(following)))


def _ours() -> Callable[[Change], str]:
    bids = tuple(wire.Level(f"{(500 - step) / 1000:.3f}", f"{500 + step}.00") for step in reversed(range(LEVELS)))
    asks = tuple(wire.Level(f"{(501 + step) / 1000:.3f}", f"{900 + step}.00") for step in reversed(range(LEVELS)))
    terms = Terms("5", True, "0.001", "0.5")
    book = HashedBook(wire.Book(MARKET, TOKEN, AT, bids, asks), _levels(bids), _levels(asks), terms)

    def update(change: Change) -> str:
        side, step, size, text = change
        if side is Side.BUY:
            book.set_bid((500 - step) * UNIT, size, f"0.{500 - step}", text)
        else:
            book.set_ask((501 + step) * UNIT, size, f"0.{501 + step}", text)
        return book.digest(AT)

    return update


def _levels(rows: tuple[wire.Level, ...]) -> list[Level]:
    return [Level(Price(int(row.price[2:]) * UNIT), Size(1)) for row in rows]


def _theirs() -> Callable[[Change], str]:
    def side(first: int, step: int, size: int) -> list[OrderSummary]:
        prices = [first + step * place for place in range(LEVELS)]
        return [OrderSummary(f"{tick / 1000:.3f}", f"{size + abs(tick - first)}.00") for tick in prices]

    bids, asks = side(500, -1, 500)[::-1], side(501, 1, 900)[::-1]
    book = OrderBookSummary(
        market=MARKET,
        asset_id=TOKEN,
        timestamp=str(AT),
        bids=bids,
        asks=asks,
        min_order_size="5",
        neg_risk=True,
        tick_size="0.001",
        last_trade_price="0.5",
        hash="",
    )

    def update(change: Change) -> str:
        side, step, _, text = change
        (bids if side is Side.BUY else asks)[LEVELS - 1 - step].size = text
        found: str = generate_orderbook_summary_hash(book)
        return found

    return update


if __name__ == "__main__":
    deliver(book_hash, ["py-clob-client-v2"])
