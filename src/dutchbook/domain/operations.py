"""Token operations that a venue has to do for us: what is asked, and how far it came."""

from enum import StrEnum
from typing import NewType

import msgspec

from dutchbook.domain.identity import MarketId, QuestionId, Venue
from dutchbook.domain.units import Size

OperationId = NewType("OperationId", str)


class OperationKind(StrEnum):
    """What may be asked."""

    SPLIT = "split"
    MERGE = "merge"
    CONVERT = "convert"
    REDEEM = "redeem"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One wish. Of a conversion `markets` are those whose NO is given, all of `question`; else there is one market.

    `size` is in sets, of a conversion in NO of each market; a redemption gives all that is held: `size` YES, `no` NO.
    """

    id: OperationId
    kind: OperationKind
    venue: Venue
    markets: tuple[MarketId, ...]
    size: Size = Size(0)
    no: Size = Size(0)
    question: QuestionId = QuestionId("")


class Progress(StrEnum):
    """How far an operation came. All but SENT are the end of it."""

    SENT = "sent"
    """It left, and can be followed under a reference."""
    DONE = "done"
    FAILED = "failed"
    """It changed nothing."""
    UNKNOWN = "unknown"
    """Nobody can tell whether it happened, or will: only the account's statements do."""
