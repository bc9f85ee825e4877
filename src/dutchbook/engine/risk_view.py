"""The desk as risk sees it: figures that count what is reserved, resting and unknown."""

from collections.abc import Callable, Mapping, Sequence

from dutchbook.domain.book import BookView
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, IntentId, Leg
from dutchbook.domain.units import Money, Nanos, Size
from dutchbook.engine.desk import Desk
from dutchbook.portfolio.valuation import Valuation
from dutchbook.risk.ports import Block
from dutchbook.venues.trading import orders_source, user_source


class DeskRisk:
    """Fits `RiskView` over a desk, or over one with other books. Reads only."""

    def __init__(self, desk: Desk, book: Callable[[OutcomeId], BookView | None] | None = None) -> None:
        self._desk = desk
        self.book = desk.book if book is None else book
        self._valuation: Valuation | None = None
        self._needed: tuple[Intent, Mapping[MarketId, Money]] | None = None
        self._heard: dict[Venue, Nanos] = {}
        # Asked of for each order, and answered by others as they are: so nothing stands in between.
        self.market: Callable[[MarketId], Market | None] = desk.catalogue.market
        self.market_exposure: Callable[[MarketId], Money] = desk.exposure.market
        self.venue_exposure: Callable[[Venue], Money] = desk.exposure.venue
        self.deployed: Callable[[], Money] = desk.exposure.deployed
        self.free_cash: Callable[[], Money] = desk.exposure.free_cash
        self.worst_loss: Callable[[], Money] = desk.exposure.worst_loss
        self.settled: Callable[[OutcomeId], Size] = desk.exposure.settled
        self.incoming: Callable[[OutcomeId], Size] = desk.exposure.incoming
        self.outgoing: Callable[[OutcomeId], Size] = desk.exposure.outgoing
        self.in_flight: Callable[[IntentId], bool] = desk.exposure.in_flight
        self.blocked: Callable[[Leg], Block | None] = desk.execution.blocks
        self.paused_by: Callable[[str], str | None] = desk.paused_by

    @property
    def now(self) -> Nanos:
        return self._desk.now

    @property
    def bankroll(self) -> Money:
        return self._desk.drawdown.bankroll

    def begin(self) -> None:
        """A review begins: nothing changes until its end, so what several rules ask for is worked out once."""
        self._valuation = None
        self._needed = None
        self._heard.clear()

    def equity(self) -> Money:
        return self._worth().low

    def unpriced(self) -> Sequence[OutcomeId]:
        return self._worth().unpriced

    def _worth(self) -> Valuation:
        if self._valuation is None:
            self._valuation = self._desk.valuation()
        return self._valuation

    def high_water(self) -> Money:
        return self._desk.drawdown.high_water

    def equity_at_day_start(self) -> Money:
        return self._desk.drawdown.equity_at_day_start

    def known_at(self, outcome: OutcomeId) -> Nanos | None:
        book, market = self.book(outcome), self._desk.catalogue.market_of(outcome)
        if book is None or market is None or not book.usable:
            return None
        heard = self._heard.get(market.venue)
        if heard is None:
            heard = self._heard[market.venue] = self._last_heard(market.venue)
        return max(book.received, heard)

    def _last_heard(self, venue: Venue) -> Nanos:
        """When a venue's market data was last heard."""
        # What the private connection says of our orders proves nothing of the one that carries the book.
        ours = (orders_source(venue), user_source(venue))
        heard = (at for source, at in self._desk.heard.items() if source.startswith(venue) and source not in ours)
        return max(heard, default=Nanos(0))

    def needed(self, intent: Intent) -> Mapping[MarketId, Money]:
        if self._needed is None or self._needed[0] is not intent:
            self._needed = intent, self._desk.exposure.needed(intent)
        return self._needed[1]

    def venue_cash(self, venue: Venue) -> Money | None:
        cash = self._desk.venue_cash.at(venue)
        return None if cash is None else Money(cash - self._desk.exposure.reserved_at(venue))

    def held(self, outcome: OutcomeId) -> Size:
        return self._desk.ledger.held(outcome)

    def halted(self) -> str | None:
        return self._desk.halt_reason

    def paused(self) -> str | None:
        return self._desk.drawdown.paused(self.now)


class LaterRisk(DeskRisk):
    """The desk at a later time, if nothing happens until then but that its venues are heard."""

    def __init__(self, desk: Desk, at: Nanos) -> None:
        super().__init__(desk)
        self._at = at

    @property
    def now(self) -> Nanos:
        return self._at

    def _last_heard(self, venue: Venue) -> Nanos:  # noqa: ARG002 - whichever it is
        return self._at
