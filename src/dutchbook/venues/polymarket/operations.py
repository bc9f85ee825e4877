"""How a token operation is sent and followed, whoever sends it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from dutchbook.domain.errors import VenueError
from dutchbook.domain.units import Nanos
from dutchbook.venues.polymarket.token_operations import Call


class OperationState(StrEnum):
    """Where an operation stands."""

    SENT = "sent"
    """On its way; a node or the relayer has it."""
    MINED = "mined"
    """In a block that may still be replaced."""
    DONE = "done"
    FAILED = "failed"
    """It changed nothing: the contract or the relayer refused it."""


class Sent(msgspec.Struct, frozen=True):
    """An operation that left. `id` is the relayer's or the transaction's own; `transaction` is empty until known."""

    id: str
    transaction: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What became of an operation so far. `why` is told if it failed."""

    state: OperationState
    transaction: str = ""
    why: str = ""


class Unanswered(VenueError):
    """An operation may have been taken or not: its answer is lost, and nothing names it."""


class Operator(Protocol):
    """Sends token operations for one account.

    `send` is never repeated by itself: where its answer is lost, ask for the account's positions before sending again.
    """

    async def send(self, calls: Sequence[Call], note: str, now: Nanos) -> Sent:
        """Send calls. Raises Unanswered if it may have left without an answer.

        Nothing left if it raises another error: OperationDenied for what is no token operation, VenueError or WireError
        as reads do.
        """
        ...

    async def outcome(self, sent: Sent) -> Outcome:
        """What became of it so far."""
        ...
