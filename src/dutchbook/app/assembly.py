"""Builds a desk from its parts: the place that knows which classes they are."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from dutchbook.app.strategies import Ingredients, checked, made
from dutchbook.app.trading import Trading
from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.pairs import ApprovedPairs
from dutchbook.catalogue.relations import bundles_of
from dutchbook.config.settings import Settings
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind
from dutchbook.domain.identity import OutcomeId, Venue, venue_of
from dutchbook.domain.markets import KalshiFees, Market, Question
from dutchbook.domain.pairs import Pair
from dutchbook.domain.ports import Codec, SequenceKind
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import Price
from dutchbook.engine.ahead import Loader
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.contingencies import Contingencies
from dutchbook.engine.desk import Desk, Opening
from dutchbook.engine.feed import Feed, PrivateCodec
from dutchbook.engine.listings import LISTING_SOURCE, ListingCodec
from dutchbook.engine.loop import Loop, Policy
from dutchbook.engine.ports import Gateway, Record
from dutchbook.engine.replacements import Replacements
from dutchbook.exchange.paper.fill_model import PaperExchange
from dutchbook.execution.gateway import VenueGateway
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet
from dutchbook.risk.halt import HaltSwitch
from dutchbook.risk.rules import book_rules, guardian_rules, momentary_rules, time_rules
from dutchbook.strategies.bundle import Across, BundleStrategy
from dutchbook.strategies.cross_venue_settings import demands
from dutchbook.strategies.names import BUNDLE, BY_DEFAULT, REWARD_MAKER
from dutchbook.strategies.ports import Replaces, Strategy
from dutchbook.strategies.reward_maker.maker import RewardMaker
from dutchbook.strategies.reward_maker.verifying import RewardVerifier
from dutchbook.venues.feed import NoticeCodec, source_of
from dutchbook.venues.kalshi.codec import MARKET_SOURCE as KALSHI_SOURCE
from dutchbook.venues.kalshi.codec import KalshiCodec
from dutchbook.venues.operations import OperationCodec, operations_source
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE, PolymarketCodec
from dutchbook.venues.trading import orders_source, user_source


class Parts(msgspec.Struct, frozen=True):
    """A desk and the parts of it that reports look into.

    `bundles` is how many were watched at the start, `gateway` where orders really leave, `maker` quotes for rewards,
    and `verifier` checks what venues say that these quotes earn.
    """

    loop: Loop
    desk: Desk
    strategy: BundleStrategy
    polymarket: PolymarketCodec
    kalshi: KalshiCodec
    bundles: int
    gateway: VenueGateway | None = None
    maker: RewardMaker | None = None
    verifier: RewardVerifier | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a desk is set up for one run.

    Not `wired`, it gets normalised events: its markets may bear names that no venue would send.
    """

    opening: Opening
    sequence: SequenceKind = SequenceKind.FULL
    wired: bool = True
    strategies: tuple[str, ...] = BY_DEFAULT
    pairs: tuple[Pair, ...] = ()
    """The table of pairs across venues; those approved are watched and may be traded."""
    rewards: tuple[RewardOffer, ...] = ()
    """Liquidity rewards as they are known before the start; a running desk is told of them."""
    trading: Trading | None = None
    """Without it every fill is simulated."""
    switch: HaltSwitch | None = None
    more: tuple[Strategy, ...] = ()
    """Strategies that are handed in, run behind those named."""
    builds: Callable[[Ingredients], Sequence[Strategy]] | None = None
    """Makes strategies that have no name from the parts of the desk, run behind those named."""
    watch: Callable[[BundleStrategy], Strategy] | None = None
    """Makes a strategy that only looks, run behind the others."""
    measured: Callable[[Strategy], Strategy] | None = None
    """Makes a strategy that is measured of one that is not."""


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
        """Traded bundles of which every leg is held: worth their payoff, less what a mismatch takes on average."""
        return [
            CompleteSet(tuple(leg.outcome for leg in bundle.legs), _sure_payoff(bundle))
            for bundle in self._traded.values()
            if bundle.kind is not BundleKind.SPLIT_SELL and all(leg.outcome in positions for leg in bundle.legs)
        ]


