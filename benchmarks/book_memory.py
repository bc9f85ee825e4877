"""P15: the memory of 50,000 outcomes' books with 30 + 30 levels: compact books, dict books, Nautilus.

Each figure is the growth of a fresh process's resident memory. Outcomes' names exist before: a catalogue holds them in
any case. Nautilus' books are alike, so a tenth of them is made and counted ten times.
"""

import gc
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.method import ROUNDS, Row, compare, deliver
from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.compact_books import CompactBook
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Nanos, Price, Size

BOOKS = 50_000
LEVELS = 30
_STATUS = Path("/proc/self/status")
_WHAT = "books of 50,000 outcomes, 60 levels each"


def book_memory() -> list[Row]:
    """Measure P15."""
    if not _STATUS.exists():
        why = "this system does not tell a process's resident memory in /proc"
        return [Row(id=id, what=_WHAT, unit="kB a book", absent=why) for id in ("p15-nautilus", "p15-dict")]  # noqa: A001
    found: dict[str, list[float]] = {kind: [] for kind in MAKERS}
    for _ in range(ROUNDS):
        for kind, figures in found.items():
            figures.append(_in_a_process(kind))
    ours = found["compact"]
    rows = (("p15-nautilus", "nautilus", "Nautilus OrderBook", 25), ("p15-dict", "dict", "two dicts a book", 4))
    return [
        compare(id, _WHAT, ours=ours, peer=peer, theirs=found[kind], unit="kB a book", bar=bar)
        for id, kind, peer, bar in rows  # noqa: A001
    ]


def make_compact() -> int:
    """Books as the product keeps them for outcomes that nobody watches."""
    outcomes = [OutcomeId(f"{number:077}") for number in range(BOOKS)]
    before = resident()
    books: dict[OutcomeId, CompactBook] = {}
    for number, outcome in enumerate(outcomes):
        book = books[outcome] = CompactBook(outcome)
        bids, asks = _sizes(number, Side.BUY), _sizes(number, Side.SELL)
        # Their time of receipt is a number of its own, as in life.
        received = Nanos(1_763_700_000_000_000_000 + number)
        book.replace(_levels(bids), _levels(asks), received)
    view: BookView = books[outcomes[-1]]
    assert [(level.price, level.size) for level in view.bids()] == list(_sizes(BOOKS - 1, Side.BUY).items())
    return resident() - before


def make_dicts() -> int:
    """What most bots keep: sizes by price, a dict for each side."""
    outcomes = [OutcomeId(f"{number:077}") for number in range(BOOKS)]
    before = resident()
    books = {outcome: (_sizes(number, Side.BUY), _sizes(number, Side.SELL)) for number, outcome in enumerate(outcomes)}
    assert max(books[outcomes[-1]][0]) == 5_000
    return resident() - before


def make_nautilus() -> int:
    """Nautilus' books, fed with deltas."""
    from nautilus_trader.model.book import OrderBook  # type: ignore[import-not-found]
    from nautilus_trader.model.data import BookOrder, OrderBookDelta  # type: ignore[import-not-found]
    from nautilus_trader.model.enums import BookAction, BookType, OrderSide  # type: ignore[import-not-found]

    from benchmarks.nautilus import binary_option, levels

    instrument = binary_option("T")
    prices = {tick * 10: instrument.make_price(tick / 1000) for tick in range(1, 1000)}
    part = BOOKS // 10
    before = resident()
    books = []
    for number in range(part):
        book = OrderBook(instrument.id, BookType.L2_MBP)
        for side, theirs in ((Side.BUY, OrderSide.BUY), (Side.SELL, OrderSide.SELL)):
            for price, size in _sizes(number, side).items():
                order = BookOrder(theirs, prices[price], instrument.make_qty(size / 1_000_000), 0)
                book.apply_delta(OrderBookDelta(instrument.id, BookAction.UPDATE, order, 0, 0, 0, 0))
        books.append(book)
    assert levels(books[-1].bids()) == list(_sizes(part - 1, Side.BUY).items())
    return (resident() - before) * 10


MAKERS: dict[str, Callable[[], int]] = {"compact": make_compact, "dict": make_dicts, "nautilus": make_nautilus}


def resident() -> int:
    """This process's resident memory in bytes."""
    gc.collect()
    for text in _STATUS.read_text().splitlines():
        if text.startswith("VmRSS:"):
            return int(text.split()[1]) * 1024
    raise ValueError(f"{_STATUS} does not tell VmRSS")


def _sizes(number: int, side: Side) -> dict[int, int]:
    step = -10 if side is Side.BUY else 10
    first = 5_000 if side is Side.BUY else 5_010
    return {first + step * place: (7 + number * 31 + place) * 10_000 for place in range(LEVELS)}


def _levels(sizes: dict[int, int]) -> Sequence[Level]:
    return [Level(Price(price), Size(size)) for price, size in sizes.items()]


def _in_a_process(kind: str) -> float:
    command = [sys.executable, "-m", "benchmarks.book_memory", "--kind", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / BOOKS / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--kind"]:
        print(MAKERS[sys.argv[2]]())
    else:
        deliver(book_memory, ["nautilus_trader"])
