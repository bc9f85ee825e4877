"""Our matching engine on the tape: by itself, with the exchange's records, and within a whole exchange."""

from collections.abc import Callable, Sequence
from random import Random
from unittest.mock import patch

from benchmarks.matching_tape import Ended, Fill, Step, play
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.exchange import market_state
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.market_state import MarketState
from dutchbook.exchange.matching.book import ASK, BID
from dutchbook.exchange.matching.messages import Matched, NewOrder, OrderState
from dutchbook.exchange.matching.order_book import OrderBook, new_book
from dutchbook.exchange.matching.plain import PlainBook
from dutchbook.exchange.orders import Entry, leave, rest, resting
from dutchbook.exchange.rules import POLYMARKET
from dutchbook.exchange.sweep import sweep

_START = Nanos(1_790_000_000 * 10**9)
_YES, _NO, MARKET = OutcomeId("yes"), OutcomeId("no"), MarketId("m")
MAKER = "maker"

type Call = tuple[str, tuple[object, ...], object]
"""What a book was asked, and what it said."""


class _Stopped:
    """A clock that stands still."""

    def now(self) -> Nanos:
        return _START


class _Noting:
    """A book that keeps all it is asked, but for the best prices: these the exchange wants for its grid alone."""

    def __init__(self, book: OrderBook) -> None:
        self._book = book
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> Callable[..., object]:
        ask = getattr(self._book, name)
        if name == "top":
            return ask  # type: ignore[no-any-return]

        def asked(*about: object) -> object:
            answer = ask(*about)
            self.calls.append((name, about, answer))
            return answer

        return asked


def engine(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """The matching engine that the exchange has for a market, asked what the exchange asks it for each order."""
    return _engine(new_book(), fill, steps)


def plain_engine(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """The same where numba is not installed."""
    return _engine(PlainBook(), fill, steps)


def _engine(book: OrderBook, fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """`resting` is read at the end; rows and fills are kept as the engine's users must."""
    rows = [0] * (len(fill) + len(steps))
    trades: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []

    def act(step: Step) -> None:
        number, bid, price, size = step
        if not size:
            book.remove(rows[number])
            return
        if book.crosses(bid, price):
            makers, sizes, _ = book.reach(bid, price, size, 0, False)
            filled = sum(sizes)
            book.take(bid, price, filled)
            trades.append((number, makers, sizes))
            size -= filled
        if size:
            rows[number] = book.add(bid, price, size, 1)
            book.left()

    seconds = play(fill, steps, act)
    numbers = {row: number for number, row in enumerate(rows)}
    fills = [
        (taker, numbers[maker], size)
        for taker, makers, sizes in trades
        for maker, size in zip(makers, sizes, strict=True)
    ]
    left = sum(book.level(bid, rank)[1] for bid in (BID, ASK) for rank in range(book.depth(bid)))
    return Ended(fills, left, seconds)


def check_calls(fill: Sequence[Step], steps: Sequence[Step]) -> None:
    """Fail unless a whole exchange asks its book for this tape exactly what `engine` does, and is told the same."""
    ours, exchanges = _Noting(new_book()), _Noting(new_book())
    _engine(ours, fill, steps)  # type: ignore[arg-type]
    with patch.object(market_state, "new_book", lambda: exchanges):
        exchange(fill, steps)
    # The exchange knows from its records what does not rest any more, and does not ask.
    asked = [call for call in ours.calls if call[0] not in ("remove", "depth", "level") or _removed(call)]
    told = [call for call in exchanges.calls if call[0] not in ("depth", "level")]
    assert asked == told, "the exchange asks its book something else than is measured"


def _removed(call: Call) -> bool:
    return call[0] == "remove" and call[2] != -1


def records(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """The engine with what the exchange keeps of each order made in the time: a message, and its record."""
    market, owner = MarketState(_listing(), watched=False), Account(MAKER, 1)
    orders, fills = dict[int, Entry](), list[Fill]()
    trades: list[tuple[Entry, list[Entry], Sequence[int]]] = []

    def act(step: Step) -> None:
        number, bid, _, size = step
        if not size:
            order = orders[number]
            if order.row:
                leave(order)
            return
        new = message(step)
        order = orders[number] = Entry(
            new, new.size, _START, _START, owner=owner, market=market, bid=bid, price=new.price
        )
        if market.book.crosses(bid, order.price):
            found = sweep(order, order.remaining)
            market.book.take(bid, order.price, found.filled)
            for maker, part in zip(found.makers, found.sizes, strict=True):
                maker.filled_by(part)
            order.remaining = Size(found.left)
            trades.append((order, found.makers, found.sizes))
        if order.remaining:
            rest(order)

    seconds = play(fill, steps, act)
    for taker, makers, sizes in trades:
        fills += [_fill(taker.new, maker.new, size) for maker, size in zip(makers, sizes, strict=True)]
    return Ended(fills, sum(order.remaining for order in resting(market)), seconds)


def exchange(fill: Sequence[Step], steps: Sequence[Step]) -> Ended:
    """The same tape through a whole exchange: admission, balances, events, accounts, settlement begun."""
    venue, matches = an_exchange(), list[Matched]()
    venue.listen(matches.append, Matched)  # type: ignore[arg-type]

    def act(step: Step) -> None:
        if step[3]:
            venue.submit(message(step))
            return
        known = venue.order(str(step[0]))
        if known is not None and known.state is OrderState.LIVE:  # else it was filled: the tape does not know
            venue.cancel(MAKER, str(step[0]))

    seconds = play(fill, steps, act)
    levels = [level for side in venue.book(MARKET) for level in side]
    fills = [_fill(pair.taker.order.new, pair.maker.order.new, pair.size) for match in matches for pair in match.pairs]
    return Ended(fills, sum(level.size for level in levels), seconds)


def _fill(taker: NewOrder, maker: NewOrder, size: int) -> Fill:
    return int(taker.id), int(maker.id), size


def message(step: Step) -> NewOrder:
    """The order as an exchange is sent it."""
    number, buys, price, size = step
    return NewOrder(
        id=str(number),
        account=MAKER,
        market=MARKET,
        outcome=_YES,
        side=Side.BUY if buys else Side.SELL,
        price=Price(price),
        size=Size(size),
    )


def an_exchange() -> Exchange:
    """One market, and one account that can pay for all."""
    venue = Exchange(POLYMARKET, _Stopped(), Random(1))
    venue.add_market(_listing())
    venue.open_account(MAKER, Money(10**9 * DOLLAR))
    venue.split(MAKER, MARKET, Size(10**8 * CONTRACT))
    return venue


def _listing() -> Listing:
    market = Market(
        id=MARKET,
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
