"""Public Python matching engines, each used as its documentation does; all keep what they traded."""

import logging
from collections.abc import Sequence
from decimal import Decimal

from lightmatchingengine.lightmatchingengine import LightMatchingEngine  # type: ignore[import-not-found]
from orderbook import Order as QuickOrder  # type: ignore[import-not-found]
from orderbook import OrderBook as QuickBook
from orderbook import OrderSide
from pyorderbook import Book as PyBook  # type: ignore[import-not-found]
from pyorderbook import ask, bid

from benchmarks.matching_tape import Ended, Step, play
from dutchbook.domain.units import ONE


def quick_book(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """akhil4n-orderbook: decimals prepared outside of the time, ids kept as its users must; it keeps trades itself."""
    book, ids = QuickBook(), dict[int, str]()
    prices = {price: Decimal(price) / ONE for price in range(0, ONE, 100)}

    def act(step: Step) -> None:
        number, buys, price, size = step
        if not size:
            book.cancel_order(ids[number])
            return
        side = OrderSide.BID if buys else OrderSide.ASK
        order = QuickOrder(side=side, price=prices[price], original_quantity=size)
        ids[number] = order.order_id
        book.add_limit_order(order)

    seconds = play(fill, steps, act)
    resting = sum(order.remaining_quantity for _, order in book.orders.values())
    numbers = {name: number for number, name in ids.items()}
    fills = [(numbers[t.aggressor_id], numbers[t.filler_id], t.quantity_filled) for t in book.trade_log]
    return Ended(fills, resting, seconds)


def py_book(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """pyorderbook, its logging silenced."""
    logging.getLogger("pyorderbook.book").disabled = True
    book, orders, trades = PyBook(), dict[int, object](), []

    def act(step: Step) -> None:
        number, buys, price, size = step
        if not size:
            order = orders[number]
            if book.get_order(order.id) is not None:  # type: ignore[attr-defined]
                book.cancel(order)
            return
        order = orders[number] = (bid if buys else ask)("m", price / ONE, size)
        blotter = book.match(order)
        if blotter.trades:
            trades.append(blotter.trades)

    seconds = play(fill, steps, act)
    numbers = {order.id: number for number, order in orders.items()}  # type: ignore[attr-defined]
    fills = [
        (numbers[trade.incoming_order_id], numbers[trade.standing_order_id], trade.fill_quantity)
        for of_order in trades
        for trade in of_order
    ]
    return Ended(fills, sum(order.quantity for order in book.order_map.values()), seconds)


def light_engine(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """lightmatchingengine; cancels of orders that were filled are left out, it trips over them."""
    engine, orders, trades = LightMatchingEngine(), dict[int, object](), []

    def act(step: Step) -> None:
        number, buys, price, size = step
        if not size:
            order = orders[number]
            if order.leaves_qty:  # type: ignore[attr-defined]
                engine.cancel_order(order.order_id, "m")  # type: ignore[attr-defined]
            return
        order, traded = engine.add_order("m", price, size, 1 if buys else 2)
        orders[number] = order
        if traded:
            trades.append((order.order_id, traded))

    seconds = play(fill, steps, act)
    book = engine.order_books["m"]
    resting = sum(each.leaves_qty for side in (book.bids, book.asks) for level in side.values() for each in level)
    numbers = {order.order_id: number for number, order in orders.items()}  # type: ignore[attr-defined]
    fills = [
        (numbers[taker], numbers[trade.order_id], trade.trade_qty)
        for taker, traded in trades
        for trade in traded
        if trade.order_id != taker  # its own entry is the sum of a level
    ]
    return Ended(fills, resting, seconds)
