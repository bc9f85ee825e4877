"""All markets and events of an exchange as rows that Gamma's lists can be filtered and ordered by."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from multidict import MultiMapping

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import DAY, ONE, Nanos, Price
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.matching.messages import BookMoved, ExchangeEvent, ListingAdded, Resolved
from dutchbook.exchange.servers.polymarket.gamma_events_wire import tags_of
from dutchbook.exchange.servers.polymarket.gamma_query import ById, Page, Search, amount, flag, moment, texts
from dutchbook.exchange.servers.polymarket.gamma_values import slug_of, small_id
from dutchbook.exchange.servers.polymarket.gamma_wire import Activity, oracle_status

_AT_ONCE = 64
"""Markets that are looked at without a pause: a millisecond or two, where nothing is known of their books yet."""


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
        return self._index.liquidity(self.listing.id)

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
        self._liquidity: dict[MarketId, int] = {}
        """Of books that did not move since somebody asked."""
        self._markets: ById[MarketId] = ById()
        self._events: ById[QuestionId] = ById()
        for market in exchange.listings.values():
            self._note(market)
        exchange.listen(self._heard, Resolved, ListingAdded)
        moved: Callable[..., None] = self._moved
        exchange.listen(moved, BookMoved)

    def question(self, name: QuestionId) -> QuestionListing:
        return self._exchange.questions[name]

    def markets_of(self, question: QuestionListing) -> list[Listing]:
        """The markets of an event that are listed, in its order."""
        listings = self._exchange.listings
        return [listings[market] for market in question.question.markets if market in listings]

    def volume_day(self, market: MarketId) -> int:
        return self.history.volume_of_day(market, self._now())

    def liquidity(self, market: MarketId) -> int:
        """What rests in a book, in micro-dollars: bids by what they pay, asks by what taking them costs."""
        found = self._liquidity.get(market)
        if found is None:
            bids, asks = self._exchange.book(market)
            found = sum(level.price * level.size for level in (*bids, *asks)) // ONE
            self._liquidity[market] = found
        return found

    def activity(self, listing: Listing) -> Activity:
        """What is happening in a market."""
        market = listing.id
        bid, ask = self._exchange.top(market)
        best_bid, best_ask = bid.price if bid else Price(0), ask.price if ask else ONE
        last = self.history.last_trade(market)
        resolved = self._resolved.get(market)
        yesterday = self.history.before(market, Nanos(self._now() - DAY))
        return Activity(
            best_bid=best_bid,
            best_ask=best_ask,
            liquidity=self.liquidity(market),
            volume=self.history.volume(market),
            volume_day=self.history.volume_of_day(market, self._now()),
            open_interest=self.history.open_interest(market),
            last_trade=None if last is None else Price(last.price),
            day_change=None if yesterday is None else best_bid + best_ask - yesterday.bid.close - yesterday.ask.close,
            updated=resolved or (listing.created if last is None else last.at),
            closed=resolved,
        )

    def market_rows(self, query: MultiMapping[str], page: Page, *, closed_default: bool | None) -> Search[MarketRow]:
        """The markets that a request means, in the order of their ids from the page's cursor on. Raises BadQuery."""
        ids, slugs = texts(query, "id"), texts(query, "slug")
        conditions, tokens = texts(query, "condition_ids"), texts(query, "clob_token_ids")
        status = query.get("uma_resolution_status")
        common = _common(query, closed_default)

        def meant(row: MarketRow) -> bool:
            listing = row.listing
            return (
                listing.market.status is not MarketStatus.UNOPENED
                and (ids is None or listing.number in ids)
                and (slugs is None or listing.slug in slugs)
                and (not status or oracle_status(listing) == status)
                and common(row)
            )

        narrowed = self._listings(conditions, tokens, page)
        return Search((MarketRow(self, listing) for listing in narrowed), meant, _AT_ONCE)

    def event_rows(self, query: MultiMapping[str], page: Page, *, closed_default: bool | None) -> Search[EventRow]:
        """The events that a request means, in the order of their ids from the page's cursor on. Raises BadQuery."""
        ids, slugs = texts(query, "id"), texts(query, "slug")
        series = texts(query, "series_id")
        common = _common(query, closed_default)

        def meant(row: EventRow) -> bool:
            listing = row.listing
            return (
                (ids is None or listing.number in ids)
                and (slugs is None or listing.slug in slugs)
                and (series is None or small_id("series", slug_of(listing.question.series)) in series)
                and common(row)
            )

        return Search(self._events_of(page), meant)

    def found(self, words: str, page: Page, *, closed_too: bool) -> Search[EventRow]:
        """Events whose title, or a title of whose markets, contains all words."""
        wanted = words.lower().split()

        def meant(row: EventRow) -> bool:
            listing = row.listing
            names = [listing.question.title, listing.slug]
            names += [one.market.title for one in self.markets_of(listing)]
            text = " ".join(names).lower()
            return all(word in text for word in wanted) and (closed_too or not row.closed)

        return Search(self._events_of(page), meant)

    def questions(self) -> Mapping[QuestionId, QuestionListing]:
        return self._exchange.questions

    def listings(self) -> Mapping[MarketId, Listing]:
        return self._exchange.listings

    def _events_of(self, page: Page) -> Iterator[EventRow]:
        return (EventRow(self, self.question(name)) for name in self._events.walk(page))

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

    def _moved(self, event: BookMoved) -> None:
        self._liquidity.pop(event.market, None)

    def _note(self, listing: Listing) -> None:
        self._markets.add(listing.number, listing.id)
        question = self.question(listing.market.question)
        self._events.add(question.number, question.question.id)


def _common(query: MultiMapping[str], closed_default: bool | None) -> Callable[[MarketRow | EventRow], bool]:
    """What may be asked of markets and events alike. Raises BadQuery."""
    closed = flag(query, "closed")
    closed = closed_default if closed is None else closed
    tag = query.get("tag_id")
    ends_from, ends_to = moment(query, "end_date_min"), moment(query, "end_date_max")
    starts_from, starts_to = moment(query, "start_date_min"), moment(query, "start_date_max")
    least_volume, least_liquidity = amount(query, "volume_num_min"), amount(query, "liquidity_num_min")
    nothing = bool(flag(query, "archived")) or flag(query, "active") is False

    def meant(row: MarketRow | EventRow) -> bool:
        return (
            not nothing
            and (closed is None or row.closed is closed)
            and (not tag or tag in {small_id("tag", slug_of(label)) for label in row.tags})
            and _within(row.ends, ends_from, ends_to)
            and _within(row.starts, starts_from, starts_to)
            and (least_volume is None or row.volume >= least_volume)
            and (least_liquidity is None or row.liquidity >= least_liquidity)
        )

    return meant


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
