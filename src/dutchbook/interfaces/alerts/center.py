"""The desk of alerts: puts what happened into the book once, says what is to be sent, takes down what became of it.

Knows no clock and no channel: it is told the time, asked what is due, and told how sending went. All that it must not
forget is in the book, so that a messenger which was killed goes on where it was.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from dutchbook.config.alert_settings import AlertSettings
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.alerts.harmless import harmless, one_line
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.alerts.routing import Routing
from dutchbook.storage.alert_book import AlertBook, AlertId, AlertState, Delivered, Raised
from dutchbook.storage.alert_words import Loudness, Occasion, Tier
from dutchbook.storage.redaction import Redactor

_HOUR = Nanos(3_600 * SECOND)
_FIRST_PAUSE, _LONGEST_PAUSE = Nanos(10 * SECOND), Nanos(600 * SECOND)
_DOWN_AFTER = 3
"""Failures in a row until a channel counts as down."""
_LONGEST_DIGEST = 30
"""Lines of a digest; of more it says how many."""
_ENDS: Mapping[Occasion, tuple[Occasion, ...]] = MappingProxyType(
    {
        Occasion.RESUMED: (Occasion.HALT, Occasion.STOP_HIT),
        Occasion.VENUE_UP: (Occasion.VENUE_DOWN, Occasion.HALT),
        Occasion.DESK_STARTED: (Occasion.DESK_DIED, Occasion.DESK_SILENT, Occasion.STALE_DATA),
    }
)
"""What an occasion brings to an end: the same trouble is told at once if it begins again."""
_OF_THE_DESK = frozenset({Occasion.DESK_STARTED})
"""Ends what it ends whatever the subject."""


class Sending(msgspec.Struct, frozen=True):
    """An alert that a channel should take now. `again` counts its repetitions."""

    alert: AlertState
    channel: str
    silent: bool
    again: int = 0


class AlertCenter:
    """One for each messenger. Everything else that writes into the book is noticed at the next look."""

    def __init__(self, book: AlertBook, routing: Routing, settings: AlertSettings, redactor: Redactor) -> None:
        self.book = book
        self.suppressed = 0
        self._routing = routing
        self._settings = settings
        self._redactor = redactor
        self._told: dict[tuple[Occasion, str], tuple[Nanos, Tier, int]] = {}
        self._open: dict[AlertId, None] = {}
        self._known: AlertId = ""
        self._sent: dict[str, deque[Nanos]] = {}
        self._failures: dict[str, int] = {}
        self._next_digest: Nanos | None = None
        self._look()

    def tell(self, notice: Notice) -> Raised | None:
        """Put a notice into the book; None if nobody wants it, or the same trouble was told a moment ago."""
        self._end(notice)
        if not self._routing.kept(notice):
            return None
        key = (notice.occasion, notice.subject)
        at, tier, more = self._told.get(key, (None, Tier.ROUTINE, 0))
        again = at is not None and notice.at < at + self._settings.repeat_window
        if again and at is not None and notice.tier.rank <= tier.rank and notice.subject:
            self._told[key] = (at, tier, more + 1)
            self.suppressed += 1
            return None
        self._told[key] = (notice.at, notice.tier, 0)
        text = f"{notice.text}\nSince the last message of it: {more} times more.".strip() if more else notice.text
        return self._raise(notice, text, self._capped(notice))

    def due(self, channel: str, now: Nanos) -> list[Sending]:
        """What this channel should take now: what is new, what failed before, emergencies that nobody acknowledged.

        The most urgent first.
        """
        alerts = self._look()
        found = []
        for name in list(self._open):
            alert = alerts.get(name)
            if alert is None or self._done(alert, now):
                del self._open[name]
            elif (sending := self._sending(alert, channel, now)) is not None:
                found.append(sending)
        return sorted(found, key=lambda sending: -sending.alert.raised.tier.rank)

    def went(self, sending: Sending, now: Nanos, error: str | None = None) -> None:
        """Take down how sending went; `error` says why it failed."""
        channel, raised = sending.channel, sending.alert.raised
        detail = "" if error is None else one_line(self._redactor.text(error))
        self.book.delivered(Delivered(id=raised.id, at=now, channel=channel, ok=error is None, detail=detail))
        if error is None:
            self._failures.pop(channel, None)
            self._sent.setdefault(channel, deque()).append(now)
            return
        self._failures[channel] = self._failures.get(channel, 0) + 1
        if self._failures[channel] == _DOWN_AFTER:
            text = f"{channel}: {detail}\nWhat it should have told is kept and tried again. Others go on."
            title = f"Messages over {channel} do not arrive"
            self.tell(
                Notice(
                    at=now,
                    occasion=Occasion.CHANNEL_DOWN,
                    tier=Tier.CRITICAL,
                    mode=raised.mode,
                    title=title,
                    text=text,
                    subject=channel,
                )
            )

    def digest(self, now: Nanos, mode: str) -> list[Raised]:
        """Tell together what was kept for it, once it is time and no quiet hour."""
        if self._next_digest is None:
            self._next_digest = Nanos(now + self._settings.digest_every)
        if now < self._next_digest or self._routing.quiet(now):
            return []
        self._next_digest = Nanos(now + self._settings.digest_every)
        kept: dict[str, list[AlertState]] = {}
        alerts = self._look()
        for alert in (alerts[name] for name in self._open if name in alerts):
            for channel in _kept_for_digest(alert):
                kept.setdefault(channel, []).append(alert)
        return [self._digest_of(channel, those, now, mode) for channel, those in kept.items()]

    def _digest_of(self, channel: str, alerts: list[AlertState], now: Nanos, mode: str) -> Raised:
        lines = [f"- {one.raised.title} ({one.raised.id})" for one in alerts[:_LONGEST_DIGEST]]
        if len(alerts) > _LONGEST_DIGEST:
            lines.append(f"and {len(alerts) - _LONGEST_DIGEST} more: `dutchbook alerts list`")
        notice = Notice(
            at=now,
            occasion=Occasion.DIGEST,
            tier=Tier.ROUTINE,
            mode=mode,
            title=f"{len(alerts)} things since the last digest",
            text="\n".join(lines),
        )
        how = getattr(self._settings.occasions, Occasion.DIGEST)
        raised = self._raise(notice, notice.text, {channel: how if how is Loudness.ON else Loudness.SILENT})
        for one in alerts:
            self.book.delivered(Delivered(id=one.raised.id, at=now, channel=channel, detail=f"in digest {raised.id}"))
        return raised

    def _raise(self, notice: Notice, text: str, routes: Mapping[str, Loudness]) -> Raised:
        """Secrets go first: taming a text changes characters by which their shapes are known."""
        raised = self.book.raise_alert(
            Raised(
                id="",
                at=notice.at,
                occasion=notice.occasion,
                tier=notice.tier,
                mode=notice.mode,
                title=one_line(self._redactor.text(notice.title)),
                text=harmless(self._redactor.text(text)),
                subject=one_line(self._redactor.text(notice.subject)),
                ref=notice.ref,
                routes=routes,
            )
        )
        self._open[raised.id] = None
        return raised

    def _capped(self, notice: Notice) -> Mapping[str, Loudness]:
        """Where it goes; what is less than critical waits for the digest on channels that had enough this hour."""
        routes = dict(self._routing.routes(notice))
        if notice.occasion is Occasion.CHANNEL_DOWN:
            routes.pop(notice.subject, None)
        if notice.tier.rank >= Tier.CRITICAL.rank:
            return routes
        for channel in routes:
            sent = self._sent.get(channel, deque())
            while sent and sent[0] < notice.at - _HOUR:
                sent.popleft()
            if len(sent) >= self._settings.per_hour:
                routes[channel] = Loudness.DIGEST
        return routes

    def _end(self, notice: Notice) -> None:
        for occasion in _ENDS.get(notice.occasion, ()):
            for key in [key for key in self._told if key[0] is occasion]:
                if notice.occasion in _OF_THE_DESK or key[1] == notice.subject:
                    del self._told[key]

    def _look(self) -> Mapping[AlertId, AlertState]:
        """Notice what is new in the book; at the start all of it, with the time at which each trouble was told."""
        alerts = self.book.alerts()
        new = list(_until(reversed(list(alerts)), self._known))
        for name in reversed(new):
            raised = alerts[name].raised
            self._open.setdefault(name)
            key = (raised.occasion, raised.subject)
            if key not in self._told or self._told[key][0] < raised.at:
                self._told[key] = (raised.at, raised.tier, 0)
        if new:
            self._known = new[0]
        return alerts

    def _done(self, alert: AlertState, now: Nanos) -> bool:
        if now > alert.raised.at + self._settings.give_up:
            return True
        return not alert.pending and not _kept_for_digest(alert) and not _insists(alert)

    def _sending(self, alert: AlertState, channel: str, now: Nanos) -> Sending | None:
        how = alert.raised.routes.get(channel)
        if how not in (Loudness.ON, Loudness.SILENT):
            return None
        tries = [one for one in alert.deliveries if one.channel == channel]
        arrived = sum(one.ok for one in tries)
        failed = _failed_last(tries)
        silent = how is Loudness.SILENT
        if failed:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failed - 1, 10))
            return Sending(alert, channel, silent, arrived) if now >= tries[-1].at + pause else None
        if not arrived:
            return None if alert.acknowledged is not None else Sending(alert, channel, silent)
        if _insists(alert) and now >= tries[-1].at + self._settings.emergency_every:
            return Sending(alert, channel, silent, arrived)
        return None


def _insists(alert: AlertState) -> bool:
    return alert.raised.tier is Tier.EMERGENCY and alert.acknowledged is None


def _kept_for_digest(alert: AlertState) -> frozenset[str]:
    """The channels that wait for a digest with this alert in it."""
    routes = alert.raised.routes
    if Loudness.DIGEST not in routes.values():
        return frozenset()
    return frozenset(name for name, how in routes.items() if how is Loudness.DIGEST) - alert.delivered


def _failed_last(tries: list[Delivered]) -> int:
    """How many tries failed since the last that went well."""
    count = 0
    for one in reversed(tries):
        if one.ok:
            break
        count += 1
    return count


def _until(names: Iterable[AlertId], known: AlertId) -> Iterable[AlertId]:
    for name in names:
        if name == known:
            return
        yield name
