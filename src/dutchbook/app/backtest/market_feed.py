"""What an exchange publishes, as the desk's market events: no JSON, no socket, the same content.

All moves of one market at one instant make one event, as one frame of a venue does.
"""

from collections.abc import Callable, Iterable, Iterator

from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import (
    BookLost,
    BookSnapshot,
    GridChanged,
    LevelSet,
    LevelsSet,
    MarketEvent,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    QuestionListed,
    RewardsListed,
    TradePrinted,
)
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.rewards import RewardOffer, RewardTerms, SideScoring
from dutchbook.domain.units import DAY, ONE, Money, Nanos, Price, Size, complement
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import IncentiveProgramme, Listing
from dutchbook.exchange.matching.messages import (
    BookMoved,
    ExchangeEvent,
    GridMoved,
    ListingAdded,
    Matched,
    Resolved,
    StatusMoved,
)

type Deliver = Callable[[tuple[MarketEvent, ...], MarketId], None]
"""Takes the events of one market, of one instant, to be sent on."""
type _Moves = dict[tuple[Side, Price], Size]

_OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class MarketFeed:
    """Watches one exchange. `flush` hands on what it said since, stamped with the time at which it will be received."""

    def __init__(self, exchange: Exchange, lasts: Nanos, deliver: Deliver) -> None:
        """`lasts` is how long market data travels."""
        self.venue: Venue = exchange.rules.venue
        self._exchange = exchange
        self._lasts = lasts
        self._deliver = deliver
        self.moves: dict[MarketId, _Moves] = {}
        """New totals of levels that wait to be sent on, by market."""
        self.others: list[ExchangeEvent] = []
        """All else that does."""
        exchange.listen(self._moved, BookMoved)
        exchange.listen(self.others.append, Matched, ListingAdded, GridMoved, StatusMoved, Resolved)

    def flush(self, now: Nanos) -> None:
        """Send on what happened by now: books first, then trades and what became of markets."""
        received = Nanos(now + self._lasts)
        if self.moves:
            moves, self.moves = self.moves, {}
            for market, of_market in moves.items():
                self._deliver((self._levels(self._market(market), of_market, now, received),), market)
        if self.others:
            others = tuple(self.others)
            self.others.clear()
            for event in others:
                if events := self._told(event, received):
                    self._deliver(tuple(events), _market_of(event))

    def snapshots(self, market_id: MarketId, received: Nanos) -> tuple[MarketEvent, ...]:
        """The whole book of a market as it stands now, of each outcome that the venue publishes."""
        market = self._market(market_id)
        bids, asks = self._exchange.book(market_id)
        yes = BookSnapshot(market.yes, tuple(bids), tuple(asks), received, complete=market.shared_book)
        if market.shared_book:
            return (yes,)
        return yes, BookSnapshot(market.no, _mirrored(asks), _mirrored(bids), received)

    def lost(self, market_id: MarketId, reason: str, received: Nanos) -> MarketEvent:
        """That nobody knows a market's books any more."""
        market = self._market(market_id)
        return BookLost((market.yes,) if market.shared_book else (market.yes, market.no), reason, received)

    def rewards(self, received: Nanos) -> RewardsListed:
        """What is paid for quotes now, in all markets."""
        listings = self._exchange.listings.values()
        offers = tuple(offer for listing in listings for offer in _offers(listing, received))
        return RewardsListed(self.venue, offers, received)

    def _market(self, market: MarketId) -> Market:
        return self._exchange.listings[market].market

    def _moved(self, event: ExchangeEvent) -> None:
        if not isinstance(event, BookMoved):
            return
        moves = self.moves.get(event.market)
        if moves is None:
            moves = self.moves[event.market] = {}
        for move in event.moves:
            moves[move.side, move.price] = move.size

    @staticmethod
    def _levels(market: Market, moves: _Moves, now: Nanos, received: Nanos) -> LevelsSet:
        yes = [LevelSet(market.yes, side, price, size) for (side, price), size in moves.items()]
        if not market.shared_book:
            yes += [LevelSet(market.no, _OTHER[side], complement(price), size) for (side, price), size in moves.items()]
        return LevelsSet(tuple(yes), received, now)

    def _told(self, event: ExchangeEvent, received: Nanos) -> list[MarketEvent]:
        match event:
            case Matched():
                return _prints(event, received)
            case ListingAdded(market=market):
                return self._listed(market, received)
            case StatusMoved(market=market, status=status):
                return [MarketStatusChanged(market, status, received)]
            case GridMoved(market=market, after=grid, at=at):
                return [GridChanged(market, grid, received, at)]
            case Resolved(market=market, payout=payout):
                return [MarketResolved(market, payout, received)]
            case _:
                return []

    def _listed(self, market_id: MarketId, received: Nanos) -> list[MarketEvent]:
        market = self._market(market_id)
        question = self._exchange.questions.get(market.question)
        told: list[MarketEvent] = [] if question is None else [QuestionListed(question.question, received)]
        told += [MarketListed(market, received), *self.snapshots(market_id, received), self.rewards(received)]
        return told


def _prints(match: Matched, received: Nanos) -> list[MarketEvent]:
    """One print for each price that the taker traded at, as a taker in the outcome that it named."""
    sizes: dict[Price, int] = {}
    for pair in match.pairs:
        sizes[pair.taker.price] = sizes.get(pair.taker.price, 0) + pair.size
    taker = match.pairs[0].taker
    return [
        TradePrinted(taker.outcome, price, Size(size), taker.side, received, match.at, f"{match.number}")
        for price, size in sizes.items()
    ]


def _mirrored(levels: Iterable[Level]) -> tuple[Level, ...]:
    return tuple(Level(complement(level.price), level.size) for level in levels)


def _offers(listing: Listing, now: Nanos) -> Iterator[RewardOffer]:
    """What a market pays for quotes, as its venue publishes it: Polymarket's reward, or Kalshi's running programme."""
    programme = listing.rewards
    if programme is not None:
        yield RewardOffer(
            terms=RewardTerms(
                market=listing.id,
                daily=programme.daily_rate,
                max_spread=programme.max_spread,
                min_size=programme.min_size,
                min_age=programme.min_age,
            )
        )
    for incentive in listing.incentives:
        if incentive.ends > now:
            yield RewardOffer(terms=_per_day(listing, incentive))


def _per_day(listing: Listing, incentive: IncentiveProgramme) -> RewardTerms:
    """A programme that pays a sum for its whole period, as what it pays for a day."""
    return RewardTerms(
        market=listing.id,
        daily=Money(incentive.reward * DAY // (incentive.ends - incentive.starts)),
        max_spread=ONE,
        min_size=Size(0),
        since=incentive.starts,
        until=incentive.ends,
        sides=SideScoring(target_size=incentive.target_size, discount_ppm=incentive.discount_ppm),
    )


def _market_of(event: ExchangeEvent) -> MarketId:
    if isinstance(event, Matched | ListingAdded | GridMoved | StatusMoved | Resolved):
        return event.market
    raise TypeError(f"{event!r} is of no market")
