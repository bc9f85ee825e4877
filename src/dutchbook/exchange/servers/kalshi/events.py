"""Events, series, fee changes and incentive programmes (protocol sections 4.2 and 10)."""

from collections.abc import Callable, Sequence

from dutchbook.domain.identity import QuestionId
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import IncentiveProgramme, Listing, QuestionListing
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import not_found
from dutchbook.exchange.servers.kalshi.event_bodies import event_body, listings_of, series_body, series_of, sources
from dutchbook.exchange.servers.kalshi.formats import count_text, time_text
from dutchbook.exchange.servers.kalshi.lifecycle import FILTER_WORDS, MarketTimes
from dutchbook.exchange.servers.kalshi.market_bodies import MarketBodies, closing_time
from dutchbook.exchange.servers.kalshi.paging import page
from dutchbook.exchange.servers.kalshi.parameters import Parameters
from dutchbook.exchange.servers.unhurried import Rows

_LARGEST_PAGE = 200
_LARGEST_PROGRAMME_PAGE = 10_000
_MOST_TICKERS = 1_000
_AT_ONCE = 4
"""Events of a list that are written without a pause: a millisecond, with their markets."""
_STATUSES = ("all", "active", "upcoming", "closed", "paid_out")
_TYPES = ("all", "liquidity", "volume", "margin_maker_volume", "margin_taker_volume")
_MICROS_PER_CENTICENT = 100