def assemble(
    settings: Settings, questions: Iterable[Question], listed: Iterable[Market], record: Record, terms: Terms
) -> Parts:
    """A desk, with everything that it is made of. Raises UsageError for a strategy that does not exist."""
    names = checked(terms.strategies)
    markets = [_for_account(market, settings) for market in listed]
    catalogue = Catalogue(questions, markets)
    bundles = [bundle for question in catalogue.questions() for bundle in bundles_of(question, catalogue)]
    pairs = ApprovedPairs(terms.pairs, settings.cross_venue.mismatch)
    across = _across(settings, pairs)
    within = BUNDLE in names
    strategy = BundleStrategy(bundles, settings.bundle, catalogue=catalogue, across=across, within=within)
    # Whoever quotes for rewards chooses among all markets, and hears of the rewards only later.
    watched = None if REWARD_MAKER in names or terms.builds else strategy.outcomes()
    books = BookTable(markets, watched=watched)
    gateway = _gateway(terms.trading, books, catalogue, settings)
    desk = Desk(
        catalogue=catalogue,
        books=books,
        gateway=gateway,
        bundles=TradedBundles(strategy),
        risk=settings.risk,
        execution=settings.execution,
        opening=terms.opening,
    )
    if terms.trading is not None and isinstance(gateway, VenueGateway):
        _bind(terms.trading, gateway, desk)
    if terms.trading is None:
        for venue, lies_there in settings.portfolio.by_venue(terms.opening.cash).items():
            desk.venue_cash.stated(venue, lies_there)
    polymarket = PolymarketCodec(
        [market for market in markets if terms.wired and market.venue is Venue.POLYMARKET],
        watched=watched,
        verify=settings.venues.polymarket.verify_hashes,
        grace=settings.venues.polymarket.group_grace,
    )
    kalshi = KalshiCodec(sequence=terms.sequence)
    parts = Ingredients(
        settings=settings,
        catalogue=catalogue,
        desk=desk,
        watching=strategy,
        paired=bool(pairs),
        trading=terms.trading is not None,
        rewards=terms.rewards,
    )
    asked = (*made(names, parts), *(terms.builds(parts) if terms.builds else ()))
    maker = next((each for each in asked if isinstance(each, RewardMaker)), None)
    verifier = None if maker is None else _verifier(parts)
    policy = _policy(settings, terms, strategy, asked, tuple(each for each in (maker, verifier) if each is not None))
    feed = Feed(_codecs(polymarket, kalshi, settings), {} if terms.trading is None else _private(terms.trading))
    loop = Loop(desk, feed, gateway, record, policy, terms.switch or HaltSwitch(None))
    bundles_watched = len(bundles) + len(pairs.bundles(catalogue))
    leaves_by = gateway if isinstance(gateway, VenueGateway) else None
    if leaves_by is not None and asked and settings.execution.decide_ahead:
        if asked[0] is strategy:
            loop.contingencies = _contingencies(desk, strategy, Loader(leaves_by, record), settings)
        elif isinstance(asked[0], Replaces):
            loop.replacements = _replacements(desk, asked[0], Loader(leaves_by, record), settings)
    return Parts(loop, desk, strategy, polymarket, kalshi, bundles_watched, leaves_by, maker, verifier)


def _codecs(polymarket: PolymarketCodec, kalshi: KalshiCodec, settings: Settings) -> dict[str, Codec]:
    """What reads frames, by their sources."""
    return {
        MARKET_SOURCE: polymarket,
        REST_SOURCE: polymarket,
        KALSHI_SOURCE: kalshi,
        **{source_of(venue): NoticeCodec(venue) for venue in Venue},
        LISTING_SOURCE: ListingCodec(
            lambda listed: polymarket.learn(m for m in listed if m.venue is Venue.POLYMARKET),
            lambda market: _for_account(market, settings),
        ),
    }


