"""Builds a desk from its parts: the place that knows which classes they are."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.relations import bundles_of
from dutchbook.config.settings import Settings
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import KalshiFees, Market, Question
from dutchbook.domain.ports import Codec, SequenceKind
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.desk import Desk, Opening
from dutchbook.engine.feed import Feed
from dutchbook.engine.listings import LISTING_SOURCE, ListingCodec
from dutchbook.engine.loop import Loop, Policy
from dutchbook.engine.ports import Record
from dutchbook.exchange.paper.fill_model import PaperExchange
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet
from dutchbook.risk.halt import HaltSwitch
from dutchbook.risk.rules import guardian_rules
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.ports import Strategy
from dutchbook.venues.feed import NoticeCodec, source_of
from dutchbook.venues.kalshi.codec import MARKET_SOURCE as KALSHI_SOURCE
from dutchbook.venues.kalshi.codec import KalshiCodec
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE, PolymarketCodec

STRATEGIES = (BundleStrategy.name,)
"""The strategies there are, by the names that users give."""


class Parts(msgspec.Struct, frozen=True):
    """A desk and the parts of it that reports look into. `bundles` is how many were watched at the start."""

    loop: Loop
    desk: Desk
    strategy: BundleStrategy
    polymarket: PolymarketCodec
    kalshi: KalshiCodec
    bundles: int


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a desk is set up for one run.

    Not `wired`, it gets normalised events: its markets may bear names that no venue would send.
    """

    opening: Opening
    sequence: SequenceKind = SequenceKind.FULL
    wired: bool = True
    strategies: tuple[str, ...] = STRATEGIES
    switch: HaltSwitch | None = None
    watch: Callable[[BundleStrategy], Strategy] | None = None
    """Makes a strategy that only looks, run behind the others."""


class TradedBundles:
    """The bundles of a strategy, and those that baskets were started for: they stay known while their legs are held."""

    def __init__(self, strategy: BundleStrategy) -> None:
        self._strategy = strategy
        self._traded: dict[str, Bundle] = {}

    def bundle(self, subject: str) -> Bundle | None:
        """The bundle that an intent is about."""
        tracked = self._strategy.index.get(BundleId(subject))
        if tracked is not None:
            self._traded[subject] = tracked.bundle
        return self._traded.get(subject)

    def complete_sets(self, positions: Mapping[OutcomeId, Position]) -> Sequence[CompleteSet]:
        """Traded bundles of which every leg is held: worth their payoff whatever happens."""
        return [
            CompleteSet(tuple(leg.outcome for leg in bundle.legs), bundle.payoff)
            for bundle in self._traded.values()
            if bundle.kind is not BundleKind.SPLIT_SELL and all(leg.outcome in positions for leg in bundle.legs)
        ]


def assemble(
    settings: Settings, questions: Iterable[Question], listed: Iterable[Market], record: Record, terms: Terms
) -> Parts:
    """A desk that trades on paper. Raises UsageError for a strategy that does not exist."""
    check_strategies(terms.strategies)
    markets = [_for_account(market, settings) for market in listed]
    catalogue = Catalogue(questions, markets)
    bundles = [bundle for question in catalogue.questions() for bundle in bundles_of(question, catalogue)]
    strategy = BundleStrategy(bundles, settings.bundle, catalogue=catalogue)
    books = BookTable(markets, watched=strategy.outcomes())
    exchange = PaperExchange(books, settings.paper, random.Random(0))  # noqa: S311 - latency jitter, not a secret
    desk = Desk(
        catalogue=catalogue,
        books=books,
        gateway=exchange,
        bundles=TradedBundles(strategy),
        risk=settings.risk,
        execution=settings.execution,
        opening=terms.opening,
    )
    polymarket = PolymarketCodec(
        [market for market in markets if terms.wired and market.venue is Venue.POLYMARKET],
        watched=strategy.outcomes(),
        verify=settings.venues.polymarket.verify_hashes,
        grace=settings.venues.polymarket.group_grace,
    )
    kalshi = KalshiCodec(sequence=terms.sequence)
    codecs: dict[str, Codec] = {
        MARKET_SOURCE: polymarket,
        REST_SOURCE: polymarket,
        KALSHI_SOURCE: kalshi,
        **{source_of(venue): NoticeCodec(venue) for venue in Venue},
        LISTING_SOURCE: ListingCodec(lambda listed: polymarket.learn(m for m in listed if m.venue is Venue.POLYMARKET)),
    }
    # Each that STRATEGIES names is built here; a run wakes those that were asked for, in that order.
    built: Mapping[str, Strategy] = {strategy.name: strategy}
    chosen = tuple(built[name] for name in dict.fromkeys(terms.strategies))
    policy = Policy(
        strategies=chosen + ((terms.watch(strategy),) if terms.watch else ()),
        rules=guardian_rules(settings.risk),
        observers=(strategy,),
    )
    loop = Loop(desk, Feed(codecs), exchange, record, policy, terms.switch or HaltSwitch(None))
    return Parts(loop, desk, strategy, polymarket, kalshi, len(bundles))


def check_strategies(names: Sequence[str]) -> None:
    """Raises UsageError for a strategy that does not exist."""
    for name in names:
        if name not in STRATEGIES:
            raise UsageError(f"no strategy is called {name!r} - there are: {', '.join(STRATEGIES)} - name one of them")


def _for_account(market: Market, settings: Settings) -> Market:
    """A market with the fees that this account is charged: how Kalshi rounds depends on how one reaches it."""
    if not isinstance(market.fees, KalshiFees):
        return market
    unit = settings.venues.kalshi.account.balance_unit
    return msgspec.structs.replace(market, fees=msgspec.structs.replace(market.fees, unit=unit))
