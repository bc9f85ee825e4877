"""Sequence numbers: which messages of a subscription are missing, and which books that makes unusable.

Numbers are per `sid`, count all its markets together, and are consumed by acknowledgements too (protocol section 8.4).
"""

from collections.abc import Collection

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import SequenceKind


class Counters:
    """What a codec has seen, for reports: plain numbers, written by the codec only."""

    def __init__(self) -> None:
        self.frames = 0
        self.malformed = 0
        self.unknown_types: dict[str, int] = {}
        self.reread: dict[str, int] = {}
        """Announcements that say too little to bring a catalogue up to date: the market or event must be read again."""
        self.errors: dict[int, int] = {}
        """Error messages of the venue, by code."""
        self.gaps = 0
        """Numbers that did not follow: messages were lost, or a connection began again."""
        self.resyncs = 0
        """Lost books that a snapshot made whole again."""


class _Subscription:
    """The last number of one sid, and the books that it keeps whole."""

    __slots__ = ("last", "whole")

    def __init__(self, last: int | None) -> None:
        self.last = last
        # A dict as an ordered set: what is lost is told in the order of its snapshots, in every process.
        self.whole: dict[OutcomeId, None] = {}


class Subscriptions:
    """All subscriptions of one connection.

    A number is missing, by kind: FULL, where it is not the last plus one; FILTERED, where it is not above the last;
    NONE, never. The first number of a subscription is taken as it comes: no book is whole before its snapshot.
    """

    def __init__(self, kind: SequenceKind, counters: Counters) -> None:
        self._full = kind is SequenceKind.FULL
        self._checked = kind is not SequenceKind.NONE
        self._counters = counters
        self._open: dict[int, _Subscription] = {}
        self._lost: set[OutcomeId] = set()

    def arrived(self, sid: int, seq: int) -> tuple[OutcomeId, ...]:
        """Take over a number. Gives the books that are lost because it did not follow."""
        subscription = self._open.get(sid)
        if subscription is None:
            self._open[sid] = _Subscription(seq)
            return ()
        last = subscription.last
        subscription.last = seq
        if last is None or seq == last + 1 or not self._checked or (seq > last and not self._full):
            return ()
        self._counters.gaps += 1
        return self._lose(subscription)

    def whole(self, sid: int, outcome: OutcomeId) -> None:
        """A snapshot arrived: the book is known again."""
        self._open[sid].whole[outcome] = None
        if outcome in self._lost:
            self._lost.remove(outcome)
            self._counters.resyncs += 1

    def begin(self, sid: int) -> tuple[OutcomeId, ...]:
        """A subscription was acknowledged. If its number is taken, this is a new connection: all books are lost."""
        lost: tuple[OutcomeId, ...] = ()
        if sid in self._open:
            lost = self.lose_all()
            self._open.clear()
        self._open[sid] = _Subscription(None)
        return lost

    def keep_only(self, sid: int, outcomes: Collection[OutcomeId]) -> tuple[OutcomeId, ...]:
        """The subscription holds these markets now. Gives the books that nothing keeps whole any more."""
        whole = self._open[sid].whole
        dropped = tuple(outcome for outcome in whole if outcome not in outcomes)
        for outcome in dropped:
            del whole[outcome]
        return dropped

    def end(self, sid: int) -> tuple[OutcomeId, ...]:
        """A subscription is over. Gives its books."""
        subscription = self._open.pop(sid, None)
        return tuple(subscription.whole) if subscription else ()

    def lose(self, sid: int) -> tuple[OutcomeId, ...]:
        """A subscription broke. Gives its books, lost until their next snapshots."""
        subscription = self._open.get(sid)
        return self._lose(subscription) if subscription else ()

    def lose_all(self) -> tuple[OutcomeId, ...]:
        """The connection broke. Gives all books."""
        return tuple(outcome for subscription in self._open.values() for outcome in self._lose(subscription))

    def _lose(self, subscription: _Subscription) -> tuple[OutcomeId, ...]:
        lost = tuple(subscription.whole)
        self._lost.update(lost)
        subscription.whole.clear()
        return lost
