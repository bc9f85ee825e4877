"""Why an order was sent, back to the bytes that caused it; and why nothing was done in a market."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from dutchbook.app.assembly import Parts
from dutchbook.app.hindrances import Hindrances
from dutchbook.app.looking import MemoryRecord
from dutchbook.app.pairing import approved_pairs
from dutchbook.app.replaying import Options, replay_into
from dutchbook.app.runs import journal_folder, recording_of
from dutchbook.app.told import Told
from dutchbook.config.load import fingerprint
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import JournalError, RecordingError, UsageError
from dutchbook.domain.events import FrameRef, JournalRef
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.pairs import Pair
from dutchbook.domain.units import MONEY_DECIMALS, PRICE_DECIMALS, SIZE_DECIMALS, decimal_text
from dutchbook.evaluation.snapshot import ExplainStep, WhyNot, WhyNotRow
from dutchbook.storage.journal_reader import JournalLine, read
from dutchbook.storage.recording_reader import Recording
from dutchbook.strategies.bundle import BundleStrategy

_SHOWN = 400
"""How many bytes of a frame are shown."""
_NEVER_CAUSES = frozenset({"mark", "run", "end", "observation"})
"""Kinds of lines that nothing follows from."""


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
    """What stood in the way in a market: rules and orders as the run's journal has them, then what its bundles lacked.

    For the latter the run's recording is replayed with `settings`. Raises UsageError if the run knows no such market,
    or kept no recording.
    """
    folder = journal_folder(home, run)
    path = recording_of(folder.parent)
    if path is None:
        raise UsageError(f"the run in {folder.parent} kept no recording - replay one first")
    told = Told(MarketId(market))
    torn = _tell(folder, told)
    parts, seen = _watched(path, told, settings, approved_pairs(home))
    known = parts.desk.catalogue.market(MarketId(market))
    if known is None:
        raise UsageError(f"no market is called {market!r} in {path} - `dutchbook data show` lists its questions")
    now = parts.desk.now
    rows = [*told.rows(), *seen.rows(now)]
    ends = parts.strategy.why_not(known.id, parts.desk)
    if known.status is not MarketStatus.OPEN:
        ends.insert(0, f"the market is {known.status}: no orders are taken")
    ends += torn
    if told.settings not in (None, fingerprint(settings.in_mode(Mode(told.mode)))):
        ends.append("the run had other settings than those in force: what its bundles lacked is told for the latter")
    rows += [WhyNotRow(reason="at the end", count=1, latest=text, at=now) for text in ends]
    return WhyNot(
        market=market,
        title=known.title,
        bundles=len(seen.bundles),
        near_misses=sum(told.near_misses[bundle] for bundle in seen.bundles),
        opportunities=sum(told.opportunities[bundle] for bundle in seen.bundles),
        approved=told.approved,
        rows=tuple(rows),
    )


def _tell(folder: Path, told: Told) -> list[str]:
    """Let the proven lines of a journal be counted; what is wrong behind them."""
    try:
        for line in read(folder):
            told.line(line)
    except JournalError as error:
        return [f"what follows line {told.lines} of the journal is not counted: {error}"]
    return []


def _watched(path: Path, told: Told, settings: Settings, pairs: tuple[Pair, ...]) -> tuple[Parts, Hindrances]:
    watchers: list[Hindrances] = []

    def watch(strategy: BundleStrategy) -> Hindrances:
        watchers.append(Hindrances(strategy, told.market))
        return watchers[0]

    options = Options(cash=told.cash, pairs=pairs)
    parts = replay_into(Recording.open(path), MemoryRecord(), settings=settings, options=options, watch=watch)
    return parts, watchers[0]


def _lines_about(folder: Path, order: str) -> tuple[list[JournalLine], Mapping[int, JournalLine]]:
    """The lines that are about an order, in order, and all lines that may be causes, by number."""
    about: list[JournalLine] = []
    lines: dict[int, JournalLine] = {}
    try:
        for line in read(folder):
            if line.kind in _NEVER_CAUSES:
                continue
            lines[line.seq] = line
            body = msgspec.json.decode(line.body)
            named = body.get("id") if line.kind == "order" else body.get("order")
            if named == order:
                about.append(line)
    except JournalError:
        if not about:
            raise  # The order may be in what is lost.
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
