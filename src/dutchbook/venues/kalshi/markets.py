"""Series, events and markets over REST, as questions and markets of the desk (protocol sections 3 and 4.2).

An event that is `mutually_exclusive` lets at most one market resolve YES; that one does is promised nowhere, so no
question of Kalshi is exhaustive. Strikes come from structured fields; rules texts are kept, for people.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import MarketId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import KalshiFees, Market, Question
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.kalshi import rest_wire as wire
from dutchbook.venues.kalshi.numbers import instant, ticker
from dutchbook.venues.kalshi.terms import (
    ASSUMED_FEES,
    MIN_SIZE,
    fees_of,
    grid_of,
    is_pending,
    payout_of,
    rules_of,
    status_of,
    strike_of,
    title_of,
)

_decode_series = msgspec.json.Decoder(wire.SeriesAnswer).decode
_decode_events = msgspec.json.Decoder(wire.EventsAnswer).decode
_decode_markets = msgspec.json.Decoder(wire.MarketsAnswer).decode
_decode_market = msgspec.json.Decoder(wire.Market).decode

_NO_SERIES: Mapping[str, "Series"] = {}
_NO_FEES: Mapping[QuestionId, KalshiFees] = {}


class Series(msgspec.Struct, frozen=True):
    """A series: what its events have in common. `multiplier` is the JSON number of the fees."""

    ticker: str
    title: str = ""
    category: str = ""
    fee_type: str = ""
    multiplier: bytes = b""


class Skipped(msgspec.Struct, frozen=True):
    """A market of which the desk can make nothing, and why; `body` is what the venue said of it."""

    reason: str
    body: bytes


class Listing(msgspec.Struct, frozen=True):
    """What one answer holds. `cursor` asks for the next page, and is empty on the last.

    `fees` are those of each event's markets, for markets that are read apart from their events.
    """

    questions: tuple[Question, ...] = ()
    markets: tuple[Market, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    cursor: str = ""
    fees: Mapping[QuestionId, KalshiFees] = {}


def decode_series(body: bytes) -> tuple[Series, ...]:
    """A `/series` or `/series/{ticker}` answer. Raises WireError if it is none, or a multiplier is no number."""
    return _read(body, lambda: _series(_decode_series(body)))


def decode_events(body: bytes, series: Mapping[str, Series] = _NO_SERIES) -> Listing:
    """An `/events` or `/events/{ticker}` answer, with the markets in it. Raises WireError if it is none.

    Fees are those of the event, else of its series; where a series is not given, they are assumed to be the dearest.
    """
    return _read(body, lambda: _events(_decode_events(body), series))


def decode_markets(body: bytes, fees: Mapping[QuestionId, KalshiFees] = _NO_FEES) -> Listing:
    """A `/markets` or `/markets/{ticker}` answer. Raises WireError if it is none.

    `fees` by event come from `decode_events`: a market does not say them, and does not name its series.
    """
    return _read(body, lambda: _lone(_decode_markets(body), fees))


def market_of(found: wire.Market, fees: KalshiFees) -> Market:
    """One market. Raises ValueError if a ticker, number or time in it is none.

    A waiver of its fees is not looked at: estimates stay too high while it lasts.
    """
    market = ticker(found.ticker)
    status = status_of(found.status)
    subtitle = found.yes_sub_title or ""
    pending = is_pending(subtitle)
    return Market(
        id=market,
        venue=Venue.KALSHI,
        question=QuestionId(ticker(found.event_ticker)),
        title=title_of(found.title or "", subtitle),
        yes=kalshi_yes(market),
        no=kalshi_no(market),
        grid=grid_of(found.price_ranges or (), found.price_level_structure or ""),
        min_size=MIN_SIZE,
        fees=fees,
        status=status,
        opens=_time(found.open_time),
        closes=_time(found.close_time),
        settles=_settles(found),
        strike=None if pending else strike_of(found.strike_type or "", found.floor_strike, found.cap_strike),
        placeholder=pending,
        payout=payout_of(status, found.result or "", found.settlement_value_dollars),
        rules=rules_of(found.rules_primary or "", found.rules_secondary or ""),
        shard=found.exchange_index,
    )


def _read[T](body: bytes, read: Callable[[], T]) -> T:
    try:
        return read()
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.KALSHI, str(error), body) from error


def _series(answer: wire.SeriesAnswer) -> tuple[Series, ...]:
    found = answer.series or ()
    return tuple(_one_series(one) for one in (found if isinstance(found, tuple) else (found,)))


def _one_series(found: wire.Series) -> Series:
    fee_type, multiplier = found.fee_type or "", bytes(found.fee_multiplier)
    fees_of(fee_type, multiplier)
    return Series(ticker(found.ticker), found.title or "", found.category or "", fee_type, multiplier)


def _events(answer: wire.EventsAnswer, series: Mapping[str, Series]) -> Listing:
    if answer.events is None and answer.event is None:
        raise ValueError("an answer without events")
    questions: list[Question] = []
    markets: list[Market] = []
    skipped: list[Skipped] = []
    fees: dict[QuestionId, KalshiFees] = {}
    for event in (*(answer.events or ()), *((answer.event,) if answer.event else ())):
        question = QuestionId(ticker(event.event_ticker))
        fees[question] = event_fees(event, series.get(event.series_ticker or ""))
        bodies = event.markets or (answer.markets if event is answer.event else None) or ()
        members, binary, refused = _members(bodies, fees, question)
        questions.append(question_of(event, members, binary=binary))
        markets += members
        skipped += refused
    return Listing(tuple(questions), tuple(markets), tuple(skipped), answer.cursor or "", fees)


def _lone(answer: wire.MarketsAnswer, fees: Mapping[QuestionId, KalshiFees]) -> Listing:
    one = (answer.market,) if bytes(answer.market) else ()
    if answer.markets is None and not one:
        raise ValueError("an answer without markets")
    markets, _, skipped = _members((*(answer.markets or ()), *one), fees, None)
    return Listing(markets=tuple(markets), skipped=tuple(skipped), cursor=answer.cursor or "")


def _members(
    bodies: Iterable[msgspec.Raw], fees: Mapping[QuestionId, KalshiFees], question: QuestionId | None
) -> tuple[list[Market], bool, list[Skipped]]:
    """Markets of one event, or of any; whether all of them are binary; and what could not be read."""
    markets: dict[str, Market] = {}
    skipped: list[Skipped] = []
    binary = True
    for body in bodies:
        try:
            found = _decode_market(body)
            market = market_of(found, fees.get(QuestionId(found.event_ticker), ASSUMED_FEES))
        except (msgspec.ValidationError, ValueError) as error:
            skipped.append(Skipped(str(error), bytes(body)))
            continue
        if question not in (None, market.question):
            skipped.append(Skipped(f"a market of {market.question} among those of {question}", bytes(body)))
            continue
        markets[market.id] = market
        binary &= found.market_type in (None, "", "binary")
    return list(markets.values()), binary, skipped


def question_of(event: wire.Event, members: Iterable[Market], *, binary: bool) -> Question:
    """The question of an event. With a scalar market in it nothing is exclusive: several can pay a part."""
    return Question(
        id=QuestionId(ticker(event.event_ticker)),
        venue=Venue.KALSHI,
        title=event.title or event.event_ticker,
        markets=tuple(market.id for market in members),
        exclusive=bool(event.mutually_exclusive) and binary,
        category=event.category or "",
        series=event.series_ticker or "",
    )


def unpromised(markets: Iterable[Market]) -> tuple[Question, ...]:
    """The questions that markets name, where nothing else is known of them: untitled, and promising nothing."""
    members: dict[QuestionId, list[MarketId]] = {}
    for market in markets:
        members.setdefault(market.question, []).append(market.id)
    return tuple(
        Question(id=question, venue=Venue.KALSHI, title=question, markets=tuple(found))
        for question, found in members.items()
    )


def event_fees(event: wire.Event, series: Series | None) -> KalshiFees:
    """The fees of an event's markets: its own type and multiplier, else those of its series.

    Raises ValueError if the multiplier is none.
    """
    of_series = series or Series("")
    own = bytes(event.fee_multiplier_override)
    multiplier = of_series.multiplier if own in (b"", b"null") else own
    return fees_of(event.fee_type_override or of_series.fee_type, multiplier)


def _settles(found: wire.Market) -> Nanos | None:
    """When it was settled, or else is expected to be: the expected end and the time for disputes."""
    settled = _time(found.settlement_ts)
    expected = _time(found.expected_expiration_time) or _time(found.latest_expiration_time)
    if settled is not None or expected is None:
        return settled
    return Nanos(expected + (found.settlement_timer_seconds or 0) * SECOND)


def _time(text: str | None) -> Nanos | None:
    return instant(text) if text else None
