"""A desk of books without an engine, and a strategy on it, to tell stories with."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.relations import bundles_of
from dutchbook.domain.book import Book, BookView, Level, MirroredBook, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import Intent, IntentId
from dutchbook.domain.units import CONTRACT, ONE, Nanos, Price, Size
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.settings import BundleSettings
from tests.catalogue.makers import NOW

type Quotes = Sequence[tuple[float, float]]
"""(dollars, contracts), best first."""


class PaperDesk:
    """Fits `DeskView`: books by outcome, what our orders claim, which subjects are busy."""

    def __init__(self, markets: Iterable[Market]) -> None:
        self.now = NOW
        self.working: set[str] = set()
        self.claims: dict[tuple[OutcomeId, Side, Price], int] = {}
        self.books: dict[OutcomeId, Book] = {}
        self._views: dict[OutcomeId, BookView] = {}
        self._intents = 0
        self.fill_rates: dict[str, int] = {}
        for market in markets:
            self._views[market.yes] = yes = self.books[market.yes] = Book(market.yes)
            if market.shared_book:
                self._views[market.no] = MirroredBook(market.no, yes)
            else:
                self._views[market.no] = self.books[market.no] = Book(market.no)

    def book(self, outcome: OutcomeId) -> BookView | None:
        return self._views.get(outcome)

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        view = self._views[outcome]
        levels = view.asks() if side is Side.BUY else view.bids()
        net = (Level(lv.price, Size(lv.size - self.claims.get((outcome, side, lv.price), 0))) for lv in levels)
        return [level for level in net if level.size > 0]

    def next_intent(self) -> IntentId:
        self._intents += 1
        return IntentId(f"i{self._intents}")

    def fill_rate(self, kind: str) -> int:
        return self.fill_rates.get(kind, 1_000_000)

    def busy(self, subject: str) -> bool:
        return subject in self.working

    def quote(self, outcome: OutcomeId, bids: Quotes = (), asks: Quotes = ()) -> OutcomeId:
        """Replace one book."""
        self.books[outcome].replace(_levels(bids), _levels(asks), self.now)
        return outcome

    def quote_market(self, market: Market, bids: Quotes = (), asks: Quotes = ()) -> list[OutcomeId]:
        """Replace the book of YES, and of NO as its mirror where the venue publishes both."""
        self.quote(market.yes, bids, asks)
        if market.shared_book:
            return [market.yes]
        self.quote(market.no, [(1 - p, s) for p, s in asks], [(1 - p, s) for p, s in bids])
        return [market.yes, market.no]


class Story:
    """A question, its books, and the bundle strategy woken by each quote."""

    def __init__(self, question: Question, markets: Sequence[Market], *, cash: str = "100000", **settings: Any) -> None:
        self.catalogue = Catalogue([question], markets)
        self.desk = PaperDesk(markets)
        free: dict[str, Any] = {"capital_yield": 0, "least_yield": 0, "repeat_after": "1ms", "max_basket_cash": cash}
        self.settings = BundleSettings(**(free | settings))
        bundles = bundles_of(question, self.catalogue)
        self.strategy = BundleStrategy(bundles, self.settings, catalogue=self.catalogue)

    def quote(self, *quotes: tuple[Market, Quotes, Quotes]) -> Sequence[Intent]:
        """Books change in one instant; then the strategy looks."""
        self.pass_time()
        changed = [outcome for market, bids, asks in quotes for outcome in self.desk.quote_market(market, bids, asks)]
        return self.look(changed)

    def look(self, outcomes: Sequence[OutcomeId]) -> Sequence[Intent]:
        return self.strategy.books_changed(outcomes, self.desk)

    def pass_time(self, nanos: int = 10_000_000) -> None:
        self.desk.now = Nanos(self.desk.now + nanos)


def bundles_apart(bundle: Bundle) -> Bundle:
    """The same bundle on books that do not mirror each other."""
    return replace(bundle, mirrored=False)


def contracts(number: float) -> Size:
    return Size(round(number * CONTRACT))


def dollars(price: float) -> Price:
    return Price(round(price * ONE))


def _levels(quotes: Quotes) -> list[Level]:
    return [Level(dollars(price), contracts(size)) for price, size in quotes]
