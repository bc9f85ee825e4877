"""The errors a caller can act on: one class for each thing a caller would do differently."""


class DutchbookError(Exception):
    """Root of all errors of the desk. The message says what is wrong, where, and what to do."""


class UsageError(DutchbookError):
    """A command was called in a way it cannot serve: show the message, exit with 2."""


class ConfigError(DutchbookError):
    """A setting is unknown, of a wrong unit or impossible: show file, key and line, exit with 5."""


class DeskLocked(DutchbookError):
    """Another desk holds the lock of this home folder: exit with 6."""


class WireError(DutchbookError):
    """A frame breaks its venue's protocol; nothing of it was applied.

    `frame` is what arrived, so that it can be kept and looked at.
    """

    def __init__(self, venue: str, reason: str, frame: bytes) -> None:
        super().__init__(f"{venue}: malformed frame - {reason} - frame kept, nothing applied: {frame[:200]!r}")
        self.venue = venue
        self.reason = reason
        self.frame = frame


class VenueError(DutchbookError):
    """A venue gave no usable answer. The message is one line: host and path, what happened, what to do."""


class VenueUnreachable(VenueError):
    """No answer, or half of one: check the network. Asking for data again is safe, placing an order again is not."""


class VenueUnavailable(VenueError):
    """The venue is there and will not answer now: overloaded, restarting, or we asked too often. Ask again later.

    `retry_after_s` is the pause that it asked for, if it did.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class VenueRefused(VenueError):
    """The venue says no to what was asked, and will say so again: `status` is its HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class BookError(DutchbookError):
    """A change does not fit the book it names: a message was lost. Take a new snapshot."""


class RecordingError(DutchbookError):
    """A recording or capture is damaged or not what it says: use the verified prefix or import it again."""


class JournalError(DutchbookError):
    """The journal is damaged, truncated or cannot be written: no order may leave."""


class DatabaseError(DutchbookError):
    """The database of the screens cannot be read or written. Trading does not need it; what it holds can be rebuilt."""


class DatabaseInUse(DatabaseError):
    """Another process writes to the database: read it, or ask that process."""


class IllegalTransition(DutchbookError):
    """A report that cannot follow the order's state. Nothing was changed; reconcile with the venue."""


class OrdersUnknown(DutchbookError):
    """The desk ended while nobody knows whether some orders live: the next start asks the venue. Exit with 3."""


class LedgerError(DutchbookError):
    """A booking that does not balance or takes what is not there. Nothing was booked."""


class DeskStopped(DutchbookError):
    """A part of the desk failed in a way that nobody foresaw, so it stopped: no order left after that."""
