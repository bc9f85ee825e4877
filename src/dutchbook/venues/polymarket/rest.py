"""Reads of the CLOB's REST interface (protocol section 2.1). Book bodies come out as frames, for the one codec."""

from collections.abc import Callable, Sequence
from itertools import batched
from typing import Annotated

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.ports import Clock, Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.polymarket.clob import TradingTerms, decode_terms, decode_tick_size
from dutchbook.venues.polymarket.codec import REST_SOURCE
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.limits import CLOB, EVERYTHING
from dutchbook.venues.polymarket.wire import Milliseconds

MOST_BOOKS = 500
"""Books that one request may ask for."""

type _Seconds = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000)]


class RestBook(msgspec.Struct, frozen=True):
    """A book as it was answered: of which outcome, at which time of the venue it last changed, and its bytes."""

    outcome: OutcomeId
    market: str
    changed_ms: int
    frame: Frame


class PricePoint(msgspec.Struct, frozen=True):
    """A price of the past, for statistics."""

    at: Nanos
    price: float


class _Named(msgspec.Struct, frozen=True):
    asset_id: str
    market: str
    timestamp: Milliseconds


class _Point(msgspec.Struct, frozen=True):
    t: _Seconds
    p: Annotated[float, msgspec.Meta(ge=0, le=1)]


class _History(msgspec.Struct, frozen=True):
    history: tuple[_Point, ...]


class _FeeRate(msgspec.Struct, frozen=True):
    base_fee: int


_decode_list = msgspec.json.Decoder(tuple[msgspec.Raw, ...]).decode
_decode_named = msgspec.json.Decoder(_Named, strict=False).decode
_decode_history = msgspec.json.Decoder(_History).decode
_decode_fee_rate = msgspec.json.Decoder(_FeeRate).decode
_decode_time = msgspec.json.Decoder(_Seconds).decode
_encode = msgspec.json.Encoder().encode


class PolymarketRest:
    """The CLOB's public reads. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def time(self) -> Nanos:
        """The venue's time, to the second."""
        return Nanos(SECOND * await self._reader.read(_question("/time"), lambda body: _read(_decode_time, body)))

    async def book(self, outcome: OutcomeId) -> RestBook:
        """One book. Raises VenueRefused (404) where there is none."""
        question = _question("/book", "/book", token_id=token(outcome))
        return await self._reader.read(question, self._book)

    async def books(self, outcomes: Sequence[OutcomeId]) -> tuple[RestBook, ...]:
        """Books in any order; those of unknown or closed outcomes are silently missing, as the venue has it."""
        found: list[RestBook] = []
        for some in batched(dict.fromkeys(outcomes), MOST_BOOKS):
            body = _encode([{"token_id": token(outcome)} for outcome in some])
            question = Question(path="/books", groups=("/books", CLOB, EVERYTHING), body=body)
            asked = frozenset(some)
            found += [book for book in await self._reader.read(question, self._books) if book.outcome in asked]
        return tuple(found)

    async def tick_size(self, outcome: OutcomeId) -> PriceGrid:
        """The grid of an outcome's market."""
        return await self._reader.read(_question("/tick-size", "/tick-size", token_id=token(outcome)), decode_tick_size)

    async def charges_fees(self, outcome: OutcomeId) -> bool:
        """Whether taking costs anything: the answer of `/fee-rate` is a flag, not a fee."""
        question = _question("/fee-rate", token_id=token(outcome))
        return await self._reader.read(question, lambda body: bool(_read(_decode_fee_rate, body).base_fee))

    async def terms(self, market: MarketId) -> TradingTerms:
        """A market's terms of trade as they are now: Gamma's may be five minutes old."""
        return await self._reader.read(_question(f"/clob-markets/{condition(market)}"), decode_terms)

    async def prices_history(
        self, outcome: OutcomeId, start: Nanos, end: Nanos, *, minutes: int = 1
    ) -> tuple[PricePoint, ...]:
        """Prices between two times, one every so many minutes at most."""
        question = _question(
            "/prices-history",
            "/prices-history",
            market=token(outcome),
            startTs=str(start // SECOND),
            endTs=str(end // SECOND),
            fidelity=str(minutes),
        )
        return await self._reader.read(question, _history)

    def _book(self, body: bytes) -> RestBook:
        return _read(lambda said: self._named(said, self._clock.now()), body)

    def _books(self, body: bytes) -> list[RestBook]:
        received = self._clock.now()
        return _read(lambda said: [self._named(bytes(one), received) for one in _decode_list(said)], body)

    def _named(self, body: bytes, received: Nanos) -> RestBook:
        named = _decode_named(body)
        frame = Frame(REST_SOURCE, received, body)
        return RestBook(token(named.asset_id), condition(named.market), named.timestamp, frame)


def _question(path: str, group: str = "", **parameters: str) -> Question:
    groups = (group, CLOB, EVERYTHING) if group else (CLOB, EVERYTHING)
    return Question(path=path, groups=groups, parameters=tuple(parameters.items()))


def _history(body: bytes) -> tuple[PricePoint, ...]:
    said = _read(_decode_history, body)
    return tuple(PricePoint(Nanos(point.t * SECOND), point.p) for point in said.history)


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    """Raises WireError, in place of whatever the decoder raises."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.POLYMARKET, f"no CLOB answer: {error}", body) from error
