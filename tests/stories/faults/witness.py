"""What was true at the exchange at each moment, and whether a desk believed anything else."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.book import BookView, Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import ONE, Nanos, Price
from dutchbook.engine.book_table import BookTable
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import BookMoved, ExchangeEvent, LevelMove, Matched, Pair

type Rows = frozenset[tuple[int, int]]
type State = tuple[Rows, Rows]
"""Bids and asks of YES."""


class Lie(msgspec.Struct, frozen=True):
    """A book that the desk believed in and that the exchange never had."""

    outcome: OutcomeId
    at: Nanos
    believed: State
    true: State


class _Truth:
    """One market's book: what it is, and when each of its former states ended."""

    def __init__(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        self._sides = {Side.BUY: bids, Side.SELL: asks}
        self.present = self._state()
        self.ended: dict[State, Nanos] = {}
        self._eating: dict[Side, dict[int, int]] = {}

    def set(self, side: Side, price: int, size: int, at: Nanos) -> None:
        """A level has a new total."""
        self.ended[self.present] = at
        if size:
            self._sides[side][price] = size
        else:
            self._sides[side].pop(price, None)
        self.present = self._state()

    def traded(self, moves: Sequence[LevelMove], at: Nanos) -> None:
        """A match changed these levels. What it took from each maker is told apart, so the states between count too."""
        self.ended[self.present] = at
        self._eating = {side: dict(rows) for side, rows in self._sides.items()}
        for move in moves:
            self.set(move.side, move.price, move.size, at)

    def eaten(self, side: Side, price: int, size: int, at: Nanos) -> None:
        """The match that changed the book last took so much of a maker."""
        rows = self._eating[side]
        rows[price] -= size
        if not rows[price]:
            del rows[price]
        state = frozenset(self._eating[Side.BUY].items()), frozenset(self._eating[Side.SELL].items())
        self.ended[state] = at

    def _state(self) -> State:
        return frozenset(self._sides[Side.BUY].items()), frozenset(self._sides[Side.SELL].items())


class Witness:
    """Compares a desk's books with an exchange's, at every look.

    A believed book may lag: then it is a state that the exchange had, and the witness notes for how long that has not
    been true. A believed book that never was is a lie. Orders of one batch and levels of one trade are told one by one,
    so each step counts as a state. Books between the frames of one venue instant are not to be looked at by anybody
    (`waiting`), and count as unknown.
    """

    def __init__(self, exchange: Exchange, clock: Clock, markets: tuple[Market, ...]) -> None:
        self._clock = clock
        self._markets = markets
        self._truths = {market.id: _truth(exchange, market.id) for market in markets}
        self._yes = {market.id: market.yes for market in markets}
        self._books: BookTable | None = None
        self.lies: list[Lie] = []
        self.looks = 0
        self.behind: Nanos = Nanos(0)
        """The longest that any book was believed after it had ceased to be true, since `forget`."""
        exchange.listen(self._heard)

    def follow(self, books: BookTable) -> None:
        self._books = books

    def forget(self) -> None:
        self.behind = Nanos(0)

    def look(self) -> None:
        """Judge every book as the desk would see it now."""
        now = self._clock.now()
        self.looks += 1
        for market, outcome, state in self._believed():
            truth = self._truths[market]
            if state == truth.present:
                continue
            ended = truth.ended.get(state)
            if ended is None:
                self.lies.append(Lie(outcome, now, state, truth.present))
            else:
                self.behind = max(self.behind, Nanos(now - ended))

    def untrue(self) -> list[OutcomeId]:
        """Books that the desk believes in and that are not the exchange's of now."""
        return [outcome for market, outcome, state in self._believed() if state != self._truths[market].present]

    def unknown(self) -> list[OutcomeId]:
        """Books of which the desk says that it does not know them."""
        known = {outcome for _, outcome, _ in self._believed()}
        return [outcome for market in self._markets for outcome in (market.yes, market.no) if outcome not in known]

    def whole(self) -> bool:
        """Whether the desk knows every book, and truly."""
        return not self.unknown() and not self.untrue()

    def _believed(self) -> list[tuple[MarketId, OutcomeId, State]]:
        assert self._books is not None
        found = []
        for market in self._markets:
            for outcome, read in ((market.yes, _as_yes), (market.no, _as_no)):
                view = self._books.view(outcome)
                if view is not None and view.usable and not self._waits(market, outcome):
                    found.append((market.id, outcome, read(view)))
        return found

    def _waits(self, market: Market, outcome: OutcomeId) -> bool:
        assert self._books is not None
        held = self._books.held(outcome) or self._books.held(market.yes)
        return held is not None and held.waiting

    def _heard(self, event: ExchangeEvent) -> None:
        match event:
            case BookMoved(market=market, at=at) if market in self._truths:
                truth = self._truths[market]
                if event.traded:
                    truth.traded(event.moves, at)
                    return
                for move in event.moves:
                    truth.set(move.side, move.price, move.size, at)
            case Matched(market=market, at=at) if market in self._truths:
                for pair in event.pairs:
                    self._truths[market].eaten(*_place(pair, self._yes[market]), pair.size, at)


def _place(pair: Pair, yes: OutcomeId) -> tuple[Side, Price]:
    """Where a maker's order rested in the book of YES."""
    maker = pair.maker
    if maker.outcome == yes:
        return maker.side, maker.price
    return Side.SELL if maker.side is Side.BUY else Side.BUY, Price(ONE - maker.price)


def _truth(exchange: Exchange, market: MarketId) -> _Truth:
    bids, asks = exchange.book(market)
    return _Truth({level.price: level.size for level in bids}, {level.price: level.size for level in asks})


def _as_yes(view: BookView) -> State:
    return (
        frozenset((level.price, level.size) for level in view.bids()),
        frozenset((level.price, level.size) for level in view.asks()),
    )


def _as_no(view: BookView) -> State:
    return (
        frozenset((ONE - level.price, level.size) for level in view.asks()),
        frozenset((ONE - level.price, level.size) for level in view.bids()),
    )
