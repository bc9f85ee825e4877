"""All markets and events of an exchange as rows that Gamma's lists can be filtered and ordered by."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from multidict import MultiMapping

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import ONE, SECOND, Nanos, Price
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.matching.messages import ExchangeEvent, ListingAdded, Resolved
from dutchbook.exchange.servers.polymarket.gamma_events_wire import tags_of
from dutchbook.exchange.servers.polymarket.gamma_query import ById, Page, amount, flag, moment, texts
from dutchbook.exchange.servers.polymarket.gamma_values import slug_of, small_id
from dutchbook.exchange.servers.polymarket.gamma_wire import Activity, oracle_status

_DAY = 86_400 * SECOND


class MarketRow:
    """A market in a list; what costs time is found when it is asked for."""

    __slots__ = ("_index", "listing")

    def __init__(self, index: "GammaIndex", listing: Listing) -> None:
        self._index = index
        self.listing = listing

    @property
    def id(self) -> int:
        return int(self.listing.number)

    @property
    def closed(self) -> bool:
        return self.listing.market.status is MarketStatus.RESOLVED

    @property
    def volume(self) -> int:
        return self._index.history.volume(self.listing.id)

    @property
    def volume_day(self) -> int:
        return self._index.volume_day(self.listing.id)

    @property
    def liquidity(self) -> int:
        return self._index.activity(self.listing).liquidity

    @property
    def starts(self) -> int:
        return self.listing.created

    @property
    def ends(self) -> int:
        return self.listing.market.closes or 0

    @property
    def tags(self) -> Sequence[str]:
        return tags_of(self._index.question(self.listing.market.question))


class EventRow:
    """An event in a list."""

    __slots__ = ("_index", "listing")

    def __init__(self, index: "GammaIndex", listing: QuestionListing) -> None:
        self._index = index
        self.listing = listing

    @property
    def id(self) -> int:
        return int(self.listing.number)

    @property
    def markets(self) -> Sequence[MarketRow]:
        return [MarketRow(self._index, listing) for listing in self._index.markets_of(self.listing)]

    @property
    def closed(self) -> bool:
        markets = self.markets
        return bool(markets) and all(row.closed for row in markets)

    @property
    def volume(self) -> int:
        return sum(row.volume for row in self.markets)

    @property
    def volume_day(self) -> int:
        return sum(row.volume_day for row in self.markets)

    @property
    def liquidity(self) -> int:
        return sum(row.liquidity for row in self.markets)

    @property
    def starts(self) -> int:
        return self.listing.created

    @property
    def ends(self) -> int:
        return self.listing.ends or max((row.ends for row in self.markets), default=0)

    @property
    def tags(self) -> Sequence[str]:
        return tags_of(self.listing)


class GammaIndex:
    """Finds markets and events. Listens to the exchange for the times of resolutions."""

    def __init__(self, exchange: Exchange, history: History, now: Callable[[], Nanos]) -> None:
        self.history = history
        self._exchange = exchange
        self._now = now
        self._resolved: dict[MarketId, Nanos] = {}
        self._markets: ById[MarketId] = ById()
        self._events: ById[QuestionId] = ById()
        for market in exchange.listings.values():
            self._note(market)
        exchange.listen(self._heard)

    def question(self, name: QuestionId) -> QuestionListing:
        return self._exchange.questions[name]

    def markets_of(self, question: QuestionListing) -> list[Listing]:
        """The markets of an event that are listed, in its order."""
        listings = self._exchange.listings
        return [listings[market] for market in question.question.markets if market in listings]

    def volume_day(self, market: MarketId) -> int:
        return self.history.volume_of_day(market, self._now())

    def activity(self, listing: Listing) -> Activity:
        """What is happening in a market."""
        market = listing.id
        bids, asks = self._exchange.book(market)
        last = self.history.last_trade(market)
        resolved = self._resolved.get(market)
        yesterday = self.history.before(market, Nanos(self._now() - _DAY))
        middle = (bids[0].price if bids else 0) + (asks[0].price if asks else ONE)
        return Activity(
            bids=bids,
            asks=asks,
            volume=self.history.volume(market),
            volume_day=self.history.volume_of_day(market, self._now()),
            open_interest=self.history.open_interest(market),
            last_trade=None if last is None else Price(last.price),
            day_change=None if yesterday is None else middle - yesterday.bid.close - yesterday.ask.close,
            updated=resolved or (listing.created if last is None else last.at),
            closed=resolved,
        )

    def market_rows(self, query: MultiMapping[str], page: Page, *, closed_default: bool | None) -> Iterator[MarketRow]:
        """The markets that a request means, in the order of their ids from the page's cursor on. Raises BadQuery."""
        ids, slugs = texts(query, "id"), texts(query, "slug")
        conditions, tokens = texts(query, "condition_ids"), texts(query, "clob_token_ids")
        status = query.get("uma_resolution_status")
        narrowed = self._listings(conditions, tokens, page)
        rows: Iterator[MarketRow] = (MarketRow(self, listing) for listing in narrowed)
        rows = (row for row in rows if row.listing.market.status is not MarketStatus.UNOPENED)
        if ids is not None:
            rows = (row for row in rows if row.listing.number in ids)
        if slugs is not None:
            rows = (row for row in rows if row.listing.slug in slugs)
        if status:
            rows = (row for row in rows if oracle_status(row.listing) == status)
        return _common(rows, query, closed_default)

    def event_rows(self, query: MultiMapping[str], page: Page, *, closed_default: bool | None) -> Iterator[EventRow]:
        """The events that a request means, in the order of their ids from the page's cursor on. Raises BadQuery."""
        ids, slugs = texts(query, "id"), texts(query, "slug")
        series = texts(query, "series_id")
        rows: Iterator[EventRow] = (EventRow(self, self.question(name)) for name in self._events.walk(page))
        if ids is not None:
            rows = (row for row in rows if row.listing.number in ids)
        if slugs is not None:
            rows = (row for row in rows if row.listing.slug in slugs)
        if series is not None:
            rows = (row for row in rows if small_id("series", slug_of(row.listing.question.series)) in series)
        return _common(rows, query, closed_default)

    def found(self, words: str, page: Page) -> Iterator[EventRow]:
        """Events whose title, or a title of whose markets, contains all words."""
        wanted = words.lower().split()
        for name in self._events.walk(page):
            listing = self.question(name)
            names = [listing.question.title, listing.slug]
            names += [one.market.title for one in self.markets_of(listing)]
            text = " ".join(names).lower()
            if all(word in text for word in wanted):
                yield EventRow(self, listing)

    def questions(self) -> Mapping[QuestionId, QuestionListing]:
        return self._exchange.questions

    def listings(self) -> Mapping[MarketId, Listing]:
        return self._exchange.listings

    def _listings(
        self, conditions: frozenset[str] | None, tokens: frozenset[str] | None, page: Page
    ) -> Iterable[Listing]:
        listings = self._exchange.listings
        if conditions is None and tokens is None:
            return (listings[market] for market in self._markets.walk(page))
        wanted = {MarketId(name) for name in conditions or ()}
        for token in tokens or ():
            market = self._exchange.market_of(OutcomeId(token))
            if market is not None:
                wanted.add(market)
        found = [listings[market] for market in wanted if market in listings]
        return sorted(found, key=lambda listing: int(listing.number), reverse=not page.ascending)

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, Resolved):
            self._resolved[event.market] = event.at
        elif isinstance(event, ListingAdded):
            self._note(self._exchange.listings[event.market])

    def _note(self, listing: Listing) -> None:
        self._markets.add(listing.number, listing.id)
        question = self.question(listing.market.question)
        self._events.add(question.number, question.question.id)


def _common[R: (MarketRow, EventRow)](
    rows: Iterator[R], query: MultiMapping[str], closed_default: bool | None
) -> Iterator[R]:
    closed = flag(query, "closed")
    closed = closed_default if closed is None else closed
    tag = query.get("tag_id")
    ends_from, ends_to = moment(query, "end_date_min"), moment(query, "end_date_max")
    starts_from, starts_to = moment(query, "start_date_min"), moment(query, "start_date_max")
    least_volume, least_liquidity = amount(query, "volume_num_min"), amount(query, "liquidity_num_min")
    if flag(query, "archived") or flag(query, "active") is False:
        return
    for row in rows:
        if closed is not None and row.closed is not closed:
            continue
        if tag and tag not in {small_id("tag", slug_of(label)) for label in row.tags}:
            continue
        if not _within(row.ends, ends_from, ends_to) or not _within(row.starts, starts_from, starts_to):
            continue
        if least_volume is not None and row.volume < least_volume:
            continue
        if least_liquidity is None or row.liquidity >= least_liquidity:
            yield row


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
