"""Why an order was sent, back to the bytes that caused it; and why nothing was done in a market."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from dutchbook.app.looking import MemoryRecord
from dutchbook.app.replaying import replay_into
from dutchbook.app.runs import journal_folder, recording_of
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import RecordingError, UsageError
from dutchbook.domain.events import FrameRef, JournalRef
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import MONEY_DECIMALS, PRICE_DECIMALS, SIZE_DECIMALS, Nanos, decimal_text
from dutchbook.engine.records import VerdictRecord
from dutchbook.evaluation.snapshot import ExplainStep, WhyNot, WhyNotRow
from dutchbook.storage.journal_reader import JournalLine, read
from dutchbook.storage.recording_reader import Recording
from dutchbook.strategies.observations import NearMissOpened, OpportunitySeen

_SHOWN = 400
"""How many bytes of a frame are shown."""
_MARKET_EVENTS = frozenset({"mark", "run", "end"})


def explain_order(home: Path, order: str, run: str | None) -> list[ExplainStep]:
    """The chain of causes of an order: what became of it first, then back to the frame that caused it.

    Raises UsageError if no line of the run's journal is about such an order.
    """
    folder = journal_folder(home, run)
    about, lines = _lines_about(folder, order)
    if not about:
        raise UsageError(f"no order is called {order!r} in {folder.parent} - `dutchbook journal show` lists the orders")
    steps = [_step(line) for line in reversed(about)]
    cause = about[0].cause
    while isinstance(cause, JournalRef):
        line = lines[cause.seq]
        steps.append(_step(line))
        cause = line.cause
    if isinstance(cause, FrameRef):
        steps.append(_frame_step(recording_of(folder.parent), cause))
    return steps


def explain_market(home: Path, market: str, run: str | None, settings: Settings) -> WhyNot:
    """What stood in the way in a market: the run's recording is replayed, and every verdict on the market is counted.

    Raises UsageError if the run knows no such market, or kept no recording.
    """
    folder = journal_folder(home, run).parent
    path = recording_of(folder)
    if path is None:
        raise UsageError(f"the run in {folder} kept no recording - replay one first")
    record = MemoryRecord()
    parts = replay_into(Recording.open(path), record, settings=settings)
    known = parts.desk.catalogue.market(MarketId(market))
    if known is None:
        raise UsageError(f"no market is called {market!r} in {path} - `dutchbook data show` lists its questions")
    bundles = {t.bundle.id for t in parts.strategy.index if any(leg.market == market for leg in t.bundle.legs)}
    refusals: Counter[str] = Counter()
    latest: dict[str, tuple[str, Nanos]] = {}
    approved = near = opportunities = 0
    for _, at, body in record.lines:
        if isinstance(body, VerdictRecord) and any(leg.market == market for leg in body.intent.legs):
            approved += body.approved
            for refusal in body.refusals:
                refusals[refusal.rule] += 1
                latest[refusal.rule] = (refusal.message, at)
        elif isinstance(body, NearMissOpened):
            near += body.bundle in bundles
        elif isinstance(body, OpportunitySeen):
            opportunities += body.bundle in bundles
    rows = [WhyNotRow(reason=rule, count=n, latest=latest[rule][0], at=latest[rule][1]) for rule, n in refusals.items()]
    rows += [
        WhyNotRow(reason="at the end", count=1, latest=text, at=parts.desk.now)
        for text in parts.strategy.why_not(known.id, parts.desk)
    ]
    return WhyNot(
        market=market,
        title=known.title,
        bundles=len(bundles),
        near_misses=near,
        opportunities=opportunities,
        approved=approved,
        rows=tuple(rows),
    )


def _lines_about(folder: Path, order: str) -> tuple[list[JournalLine], Mapping[int, JournalLine]]:
    """The lines that are about an order, in order, and all lines that may be causes, by number."""
    about: list[JournalLine] = []
    lines: dict[int, JournalLine] = {}
    for line in read(folder):
        if line.kind in _MARKET_EVENTS or line.kind == "observation":
            continue
        lines[line.seq] = line
        body = msgspec.json.decode(line.body)
        named = body.get("id") if line.kind == "order" else body.get("order")
        if named == order:
            about.append(line)
    return about, lines


def _step(line: JournalLine) -> ExplainStep:
    return ExplainStep(ref=str(JournalRef(line.seq)), at=line.at, what=line.kind, text=_words(line))


def _words(line: JournalLine) -> str:
    """A journal line in words; the whole line is there with `dutchbook journal show`."""
    body = msgspec.json.decode(line.body)
    match line.kind:
        case "fill":
            return f"{body['side']} {_size(body['size'])} at {_price(body['price'])}, fee {_money(body['fee'])}"
        case "report":
            return f"{body['report']} {body['detail']}".strip()
        case "order":
            leg = body["leg"]
            size, limit = _size(leg["size"]), _price(leg["limit"])
            return f"{leg['tif']} {leg['side']} {size} of {leg['outcome']} at {limit} or better"
        case "verdict":
            intent = body["intent"]
            rules = "; ".join(refusal["message"] for refusal in body["refusals"])
            return f"{'approved' if body['approved'] else 'refused: ' + rules}: {intent['reason']}"
        case _:
            return ", ".join(f"{key} {value}" for key, value in body.items())


def _frame_step(recording: Path | None, ref: FrameRef) -> ExplainStep:
    if recording is None:
        return ExplainStep(ref=str(ref), at=None, what="frame", text="the run kept no recording of it")
    try:
        frame = Recording.open(recording).frame_at(ref)
    except RecordingError as error:
        return ExplainStep(ref=str(ref), at=None, what="frame", text=f"cannot be shown: {error}")
    text = frame.payload[:_SHOWN].decode("utf-8", "backslashreplace")
    more = f" ... {len(frame.payload)} bytes" if len(frame.payload) > _SHOWN else ""
    return ExplainStep(ref=str(ref), at=frame.received, what=f"frame of {frame.source}", text=text + more)


def _size(size: int) -> str:
    return decimal_text(size, SIZE_DECIMALS)


def _price(price: int) -> str:
    return decimal_text(price, PRICE_DECIMALS)


def _money(money: int) -> str:
    return decimal_text(money, MONEY_DECIMALS)
