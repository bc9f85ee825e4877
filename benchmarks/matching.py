"""Matching: one tape of orders and cancels through our book and through public Python engines; the tail of a deep book.

The tape is limit orders around a middle, orders that cross it, and cancels, on a book with ten thousand orders at rest.
The peers know neither accounts nor fees nor events, so it is our book alone that is compared. Its orders are numbers;
`match-orders` adds the objects that the exchange keeps of an order, and the row of the whole exchange says what all the
rest costs. Every engine must end with the same volume traded and the same size at rest.
"""

import gc
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random

import msgspec
from lightmatchingengine.lightmatchingengine import LightMatchingEngine  # type: ignore[import-not-found]
from orderbook import Order as QuickOrder  # type: ignore[import-not-found]
from orderbook import OrderBook as QuickBook
from orderbook import OrderSide
from pyorderbook import Book as PyBook  # type: ignore[import-not-found]
from pyorderbook import ask, bid

from benchmarks.method import CPU, ROUNDS, Row, compare, deliver, limit, scaled
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.book import ASK, BID, Entry, leave, rest, resting
from dutchbook.exchange.matching.book import fill as fill_order
from dutchbook.exchange.matching.messages import NewOrder, OrderState
from dutchbook.exchange.matching.order_book import OrderBook, new_book
from dutchbook.exchange.matching.sweep import sweep
from dutchbook.exchange.rules import POLYMARKET

RESTING = 10_000
_WITH_ORDERS = "the same, our orders made in the time, as the peer's are"
STEPS = 20_000
_START = Nanos(1_790_000_000 * 10**9)
_YES, _NO, _MARKET = OutcomeId("yes"), OutcomeId("no"), MarketId("m")


class Step(msgspec.Struct, frozen=True, gc=False):
    """An order (`price` in cents, `size` in contracts), or the cancel of an earlier one where `size` is 0."""

    id: int
    buys: bool
    price: int
    size: int


class Ended(msgspec.Struct, frozen=True):
    """What an engine did: contracts traded, contracts at rest, and seconds for one step."""

    traded: int
    resting: int
    seconds: float


class _Stopped:
    """A clock that stands still."""

    def now(self) -> Nanos:
        return _START


def tape() -> tuple[list[Step], list[Step]]:
    """What fills the book, and what is timed."""
    rng = Random(5)
    fill = [_order(rng, number) for number in range(RESTING)]
    live, steps, number = list(range(RESTING)), list[Step](), RESTING
    for _ in range(STEPS):
        if rng.random() < 0.43:
            place = rng.randrange(len(live))
            live[place], live[-1] = live[-1], live[place]
            steps.append(Step(live.pop(), False, 0, 0))
            continue
        step = _order(rng, number)
        if rng.random() < 0.2:
            step = Step(number, step.buys, 53 if step.buys else 48, step.size)
        steps.append(step)
        live.append(number)
        number += 1
    return fill, steps


def _order(rng: Random, number: int) -> Step:
    away = 1 + min(28, int(rng.expovariate(0.15)))
    buys = rng.random() < 0.5
    return Step(number, buys, 50 - away if buys else 50 + away, rng.randint(5, 100))


def _play(fill: Sequence[Step], steps: Sequence[Step], act: Callable[[Step], None]) -> float:
    """CPU seconds for one step, the filling not counted."""
    for step in fill:
        act(step)
    gc.collect()
    gc.disable()
    try:
        began = CPU()
        for step in steps:
            act(step)
        return (CPU() - began) / 1e9 / len(steps)
    finally:
        gc.enable()


def _new(step: Step) -> NewOrder:
    return NewOrder(
        id=str(step.id),
        account="maker",
        market=_MARKET,
        outcome=_YES,
        side=Side.BUY if step.buys else Side.SELL,
        price=Price(100 * step.price),
        size=Size(step.size * CONTRACT),
    )


def _listing() -> Listing:
    market = Market(
        id=_MARKET,
        venue=Venue.POLYMARKET,
        question=QuestionId("q"),
        title="A market",
        yes=_YES,
        no=_NO,
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(CONTRACT),
        fees=NoFees(),
    )
    return Listing(market=market, slug="m", number="1", created=_START)