class Events:
    """Endpoints under `/events`, `/series` and `/incentive_programs`."""

    def __init__(self, exchange: Exchange, history: History, bodies: MarketBodies, times: MarketTimes) -> None:
        self._exchange = exchange
        self._history = history
        self._bodies = bodies
        self._times = times

    def endpoints(self) -> list[Endpoint]:
        return [
            _get("/events", "GetEvents", self.events),
            _get("/events/multivariate", "GetMultivariateEvents", self.combos),
            _get("/events/fee_changes", "GetEventFeeChanges", self.event_fee_changes),
            _get("/events/{event_ticker}", "GetEvent", self.event),
            _get("/events/{event_ticker}/metadata", "GetEventMetadata", self.metadata),
            _get("/series", "GetSeriesList", self.series_list),
            _get("/series/fee_changes", "GetSeriesFeeChanges", self.series_fee_changes),
            _get("/series/{series_ticker}", "GetSeries", self.series),
            _get("/incentive_programs", "GetIncentivePrograms", self.programmes),
            _get("/search/tags_by_categories", "GetTagsForSeriesCategories", self.tags),
        ]

    def events(self, call: Call) -> Answer:
        """`GET /events`, newest first; combos are not among them."""
        query = call.query
        limit, nested = query.limit(_LARGEST_PAGE, _LARGEST_PAGE), query.flag("with_nested_markets")
        found = sorted(self._chosen(query), key=lambda each: (each.created, each.question.id), reverse=True)
        rows, cursor = page(found, lambda each: each.question.id, query.text("cursor"), limit)
        body: dict[str, object] = {
            "events": Rows(rows, lambda each: self._event(each, call.now, nested=bool(nested)), _AT_ONCE),
            "cursor": cursor,
        }
        if query.flag("with_milestones"):
            body["milestones"] = []  # nothing here is linked to a game of the real world
        return Answer(body)

    def event(self, call: Call) -> Answer:
        """One event; its markets beside it, and inside it too where they are asked for there."""
        listed = self._listed(call.path["event_ticker"])
        nested = bool(call.query.flag("with_nested_markets"))
        return Answer(
            {"event": self._event(listed, call.now, nested=nested), "markets": self._markets(listed, call.now)}
        )

    def metadata(self, call: Call) -> Answer:
        """Pictures that we do not have, and the settlement sources that we do."""
        listed = self._listed(call.path["event_ticker"])
        details = [
            {"market_ticker": each.id, "image_url": "", "color_code": ""}
            for each in listings_of(self._exchange, listed)
        ]
        found = sources(listed.settlement_sources)
        return Answer({"image_url": "", "market_details": details, "settlement_sources": found})

    def combos(self, call: Call) -> Answer:
        """No combos are listed."""
        call.query.limit(_LARGEST_PAGE)
        return Answer({"events": [], "cursor": ""})

    def series_list(self, call: Call) -> Answer:
        """`GET /series`."""
        query = call.query
        category, tags = query.text("category"), set(query.names("tags", _MOST_TICKERS))
        since, volume = query.integer("min_updated_ts") or 0, bool(query.flag("include_volume"))
        found = []
        for ticker, members in self._by_series().items():
            newest = max(members, key=lambda each: each.created)
            if (
                (not category or newest.question.category == category)
                and (not tags or tags & set(newest.tags))
                and newest.created >= since * SECOND
            ):
                found.append(self._series(ticker, members, volume=volume))
        return Answer({"series": found})

    def series(self, call: Call) -> Answer:
        """One series."""
        ticker = call.path["series_ticker"]
        members = self._by_series().get(ticker)
        if not members:
            raise not_found()
        return Answer({"series": self._series(ticker, members, volume=bool(call.query.flag("include_volume")))})

    def series_fee_changes(self, call: Call) -> Answer:
        """No fee of a series is ever scheduled to change here."""
        call.query.flag("show_historical")
        return Answer({"series_fee_change_arr": []})

    def event_fee_changes(self, call: Call) -> Answer:
        """No fee of an event either."""
        call.query.limit(_LARGEST_PAGE)
        return Answer({"event_fee_changes": [], "cursor": ""})

    def programmes(self, call: Call) -> Answer:
        """Liquidity programmes; the cursor is called `next_cursor` here."""
        query = call.query
        status, kind = query.one_of("status", _STATUSES) or "all", query.one_of("type", _TYPES) or "all"
        limit = query.limit(_LARGEST_PROGRAMME_PAGE)
        rows = [
            (listing, programme)
            for listing in self._exchange.listings.values()
            for programme in listing.incentives
            if kind in ("all", "liquidity") and status in ("all", _state(programme, call.now))
        ]
        found, cursor = page(rows, lambda row: row[1].id, query.text("cursor"), limit)
        return Answer({"incentive_programs": [_programme(*row, call.now) for row in found], "next_cursor": cursor})

    def tags(self, call: Call) -> Answer:  # noqa: ARG002
        """Which tags occur in which category."""
        found: dict[str, list[str]] = {}
        for listed in self._exchange.questions.values():
            known = found.setdefault(listed.question.category, [])
            known.extend(tag for tag in listed.tags if tag not in known)
        return Answer({"tags_by_categories": found})

    def _chosen(self, query: Parameters) -> list[QuestionListing]:
        status = FILTER_WORDS.get(query.one_of("status", ("unopened", "open", "closed", "settled")))
        series, tickers = query.text("series_ticker"), set(query.names("tickers", _MOST_TICKERS))
        closes, updated = query.integer("min_close_ts"), query.integer("min_updated_ts")
        found = []
        for listed in self._exchange.questions.values():
            if (series and series_of(listed) != series) or (tickers and listed.question.id not in tickers):
                continue
            members = listings_of(self._exchange, listed)
            if (
                (status is None or any(each.market.status is status for each in members))
                and (closes is None or any(closing_time(each) >= closes * SECOND for each in members))
                and (updated is None or any(self._times.updated(each.id) >= updated * SECOND for each in members))
            ):
                found.append(listed)
        return found

    def _listed(self, ticker: str) -> QuestionListing:
        found = self._exchange.questions.get(QuestionId(ticker))
        if found is None:
            raise not_found()
        return found

    def _event(self, listed: QuestionListing, now: Nanos, *, nested: bool) -> dict[str, object]:
        body = event_body(listed)
        if nested:
            body["markets"] = self._markets(listed, now)
        return body

    def _markets(self, listed: QuestionListing, now: Nanos) -> list[dict[str, object]]:
        return [self._bodies.body(each, now) for each in listings_of(self._exchange, listed)]

    def _by_series(self) -> dict[str, list[QuestionListing]]:
        found: dict[str, list[QuestionListing]] = {}
        for listed in self._exchange.questions.values():
            found.setdefault(series_of(listed), []).append(listed)
        return found

    def _series(self, ticker: str, members: Sequence[QuestionListing], *, volume: bool) -> dict[str, object]:
        with_markets = [(each, listings_of(self._exchange, each)) for each in members]
        body = series_body(ticker, with_markets)
        if volume:
            total = sum(self._history.volume(each.id) for _, listings in with_markets for each in listings)
            body["volume_fp"] = count_text(total)
        return body


def _state(programme: IncentiveProgramme, now: Nanos) -> str:
    if now < programme.starts:
        return "upcoming"
    return "active" if now < programme.ends else "paid_out"


def _programme(listing: Listing, programme: IncentiveProgramme, now: Nanos) -> dict[str, object]:
    return {
        "id": programme.id,
        "market_id": listing.number,
        "market_ticker": listing.id,
        "incentive_type": "liquidity",
        "incentive_description": "series_lip",
        "start_date": time_text(programme.starts),
        "end_date": time_text(programme.ends),
        "period_reward": programme.reward // _MICROS_PER_CENTICENT,
        # Rewards are paid at the end of the period, so what is closed is paid.
        "paid_out": _state(programme, now) == "paid_out",
        "discount_factor_bps": programme.discount_ppm // 100,
        "target_size_fp": count_text(programme.target_size),
    }


def _get(path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    return Endpoint(method="GET", path=path, operation=operation, handler=handler)
