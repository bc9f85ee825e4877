"""Raw frames of 15-minute up/down markets beside the feeds that decide them.

A run is `<run>.raw.jsonl.gz`, with what it followed in `<run>.markets.jsonl.gz`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from dutchbook.domain.identity import QuestionId, Venue
from dutchbook.domain.markets import FeeSchedule, Market, PriceGrid, Question
from dutchbook.domain.ports import Capture, Frame
from dutchbook.domain.units import Nanos
from dutchbook.venues.capture_files import beside, damaged, decoded, files
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.numbers import nanos_of
from dutchbook.venues.polymarket.terms import (
    MIN_NOTIONAL,
    fees_of,
    fees_without_schedule,
    min_size_of,
    tick_of,
)

FORMAT = "polymarket-updown15m-raw"

_CLOB = "polymarket_clob"
_SOURCES = {"polymarket_rtds_chainlink": "polymarket/rtds", "polymarket_rtds": "polymarket/rtds"}


class Line(msgspec.Struct, frozen=True):
    """One captured frame. `recv_mono_ns` is the wall clock in nanoseconds where it agrees with `recv_wall_ts`."""

    source: str
    recv_wall_ts: int
    payload: str
    recv_mono_ns: int = 0


class FeeConfig(msgspec.Struct, frozen=True, rename="camel"):
    """A fee schedule, numbers as JSON text."""

    rate: msgspec.Raw
    exponent: msgspec.Raw = msgspec.Raw(b"1")
    rebate_rate: msgspec.Raw = msgspec.Raw(b"0")
    taker_only: bool = True


class FeeParameters(msgspec.Struct, frozen=True):
    """What the recorder noted of fees."""

    fees_enabled: bool | None = None
    raw_fee_config: FeeConfig | None = None


class Outcome(msgspec.Struct, frozen=True):
    """A token and its label."""

    token_id: str
    outcome: str


class MarketLine(msgspec.Struct, frozen=True):
    """A market that the run followed. Times are in milliseconds."""

    slug: str
    title: str
    condition_id: str
    outcomes: tuple[Outcome, Outcome]
    start_ts: int
    end_ts: int
    tick_size: msgspec.Raw
    min_order_size: msgspec.Raw
    fee_parameters: FeeParameters = FeeParameters()
    resolution_source: str = ""
    asset: str = ""


class _Kind(msgspec.Struct):
    event_type: str | None = None


_lines = msgspec.json.Decoder(Line)
_market_lines = msgspec.json.Decoder(MarketLine)
_kind = msgspec.json.Decoder(_Kind)


def read(paths: Sequence[Path]) -> Capture:
    """Open runs, in the order in which they were recorded. Raises RecordingError if a run lacks its markets."""
    runs = sorted(files(paths, "*.raw.jsonl.gz"), key=_begin)
    markets: dict[str, Market] = {}
    for run in runs:
        for market in _markets(beside(run, run.name.replace(".raw.jsonl", ".markets.jsonl"))):
            markets.setdefault(market.id, market)
    return Capture(
        format=FORMAT,
        venue=Venue.POLYMARKET,
        questions=tuple(_question(market) for market in markets.values()),
        markets=tuple(markets.values()),
        frames=_frames(runs),
    )


def _begin(run: Path) -> int:
    for _, line in decoded(run, _lines):
        return line.recv_wall_ts
    return 0


def _frames(runs: Sequence[Path]) -> Iterator[Frame]:
    for run in runs:
        for _, line in decoded(run, _lines):
            yield Frame(_source(line), _received(line), line.payload.encode())


def _source(line: Line) -> str:
    if line.source != _CLOB:
        return _SOURCES.get(line.source, line.source)
    # REST bodies and socket frames stand in one log. A body is a lone book without a type.
    if line.payload.startswith("{"):
        try:
            if _kind.decode(line.payload).event_type is None:
                return REST_SOURCE
        except msgspec.MsgspecError:
            return MARKET_SOURCE
    return MARKET_SOURCE


def _received(line: Line) -> Nanos:
    exact = line.recv_mono_ns // 1_000_000 == line.recv_wall_ts
    return Nanos(line.recv_mono_ns) if exact else nanos_of(line.recv_wall_ts)


def _markets(path: Path) -> Iterator[Market]:
    for number, line in decoded(path, _market_lines):
        try:
            yield _market(line)
        except ValueError as error:
            raise damaged(path, number, error) from error


def _market(line: MarketLine) -> Market:
    up, down = line.outcomes
    return Market(
        id=condition(line.condition_id),
        venue=Venue.POLYMARKET,
        question=QuestionId(line.slug),
        title=line.title,
        yes=token(up.token_id),
        no=token(down.token_id),
        labels=(up.outcome, down.outcome),
        grid=PriceGrid.uniform(tick_of(_text(line.tick_size))),
        min_size=min_size_of(_text(line.min_order_size)),
        min_notional=MIN_NOTIONAL,
        fees=_fees(line.fee_parameters),
        closes=nanos_of(line.end_ts),
        settles=nanos_of(line.end_ts),
        rules=line.resolution_source,
    )


def _fees(said: FeeParameters) -> FeeSchedule:
    config = said.raw_fee_config
    if config is None or said.fees_enabled is False:
        return fees_without_schedule(enabled=said.fees_enabled)
    return fees_of(
        _text(config.rate), _text(config.exponent), taker_only=config.taker_only, rebate=_text(config.rebate_rate)
    )


def _question(market: Market) -> Question:
    return Question(
        id=market.question, venue=Venue.POLYMARKET, title=market.title, markets=(market.id,), category="Crypto"
    )


def _text(raw: msgspec.Raw) -> str:
    return str(bytes(raw), "utf-8")
