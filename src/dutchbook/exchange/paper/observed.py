"""The observed books less what our paper fills took from them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.events import (
    BookSnapshot,
    GridChanged,
    GroupClosed,
    LevelAdded,
    LevelsSet,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
)
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market, MarketStatus, relisted
from dutchbook.domain.orders import Leg
from dutchbook.domain.ports import Books
from dutchbook.domain.units import Price, Size
from dutchbook.exchange.paper.mirror import place
from dutchbook.exchange.paper.taken import Taken

type BookChange = LevelsSet | BookSnapshot | LevelAdded | GroupClosed
type MarketEventOfLife = MarketStatusChanged | MarketResolved | GridChanged | MarketListed

OVER = frozenset({MarketStatus.CLOSED, MarketStatus.RESOLVED})


class ObservedBooks:
    """Books as the desk sees them, net of our fills, for the markets that we have sent orders to."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._markets: dict[MarketId, Market] = {}
        self._market_of: dict[OutcomeId, MarketId] = {}
        self._taken = Taken()

    @property
    def any_known(self) -> bool:
        """Whether any order was ever sent: until then nothing has to be remembered."""
        return bool(self._markets)

    @property
    def any_taken(self) -> bool:
        """Whether anything of any level is ours: until then book changes teach nothing."""
        return bool(self._taken)

    def know(self, market: Market) -> None:
        """An order for this market is on its way: from now on its changes are learnt from events, not from callers."""
        if market.id in self._markets:
            return
        self._markets[market.id] = market
        self._market_of[market.yes] = self._market_of[market.no] = market.id

    def market(self, market: MarketId) -> Market:
        """A market that is known, as it is now."""
        return self._markets[market]

    def take(self, market: Market, leg: Leg, price: Price, size: Size) -> None:
        """Our order took `size` of the level at `price` that stood against it."""
        self._taken.take(place(market, leg.outcome, leg.side.opposite, price), size)

    def learn(self, event: BookChange) -> Sequence[MarketId]:
        """Keep what we took within what is shown; returns the known markets that the event is about."""
        moved: dict[MarketId, None] = {}
        for outcome in _outcomes(event):
            if (market_id := self._market_of.get(outcome)) is not None:
                moved[market_id] = None
        if moved:
            self._show(event)
        return tuple(moved)

    def market_changed(self, event: MarketEventOfLife) -> Market | None:
        """The market as it is now, if it is known; what was taken of one that is over is forgotten."""
        market_id = event.market.id if isinstance(event, MarketListed) else event.market
        market = self._markets.get(market_id)
        if market is None:
            return None
        market = self._markets[market_id] = _changed(market, event)
        if market.status in OVER:
            self._taken.forget(market.yes)
        return market

    def known(self, outcome: OutcomeId) -> Market | None:
        """The market of an outcome, if it is known."""
        market_id = self._market_of.get(outcome)
        return None if market_id is None else self._markets[market_id]

    def depth(self, outcome: OutcomeId, side: Side) -> list[Level]:
        """What an order of `side` could take, best first: the observed levels less what we took. Empty if unusable."""
        view = self._books.view(outcome)
        if view is None or not view.usable:
            return []
        levels = view.asks() if side is Side.BUY else view.bids()
        market_id = self._market_of.get(outcome)
        if market_id is None:
            return list(levels)
        return list(self._left(levels, self._markets[market_id], outcome, side.opposite))

    def fault(self, outcome: OutcomeId) -> str | None:
        """Why no order can be matched against the book, or None."""
        view = self._books.view(outcome)
        if view is None:
            return f"no book of {outcome} is observed - killed by the paper exchange"
        if not view.usable:
            return f"the book of {outcome} is unknown since a gap or fault - killed by the paper exchange"
        if _crossed(view):
            return f"the book of {outcome} is crossed - killed by the paper exchange"
        return None

    def _left(self, levels: Iterable[Level], market: Market, outcome: OutcomeId, side: Side) -> Iterator[Level]:
        if not self._taken.touches(market.yes):
            yield from levels
            return
        for level in levels:
            left = level.size - self._taken.at(place(market, outcome, side, level.price))
            if left > 0:
                yield Level(level.price, Size(left))

    def _show(self, event: BookChange) -> None:
        match event:
            case LevelsSet(changes=changes):
                for change in changes:
                    if (market := self.known(change.outcome)) is not None:
                        where = place(market, change.outcome, change.side, change.price)
                        self._taken.level_shown(where, change.size)
            case BookSnapshot(outcome=outcome, bids=bids, asks=asks):
                self._show_book(outcome, bids, asks)
            case LevelAdded(outcome=outcome):
                market, view = self.known(outcome), self._books.view(outcome)
                if market is not None and view is not None and self._taken.touches(market.yes):
                    self._show_book(outcome, view.bids(), view.asks())
            case GroupClosed():
                pass

    def _show_book(self, outcome: OutcomeId, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        market = self.known(outcome)
        if market is None or not self._taken.touches(market.yes):
            return
        shown: dict[tuple[Side, Price], int] = {}
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for level in levels:
                _, yes_side, price = place(market, outcome, side, level.price)
                shown[yes_side, price] = level.size
        self._taken.book_shown(market.yes, shown)


def _changed(market: Market, event: MarketEventOfLife) -> Market:
    match event:
        case MarketStatusChanged(status=status, closes=closes):
            return msgspec.structs.replace(market, status=status, closes=market.closes if closes is None else closes)
        case MarketResolved(payout=payout):
            return msgspec.structs.replace(market, status=MarketStatus.RESOLVED, payout=payout)
        case GridChanged(grid=grid):
            return msgspec.structs.replace(market, grid=grid)
        case MarketListed(market=listed):
            return relisted(market, listed)


def _crossed(view: BookView) -> bool:
    bid, ask = view.best_bid, view.best_ask
    return bid is not None and ask is not None and bid >= ask


def _outcomes(event: BookChange) -> Iterator[OutcomeId]:
    match event:
        case LevelsSet(changes=changes):
            yield from (change.outcome for change in changes)
        case GroupClosed(outcomes=outcomes):
            yield from outcomes
        case BookSnapshot(outcome=outcome) | LevelAdded(outcome=outcome):
            yield outcome
