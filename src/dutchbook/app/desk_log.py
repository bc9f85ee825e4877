"""What a running desk writes into its log files: the lines of its journal in a few words, and how long things took."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType

import msgspec

from dutchbook.app.latency import KEPT, figures
from dutchbook.domain.drafts import Draft
from dutchbook.domain.events import Cause, HaltOrdered, JournalRef, OrderReported, VenueState, VenueStateChanged
from dutchbook.domain.orders import Fill, Intent, Leg, Order, Report
from dutchbook.domain.units import SECOND, Nanos, decimal_text, dollars
from dutchbook.engine.ports import Record
from dutchbook.engine.records import VerdictRecord
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.storage.log_settings import Level
from dutchbook.storage.logs import LogFiles
from dutchbook.strategies.observations import NearMissClosed, NearMissOpened

DESK, EXECUTION, RISK, STRATEGIES, VENUES = "desk", "execution", "risk", "strategies", "venues"
"""The rooms that have files."""

_WORDS: Mapping[str, tuple[str, Level]] = MappingProxyType(
    {
        "run": (DESK, Level.INFO),
        "end": (DESK, Level.INFO),
        "began": (DESK, Level.INFO),
        "command": (DESK, Level.INFO),
        "halt": (DESK, Level.ERROR),
        "alert": (DESK, Level.WARNING),
        "fault": (VENUES, Level.WARNING),
        "venue": (VENUES, Level.WARNING),
        "order": (EXECUTION, Level.INFO),
        "offer": (EXECUTION, Level.INFO),
        "report": (EXECUTION, Level.INFO),
        "fill": (EXECUTION, Level.INFO),
        "cancel": (EXECUTION, Level.INFO),
        "withdraw": (EXECUTION, Level.INFO),
        "merge": (EXECUTION, Level.INFO),
        "basket": (EXECUTION, Level.INFO),
        "operate": (EXECUTION, Level.INFO),
        "operated": (EXECUTION, Level.INFO),
        "cancel_failed": (EXECUTION, Level.WARNING),
        "missing": (EXECUTION, Level.WARNING),
        "reversed": (EXECUTION, Level.WARNING),
        "foreign_fill": (EXECUTION, Level.WARNING),
        "difference": (EXECUTION, Level.WARNING),
        "settled": (EXECUTION, Level.DEBUG),
        "account": (EXECUTION, Level.DEBUG),
        "note": (EXECUTION, Level.DEBUG),
        "verdict": (RISK, Level.INFO),
        "drawdown": (RISK, Level.INFO),
        "observation": (STRATEGIES, Level.INFO),
    }
)
"""Where each kind of journal line is logged, and how much it matters; other kinds are details of the desk."""
_ELSEWHERE = (DESK, Level.DEBUG)
_NAMED_INSIDE = frozenset({"observation", "command"})
"""Kinds whose lines say themselves what happened."""
_MOST_UNTOLD = 10_000
"""Lines of the journal that are kept until somebody has time to put them into words."""
_SHARE = 16
"""Of so many lines that wait one more is written at once, so that they never pile up."""
_TROUBLE = frozenset({Report.REJECTED, Report.TIMEOUT})

type Body = msgspec.Struct | Mapping[str, object]


class DeskLog:
    """Takes what happens, and writes it when the desk has a moment."""

    def __init__(self, files: LogFiles, counter: Callable[[], int] = time.perf_counter_ns) -> None:
        self._files = files
        self._counter = counter
        self._took: dict[tuple[str, str], deque[int]] = {}
        self._untold: deque[Callable[[], None]] = deque()
        self.times = files.wants(Level.DEBUG)
        """Whether anybody wants to know how long things take."""

    def say(self, room: str, level: Level, event: str, at: Nanos, **fields: object) -> None:
        """A line of its own."""
        self._untold.append(partial(self._files.write, room, level, event, at, fields))

    def journaled(self, kind: str, at: Nanos, body: Body, ref: JournalRef) -> None:
        """A line of the journal, `line` of it. Put into words later: an order may wait behind it."""
        self._untold.append(partial(self._tell, kind, at, body, ref))
        if len(self._untold) > _MOST_UNTOLD:
            self._untold.popleft()()

    def journaled_together(self, at: Nanos, drafts: Sequence[Draft], first: JournalRef) -> None:
        """Lines of the journal that follow each other: told together, later."""
        self._untold.append(partial(self._tell_together, at, drafts, first))

    def _tell_together(self, at: Nanos, drafts: Sequence[Draft], first: JournalRef) -> None:
        for seq, draft in enumerate(drafts, first.seq):
            self._tell(draft.kind, at, draft.body, JournalRef(seq))

    def _tell(self, kind: str, at: Nanos, body: Body, ref: JournalRef) -> None:
        room, level = _WORDS.get(kind, _ELSEWHERE)
        level = _level(level, body)
        if self._files.wants(level):
            fields = dict(_fields(body))
            inside = str(fields.pop("type", kind))
            event = inside if kind in _NAMED_INSIDE else kind
            self._files.write(room, level, event, at, {"line": ref.seq, **fields})

    def stands(self, snapshot: DeskSnapshot) -> None:
        """How the desk stands."""
        self.say(
            DESK,
            Level.INFO,
            "stands",
            snapshot.at,
            strategies=snapshot.strategies,
            equity=dollars(snapshot.equity),
            cash=dollars(snapshot.cash),
            exposure=dollars(snapshot.exposure),
            reserved=dollars(snapshot.reserved),
            rewards_today=None if snapshot.rewards is None else dollars(snapshot.rewards.earned),
            orders_working=snapshot.orders_working,
            orders=snapshot.orders,
            fills=snapshot.fills_total,
            refused=snapshot.refused,
            frames=snapshot.frames,
            books_usable=snapshot.books_usable,
            books=snapshot.books_total,
            data_age_s=None if snapshot.data_age is None else round(snapshot.data_age / SECOND, 3),
        )

    @contextmanager
    def timed(self, room: str, operation: str) -> Iterator[None]:
        """Measure what happens inside, for `tell_times`."""
        began = self._counter()
        try:
            yield
        finally:
            self.took(room, operation, self._counter() - began)

    def took(self, room: str, operation: str, nanos: int) -> None:
        """An operation took so long."""
        if self.times:
            self._took.setdefault((room, operation), deque(maxlen=KEPT)).append(nanos)

    def tell_times(self, at: Nanos) -> None:
        """A line for each operation that was measured since the last call: how often, median, 99th percentile, most."""
        for (room, operation), samples in self._took.items():
            found = figures(operation, samples)
            self.say(
                room,
                Level.DEBUG,
                "took",
                at,
                operation=operation,
                count=found.count,
                median_us=found.median_us,
                p99_us=found.p99_us,
                most_us=round(max(samples) / 1_000, 1),
            )
        self._took.clear()

    def flush(self, most: int | None = None) -> None:
        """Write what was said: all of it, or about `most` lines, the first, where a frame may come meanwhile."""
        waiting = len(self._untold)
        for _ in range(waiting if most is None else min(most + waiting // _SHARE, waiting)):
            self._untold.popleft()()
        self._files.flush()

    def close(self) -> None:
        """Write what was said and let go of the files."""
        self.flush()
        self._files.close()


class LoggedJournal:
    """A journal of which each line is logged too."""

    def __init__(self, journal: Record, log: DeskLog) -> None:
        self._journal = journal
        self._log = log

    def append(self, kind: str, at: Nanos, body: Body, cause: Cause | None) -> JournalRef:
        """Put a line on record, then into the log's queue."""
        ref = self._journal.append(kind, at, body, cause)
        self._log.journaled(kind, at, body, ref)
        return ref

    def draft(self, kind: str, body: msgspec.Struct) -> Draft:
        """See `Record.draft`."""
        return self._journal.draft(kind, body)

    def append_drafts(
        self, at: Nanos, oldest: Nanos, first: Draft, rest: Sequence[Draft], cause: Cause | None
    ) -> JournalRef:
        """Put lines on record that were worked out before, then into the log's queue, which tells no times."""
        place = self._journal.append_drafts(at, oldest, first, rest, cause)
        self._log.journaled_together(at, (first, *rest), place)
        return place

    def rehearse(self, at: Nanos, first: Draft, rest: Sequence[Draft]) -> None:
        """See `Record.rehearse`."""
        self._journal.rehearse(at, first, rest)

    def gather(self) -> bool:
        """See `Record.gather`."""
        return self._journal.gather()

    def write_out(self, *, end: bool = False) -> None:
        """See `Record.write_out`."""
        self._journal.write_out(end=end)