def _policy(
    settings: Settings,
    terms: Terms,
    watching: BundleStrategy,
    asked: tuple[Strategy, ...],
    makers: tuple[RewardMaker | RewardVerifier, ...],
) -> Policy:
    """Who decides, and who tells what was seen: `makers` are who quotes for rewards, and who checks what they earn."""
    working = tuple(map(terms.measured, asked)) if terms.measured else asked
    checking = tuple(each for each in makers if isinstance(each, RewardVerifier))
    looking = (terms.watch(watching),) if terms.watch else ()
    return Policy(
        strategies=(*working, *checking, *terms.more, *looking),
        rules=guardian_rules(settings.risk),
        observers=(watching, *makers),
    )


def _contingencies(desk: Desk, strategy: BundleStrategy, loader: Loader, settings: Settings) -> Contingencies:
    """What is decided ahead, by the rules that would decide it then."""
    rules, momentary = guardian_rules(settings.risk), momentary_rules(settings.risk)
    return Contingencies(desk, strategy, rules, momentary, settings.execution.sending, loader)


def _replacements(desk: Desk, strategy: Replaces, loader: Loader, settings: Settings) -> Replacements:
    """What takes the place of quotes that are withdrawn, by the rules that would judge it then."""
    risk = settings.risk
    return Replacements(desk, strategy, guardian_rules(risk), time_rules(risk), book_rules(risk), loader)


def _verifier(parts: Ingredients) -> RewardVerifier:
    """Who checks what quotes for rewards earn. On paper they do not stand in the books that are seen."""
    working = parts.desk.execution.orders.working
    return RewardVerifier(
        working, parts.catalogue.market, parts.rewards, shown=parts.trading, competition=parts.competition
    )


def _gateway(trading: Trading | None, books: BookTable, catalogue: Catalogue, settings: Settings) -> Gateway:
    """Where orders go: to the venues, or, without anything to trade with, to the fill model."""
    if trading is None:
        return PaperExchange(books, settings.paper, random.Random(0))  # noqa: S311 - latency jitter, not a secret
    return VenueGateway(trading.brokers, trading.codecs, books, catalogue.market_of, trading.operators)


def _bind(trading: Trading, gateway: VenueGateway, desk: Desk) -> None:
    """Let brokers and codecs look up what the desk knows, and the gateway which orders are at work."""
    orders = desk.execution.orders

    def held(venue: Venue) -> Iterable[OutcomeId]:
        for outcome, position in desk.ledger.positions.items():
            if venue_of(position.market) is venue:
                yield outcome
        for order in orders.working():
            market = desk.market(order.leg.market)
            if market is not None and market.venue is venue:
                yield from (market.yes, market.no)

        for id_ in sorted(desk.execution.operations.touched()):
            market = desk.market(id_)
            if market is not None and market.venue is venue:
                yield from (market.yes, market.no)

    def resting(venue: Venue) -> Iterable[str]:
        return [order.venue_id for order in orders.working() if venue_of(order.leg.market) is venue and order.venue_id]

    trading.lookups.bind(desk.catalogue, held, resting)
    gateway.follow(orders.working, orders.working_in)


def _private(trading: Trading) -> dict[str, PrivateCodec]:
    """The codecs of our own orders and operations, by the sources of their frames."""
    codecs: dict[str, PrivateCodec] = {
        source(venue): codec for venue, codec in trading.codecs.items() for source in (orders_source, user_source)
    }
    return codecs | {operations_source(venue): OperationCodec() for venue in trading.operators}


def _across(settings: Settings, pairs: ApprovedPairs) -> Across | None:
    """How pairs are watched: what the less demanding of the two strategies would want is an opportunity."""
    if not pairs:
        return None
    least = min(settings.cross_venue.atomic_edge, settings.cross_venue.hedge_edge)
    return Across(pairs, demands(least, settings.bundle, settings.cross_venue))


def _sure_payoff(bundle: Bundle) -> Price:
    return Price(bundle.payoff * (1_000_000 - bundle.mismatch_ppm) // 1_000_000)


def _for_account(market: Market, settings: Settings) -> Market:
    """A market with the fees that this account is charged: how Kalshi rounds depends on how one reaches it."""
    if not isinstance(market.fees, KalshiFees):
        return market
    unit = settings.venues.kalshi.account.balance_unit
    return msgspec.structs.replace(market, fees=msgspec.structs.replace(market.fees, unit=unit))