def our_book(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """The book that the exchange has for a market, called as it calls it: what it is given and gives back are numbers.

    Prices and sizes in our units are prepared outside of the time, as the peers' decimals are; rows are kept as the
    book's users must.
    """
    book: OrderBook[int] = new_book()
    rows, traded = [0] * (len(fill) + len(steps)), 0
    prices = {cents: Price(100 * cents) for cents in range(100)}
    sizes = {contracts: Size(contracts * CONTRACT) for contracts in range(101)}

    def act(step: Step) -> None:
        nonlocal traded
        number, contracts = step.id, step.size
        if not contracts:
            row = rows[number]
            if row:
                book.remove(row)
                rows[number] = 0
            return
        bid, price, size = step.buys, prices[step.price], sizes[contracts]
        left: int = size
        if book.crosses(bid, price):
            for maker, part in zip(*book.reach(bid, price, size), strict=True):
                left -= part
                if not book.fill(rows[maker], part):
                    rows[maker] = 0
            traded += size - left
        if left:
            rows[number] = book.add(bid, price, left, number)

    seconds = _play(fill, steps, act)
    resting = sum(book.level(bid, rank)[1] for bid in (BID, ASK) for rank in range(book.depth(bid)))
    return Ended(traded // CONTRACT, resting // CONTRACT, seconds)


def our_orders(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """The same book with the exchange's own orders, which are made in the time: a message and what it keeps of it."""
    market, owner = MarketState(_listing(), watched=False), Account("maker")
    orders, traded = dict[int, Entry](), 0

    def act(step: Step) -> None:
        nonlocal traded
        if not step.size:
            order = orders[step.id]
            if order.row:
                leave(order)
            return
        order = orders[step.id] = Entry(_new(step), _START, owner, market, bid=step.buys)
        if market.book.crosses(order.bid, order.price):
            found = sweep(order, order.remaining)
            for maker, size in zip(found.makers, found.sizes, strict=True):
                fill_order(maker, size)
            order.remaining = Size(found.left)
            traded += found.filled
        if order.remaining:
            rest(order)

    seconds = _play(fill, steps, act)
    return Ended(traded // CONTRACT, sum(order.remaining for order in resting(market.book)) // CONTRACT, seconds)


def our_exchange(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """The same tape through a whole exchange: admission, balances, events, accounts, settlement begun."""
    exchange = _exchange()
    traded = 0

    def act(step: Step) -> None:
        nonlocal traded
        if step.size:
            order = exchange.submit(_new(step))
            traded += order.filled
            return
        known = exchange.order(str(step.id))
        if known is not None and known.state is OrderState.LIVE:  # else it was filled: the tape does not know
            exchange.cancel("maker", str(step.id))

    seconds = _play(fill, steps, act)
    levels = [level for side in exchange.book(_MARKET) for level in side]
    return Ended(traded // CONTRACT, sum(level.size for level in levels) // CONTRACT, seconds)


def _exchange() -> Exchange:
    exchange = Exchange(POLYMARKET, _Stopped(), Random(1))
    exchange.add_market(_listing())
    exchange.open_account("maker", Money(10**9 * DOLLAR))
    exchange.split("maker", _MARKET, Size(10**8 * CONTRACT))
    return exchange


def quick_book(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """akhil4n-orderbook: decimals prepared outside of the time, ids kept as its users must."""
    book, ids = QuickBook(), dict[int, str]()
    prices = {cents: Decimal(cents) / 100 for cents in range(100)}

    def act(step: Step) -> None:
        if not step.size:
            book.cancel_order(ids[step.id])
            return
        side = OrderSide.BID if step.buys else OrderSide.ASK
        order = QuickOrder(side=side, price=prices[step.price], original_quantity=step.size)
        ids[step.id] = order.order_id
        book.add_limit_order(order)

    seconds = _play(fill, steps, act)
    resting = sum(order.remaining_quantity for _, order in book.orders.values())
    return Ended(sum(trade.quantity_filled for trade in book.trade_log), resting, seconds)


def py_book(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """pyorderbook, its logging silenced."""
    logging.getLogger("pyorderbook.book").disabled = True
    book, orders, traded = PyBook(), dict[int, object](), 0

    def act(step: Step) -> None:
        nonlocal traded
        if not step.size:
            order = orders[step.id]
            if book.get_order(order.id) is not None:  # type: ignore[attr-defined]
                book.cancel(order)
            return
        order = orders[step.id] = (bid if step.buys else ask)("m", step.price / 100, step.size)
        blotter = book.match(order)
        if blotter.trades:
            traded += sum(trade.fill_quantity for trade in blotter.trades)

    seconds = _play(fill, steps, act)
    return Ended(traded, sum(order.quantity for order in book.order_map.values()), seconds)


def light_engine(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """lightmatchingengine; cancels of orders that were filled are left out, it trips over them."""
    engine, orders, traded = LightMatchingEngine(), dict[int, object](), 0

    def act(step: Step) -> None:
        nonlocal traded
        if not step.size:
            order = orders[step.id]
            if order.leaves_qty:  # type: ignore[attr-defined]
                engine.cancel_order(order.order_id, "m")  # type: ignore[attr-defined]
            return
        order, trades = engine.add_order("m", step.price, step.size, 1 if step.buys else 2)
        orders[step.id] = order
        traded += order.cum_qty if trades else 0

    seconds = _play(fill, steps, act)
    book = engine.order_books["m"]
    resting = sum(each.leaves_qty for side in (book.bids, book.asks) for level in side.values() for each in level)
    return Ended(traded, resting, seconds)


def tails() -> tuple[list[float], list[float]]:
    """How many medians the 99th percentile of an insert is, and of a cancel, at ten thousand orders; per round."""
    inserts, cancels = list[float](), list[float]()
    for seed in range(ROUNDS):
        rng, exchange = Random(seed), _exchange()
        steps = [_order(rng, number) for number in range(RESTING + 5_000)]
        for step in steps[:RESTING]:
            exchange.submit(_new(step))
        gc.collect()
        times: tuple[list[int], list[int]] = ([], [])
        for step in steps[RESTING:]:
            began = CPU()
            exchange.submit(_new(step))
            placed = CPU()
            exchange.cancel("maker", str(step.id - RESTING))
            times[0].append(placed - began)
            times[1].append(CPU() - placed)
        inserts.append(_tail(times[0]))
        cancels.append(_tail(times[1]))
    return inserts, cancels


def _tail(times: list[int]) -> float:
    times.sort()
    return times[len(times) * 99 // 100] / times[len(times) // 2]


def matching() -> list[Row]:
    """Measure the matching engine."""
    fill, steps = tape()
    engines = {
        "book": our_book,
        "orders": our_orders,
        "exchange": our_exchange,
        "quick": quick_book,
        "py": py_book,
        "light": light_engine,
    }
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        ended = {name: engine(fill, steps) for name, engine in engines.items()}
        same = {(end.traded, end.resting) for end in ended.values()}
        assert len(same) == 1, f"the engines disagree: {ended}"
        for name, end in ended.items():
            seconds[name].append(end.seconds)
    inserts, cancels = tails()
    what = f"an order or cancel through the book, {RESTING:,} at rest"
    return [
        _against("match", what, seconds, "quick", "akhil4n-orderbook"),
        _against("match-orders", _WITH_ORDERS, seconds, "quick", "akhil4n-orderbook", "orders", bar=5),
        _against("match-py", what, seconds, "py", "pyorderbook"),
        _against("match-light", what, seconds, "light", "lightmatchingengine"),
        limit("match-all", "the same through the whole exchange", ours=scaled(seconds["exchange"]), unit="us"),
        limit("match-insert", "an insert's 99th percentile, in medians", ours=inserts, unit="x", bar=3),
        limit("match-cancel", "a cancel's 99th percentile, in medians", ours=cancels, unit="x", bar=3),
    ]


def _against(
    name: str,
    what: str,
    seconds: dict[str, list[float]],
    peer: str,
    called: str,
    we: str = "book",
    bar: float | None = None,
) -> Row:
    ours, theirs = scaled(seconds[we]), scaled(seconds[peer])
    return compare(name, what, ours=ours, peer=called, theirs=theirs, unit="us", bar=bar)


if __name__ == "__main__":
    deliver(matching, ["akhil4n-orderbook", "pyorderbook", "lightmatchingengine"])