def _level(level: Level, body: Body) -> Level:
    """How much a line matters, as its content says."""
    match body:
        case VerdictRecord(approved=False) | NearMissOpened() | NearMissClosed():
            return Level.DEBUG
        case OrderReported(report=report) if report in _TROUBLE:
            return Level.WARNING
        case VenueStateChanged(state=VenueState.UP):
            return Level.INFO
        case HaltOrdered():
            return Level.ERROR
        case _:
            return level


def _fields(body: Body) -> Mapping[str, object]:
    """What a line says: money, prices and sizes in decimals where it is about orders, else as the journal has them."""
    match body:
        case Order():
            return {"order": body.id, "intent": body.intent, "venue_id": body.venue_id, **_leg(body.leg)}
        case Fill():
            return {
                "order": body.order,
                "market": body.market,
                "outcome": body.outcome,
                "side": body.side,
                "price": decimal_text(body.price, 4),
                "size": decimal_text(body.size, 6),
                "fee": dollars(body.fee),
                "maker": body.maker,
            }
        case VerdictRecord():
            refused = [f"{each.rule}: {each.message}" for each in body.refusals]
            return {"approved": body.approved, **_intent(body.intent), **({"refused": refused} if refused else {})}
        case msgspec.Struct():
            told: dict[str, object] = msgspec.to_builtins(body)
            return {_ASIDE.get(name, name): value for name, value in told.items() if name not in _STAMPED}
        case _:
            return body


_ASIDE = MappingProxyType({"at": "happened"})
"""What is called otherwise here: every line has a time of its own."""
_STAMPED = frozenset({"mode", "run", "room", "event", "level", "line"})


def _leg(leg: Leg) -> Mapping[str, object]:
    return {
        "market": leg.market,
        "outcome": leg.outcome,
        "side": leg.side,
        "price": decimal_text(leg.limit, 4),
        "size": decimal_text(leg.size, 6),
        "tif": leg.tif,
        "post_only": leg.post_only,
    }


def _intent(intent: Intent) -> Mapping[str, object]:
    return {
        "intent": intent.id,
        "strategy": intent.strategy,
        "kind": intent.kind,
        "subject": intent.subject,
        "legs": len(intent.legs),
        "cost": dollars(intent.cost),
        "max_loss": dollars(intent.max_loss),
        "reason": intent.reason,
    }
