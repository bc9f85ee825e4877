"""Gamma's events and markets as questions and markets of the desk.

What may be relied on for arbitrage, and why (protocol sections 5 and 8):
- A negRisk event is *exclusive*: its contract lets at most one market resolve YES, and converts NO shares of some into
  YES shares of the others. Other groups ("reach the final") promise nothing.
- It is *exhaustive* if besides that no unnamed placeholder is left, its "Other" can be traded (or it has none and names
  cannot be added), and its markets number on without a hole from 0, as the contract numbers them.
- A market that was never activated is a *placeholder* ("Person M"): it may get a name, and then win.
- A market resolved NO can no longer win: it is known, but no part of its question any more.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import QuestionId, Venue
from dutchbook.domain.markets import FeeSchedule, Market, MarketStatus, PriceGrid, Question
from dutchbook.domain.units import ONE, Nanos, Price, exact
from dutchbook.venues.polymarket import gamma_wire as wire
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.terms import (
    MIN_NOTIONAL,
    MIN_SIZE,
    fees_of,
    fees_without_schedule,
    min_size_of,
    tick_of,
)

_decode_page = msgspec.json.Decoder(wire.Page).decode
_decode_events = msgspec.json.Decoder(tuple[wire.Event, ...] | wire.Event).decode
_decode_markets = msgspec.json.Decoder(tuple[wire.Market, ...] | wire.Market).decode
_decode_texts = msgspec.json.Decoder(tuple[str, ...]).decode

_PAYOUTS = {("1", "0"): ONE, ("0", "1"): Price(0), ("0.5", "0.5"): Price(ONE // 2)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Skipped(msgspec.Struct, frozen=True):
    """A market of which the desk can make nothing, and why."""

    market: str
    reason: str


class Listing(msgspec.Struct, frozen=True):
    """What one answer of Gamma holds. Each market stands once, under its event's question."""

    questions: tuple[Question, ...] = ()
    markets: tuple[Market, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def decode_search(body: bytes) -> Listing:
    """A `public-search`, `/events/keyset` or `/markets/keyset` answer. Raises WireError if it is none."""
    return _read(body, lambda: _page(_decode_page(body)))


def decode_events(body: bytes) -> Listing:
    """A list of events, or one. Raises WireError if it is none."""
    return _read(body, lambda: listing(_several_events(_decode_events(body))))


def decode_markets(body: bytes) -> Listing:
    """A list of markets that name their events, or one. What the group promises is not in there: read the events.

    Raises WireError if it is no market.
    """
    return _read(body, lambda: _lone(_several_markets(_decode_markets(body))))


def listing(events: Iterable[wire.Event]) -> Listing:
    """The questions and markets of events; of an event named twice the first counts."""
    questions: dict[str, Question] = {}
    markets: dict[str, Market] = {}
    skipped: dict[str, Skipped] = {}
    for event in events:
        if event.slug in questions:
            continue
        members, refused = _markets(event)
        questions[event.slug] = _question(event, members, complete=not refused)
        for market, _ in members:
            markets.setdefault(market.id, market)
        skipped.update((one.market, one) for one in refused)
    return Listing(tuple(questions.values()), tuple(markets.values()), tuple(skipped.values()))


def market_of(said: wire.Market, question: QuestionId) -> Market:
    """One market. Raises ValueError, saying what, if a fact is missing or wrong without which nobody can trade."""
    tokens = tuple(token(text) for text in _texts(said.clob_token_ids, "clobTokenIds"))
    labels = _texts(said.outcomes, "outcomes")
    if len(tokens) != 2 or len(labels) != 2:
        raise ValueError("not two tokens and two outcomes")
    if not _number(said.order_price_min_tick_size):
        raise ValueError("no tick size")
    min_size = _number(said.order_min_size)
    payout = _payout(said)
    return Market(
        id=condition(said.condition_id),
        venue=Venue.POLYMARKET,
        question=question,
        title=said.question or "",
        yes=tokens[0],
        no=tokens[1],
        labels=(labels[0], labels[1]),
        grid=PriceGrid.uniform(tick_of(_number(said.order_price_min_tick_size))),
        min_size=min_size_of(min_size) if min_size else MIN_SIZE,
        min_notional=MIN_NOTIONAL,
        fees=_fees(said),
        status=_status(said, payout),
        opens=instant(said.accepting_orders_timestamp or said.start_date),
        settles=instant(said.end_date),
        neg_risk=bool(said.neg_risk),
        placeholder=_is_placeholder(said),
        catch_all=bool(said.neg_risk_other),
        payout=payout,
        rules=said.description or "",
    )


def instant(text: str | None) -> Nanos | None:
    """A time with its zone as nanoseconds, to the microsecond; None for none. Raises ValueError for anything else."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    since = moment - _EPOCH
    return Nanos(((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000)


def _read(body: bytes, read: Callable[[], Listing]) -> Listing:
    try:
        return read()
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(Venue.POLYMARKET, f"no Gamma answer: {error}", body) from error


def _several_events(found: tuple[wire.Event, ...] | wire.Event) -> tuple[wire.Event, ...]:
    return (found,) if isinstance(found, wire.Event) else found


def _several_markets(found: tuple[wire.Market, ...] | wire.Market) -> tuple[wire.Market, ...]:
    if not isinstance(found, wire.Market):
        return found
    if not found.condition_id:  # what an error says is an object too
        raise ValueError("a market without condition id")
    return (found,)


def _page(page: wire.Page) -> Listing:
    if page.events is None and page.markets is None:
        raise ValueError("neither events nor markets in it")
    return listing(page.events) if page.events is not None else _lone(page.markets or ())


def _lone(markets: Iterable[wire.Market]) -> Listing:
    """Markets without their events' own words: grouped by the events that they name, in groups that promise nothing."""
    groups: dict[str, list[wire.Market]] = {}
    for market in markets:
        slug = market.events[0].slug if market.events else ""
        groups.setdefault(slug or _slug(market), []).append(market)
    return listing(
        wire.Event(slug=slug, title=_title(group[0]), markets=tuple(group)) for slug, group in groups.items()
    )


def _title(market: wire.Market) -> str | None:
    return market.events[0].title if market.events else market.question


def _slug(market: wire.Market) -> str:
    return market.slug or market.condition_id


def _markets(event: wire.Event) -> tuple[list[tuple[Market, wire.Market]], list[Skipped]]:
    members: list[tuple[Market, wire.Market]] = []
    skipped: list[Skipped] = []
    for said in event.markets or ():
        try:
            members.append((market_of(said, QuestionId(event.slug)), said))
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            skipped.append(Skipped(said.condition_id or _slug(said), str(error)))
    return members, skipped


def _question(event: wire.Event, members: Sequence[tuple[Market, wire.Market]], *, complete: bool) -> Question:
    markets = [market for market, _ in members]
    exclusive = bool(event.enable_neg_risk and event.neg_risk) and all(market.neg_risk for market in markets)
    tags = [tag.label for tag in event.tags or () if tag.label]
    return Question(
        id=QuestionId(event.slug),
        venue=Venue.POLYMARKET,
        title=event.title or "",
        markets=tuple(market.id for market in markets if not _is_dead(market)),
        exclusive=exclusive,
        exhaustive=exclusive and complete and _is_exhaustive(event, members),
        convertible=exclusive,
        conversion_fee_ppm=exact(_number(event.neg_risk_fee_bips) or "0", 2),
        neg_risk_id=(event.neg_risk_market_id or "") if exclusive else "",
        category=event.category or (tags[0] if tags else ""),
        series=event.series_slug or "",
    )


def _is_exhaustive(event: wire.Event, members: Sequence[tuple[Market, wire.Market]]) -> bool:
    markets = [market for market, _ in members]
    if any(market.placeholder for market in markets):
        return False
    others = [market for market in markets if market.catch_all]
    if event.neg_risk_augmented and not others:
        return False
    if any(market.status is MarketStatus.UNOPENED for market in others):
        return False
    return _are_all_there([said for _, said in members])


def _are_all_there(markets: Sequence[wire.Market]) -> bool:
    """Whether the markets' numbers in the negRisk contract, the last byte of each question id, are 0 to n - 1."""
    numbers = sorted(int(said.question_id[-2:], 16) for said in markets if said.question_id)
    return bool(numbers) and numbers == list(range(len(markets)))


def _is_placeholder(said: wire.Market) -> bool:
    return bool(said.neg_risk) and said.active is False and not said.neg_risk_other


def _is_dead(market: Market) -> bool:
    return market.neg_risk and market.status is MarketStatus.RESOLVED and market.payout == 0


def _status(said: wire.Market, payout: Price | None) -> MarketStatus:
    if payout is not None:
        return MarketStatus.RESOLVED
    if said.closed or said.archived:
        return MarketStatus.CLOSED
    if said.active is False:
        return MarketStatus.UNOPENED
    return MarketStatus.OPEN if said.accepting_orders and said.enable_order_book else MarketStatus.PAUSED


def _payout(said: wire.Market) -> Price | None:
    """What YES pays, if the market is closed and its prices are plainly a result."""
    if not said.closed or not said.outcome_prices:
        return None
    first, *rest = _texts(said.outcome_prices, "outcomePrices")
    return _PAYOUTS.get((first, rest[0])) if len(rest) == 1 else None


def _fees(said: wire.Market) -> FeeSchedule:
    schedule = said.fee_schedule
    if schedule is None or said.fees_enabled is False:
        return fees_without_schedule(enabled=said.fees_enabled)
    return fees_of(
        _number(schedule.rate),
        _number(schedule.exponent) or "1",
        taker_only=schedule.taker_only,
        rebate=_number(schedule.rebate_rate) or "0",
    )


def _number(raw: msgspec.Raw) -> str:
    """The text of a JSON number, also of one in quotes; empty for none."""
    text = str(bytes(raw), "utf-8")
    return "" if text == "null" else text.removeprefix('"').removesuffix('"')


def _texts(listed: wire.Listed, field: str) -> tuple[str, ...]:
    if not listed:
        raise ValueError(f"no {field}")
    return _decode_texts(listed) if isinstance(listed, str) else listed
