"""The simulated side of the calibration: the default scenario, looked at as the recordings looked at real markets."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.calibration_measures import Measure, Measures
from dutchbook.config.documents import read_document
from dutchbook.domain.identity import MarketId, QuestionId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.living.scenario_file import built_in
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.living.world import World
from dutchbook.exchange.matching.messages import BookMoved, ExchangeEvent, Matched

START = Nanos(1_800_000_000 * SECOND)
_WARM_UP = 900
_STEP = 5

FAMILIES: Mapping[str, str] = {
    "btc-updown-15m": "crypto",
    "rovers-united": "sports",
    "highest-temperature-in-town": "weather",
    "highest-temperature-at-the-coast": "weather",
    "mayoral-election": "election",
    "budget-passes-this-month": "politics",
    "minister-out-by-friday": "politics",
    "strike-called-off": "politics",
    "btc-above-today": "ladders",
    "bridge-reopens": "ladders",
    "KXBTC15M": "crypto",
    "KXROVUTD": "sports",
    "KXHIGHTOWN": "weather",
    "KXMAYOR": "election",
    "KXBUDGET": "politics",
    "KXMINOUT": "politics",
    "KXBTCD": "ladders",
    "KXBRIDGE": "ladders",
}
"""The kind of a question, by the beginning of its id."""


class Flow:
    """What happened in each market since it was listed: book updates (one for each batch), level changes, trades."""

    def __init__(self, exchange: Exchange) -> None:
        self.updates: Counter[MarketId] = Counter()
        self.levels: Counter[MarketId] = Counter()
        self.sizes: dict[MarketId, list[float]] = defaultdict(list)
        self._batch: dict[MarketId, int] = {}
        exchange.listen(self._heard)

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, BookMoved):
            self.levels[event.market] += len(event.moves)
            if event.batch == 0 or self._batch.get(event.market) != event.batch:
                self.updates[event.market] += 1
            self._batch[event.market] = event.batch
        elif isinstance(event, Matched):
            self.sizes[event.market] += [pair.size / 1e6 for pair in event.pairs]


def simulated(hours: float, seed: int) -> Mapping[tuple[Venue, str], Measures]:
    """Run the default scenario for so long (after a quarter of an hour that does not count) and measure each family."""
    world = World(read_document(built_in("town"), ScenarioSpec), seed, START)
    flows = {venue: Flow(exchange) for venue, exchange in world.exchanges.items()}
    measures: dict[tuple[Venue, str], Measures] = defaultdict(Measures)
    for second in range(_WARM_UP, _WARM_UP + int(hours * 3_600), _STEP):
        world.advance(Nanos(START + second * SECOND))
        for exchange in world.exchanges.values():
            _look(exchange, measures, world.clock.now())
        _look_across(world, measures)
    for venue, exchange in world.exchanges.items():
        _count(exchange, flows[venue], measures, world.clock.now())
    return measures


def family(question: QuestionId) -> str | None:
    """The kind of a question."""
    found = [kind for start, kind in FAMILIES.items() if question.startswith(start)]
    return found[0] if found else None


def _look(exchange: Exchange, measures: dict[tuple[Venue, str], Measures], now: Nanos) -> None:
    venue = exchange.rules.venue
    for listed in exchange.questions.values():
        kind = family(listed.question.id)
        markets = listed.question.markets
        if kind is None or any(exchange.listings[m].market.status is not MarketStatus.OPEN for m in markets):
            continue
        if kind == "crypto" and (listed.ends or 0) - now > 900 * SECOND:
            continue  # the recordings show windows that have begun
        into = measures[venue, kind]
        for market in markets:
            bids, asks = exchange.book(market)
            into.book({lv.price: lv.size for lv in bids}, {lv.price: lv.size for lv in asks})
        if listed.question.exclusive:
            into.whole([_top(exchange, m) for m in markets if not exchange.listings[m].market.placeholder])


def _top(exchange: Exchange, market: MarketId) -> tuple[int | None, int | None]:
    bid, ask = exchange.top(market)
    return (bid.price if bid else None, ask.price if ask else None)


def _look_across(world: World, measures: dict[tuple[Venue, str], Measures]) -> None:
    """The same question on both venues, but for crypto, which settles differently."""
    here, there = world.exchanges[Venue.POLYMARKET], world.exchanges[Venue.KALSHI]
    pairs = {"budget-passes-this-month": "KXBUDGET", "mayoral-election": "KXMAYOR"}
    for ours, theirs in pairs.items():
        for one, other in zip(_markets(here, ours), _markets(there, theirs), strict=True):
            bid, ask = _top(here, one)
            their_bid, their_ask = _top(there, other)
            if bid and ask and their_bid and their_ask:
                measures[Venue.KALSHI, "twins"].across((bid, ask), (their_bid, their_ask))


def _markets(exchange: Exchange, start: str) -> Sequence[MarketId]:
    return [m for q in exchange.questions.values() if q.question.id.startswith(start) for m in q.question.markets]


def _count(exchange: Exchange, flow: Flow, measures: dict[tuple[Venue, str], Measures], now: Nanos) -> None:
    """Rates over each market's life, as far as it has lived."""
    for market, listing in exchange.listings.items():
        kind = family(listing.market.question)
        ends = min(now, listing.market.closes or now)
        spent = (ends - listing.created) / 1e9
        if kind is None or spent < 600 or listing.market.placeholder:
            continue
        into = measures[exchange.rules.venue, kind]
        counted = flow.levels if exchange.rules.venue is Venue.KALSHI else flow.updates
        into.add(Measure.UPDATES, counted[market] / spent)
        into.add(Measure.TRADES, len(flow.sizes[market]) * 60 / spent)
        into.extend(Measure.TRADE_SIZE, flow.sizes[market])
