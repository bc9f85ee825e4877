"""Token operations at a venue: who sends them, and the frames that tell what became of them.

Frames of the source `<venue>/operations` are recorded like all others, so that a replay meets the same reports.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import OperationReported
from dutchbook.domain.identity import Venue
from dutchbook.domain.operations import Operation, OperationId, Progress
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.venues.feed import FrameSink


class OperationLine(Protocol):
    """Sends operations of one account, one after the other. What becomes of them arrives as frames."""

    def operate(self, operation: Operation) -> None:
        """Do it once all that was asked before is over. Never sent twice, whatever the answer."""
        ...

    def follow(self, operation: Operation, reference: str) -> None:
        """It was sent by an earlier run: find out what became of it."""
        ...

    async def run(self, frames: FrameSink) -> None:
        """Send and follow until cancelled."""
        ...


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a frame of operations holds."""

    operation: OperationId
    progress: Progress
    detail: str = ""
    reference: str = ""


class OperationCodec:
    """Makes events of such frames."""

    def decode(self, frame: Frame) -> Sequence[OperationReported]:
        """Raises WireError for a frame that is none of ours."""
        try:
            told = _decode(frame.payload)
        except msgspec.MsgspecError as error:
            raise WireError(frame.source, str(error), frame.payload) from error
        return (OperationReported(told.operation, told.progress, frame.received, told.detail, told.reference),)


def operations_source(venue: Venue) -> str:
    """The source of the frames that tell of operations."""
    return f"{venue}/operations"


def told_frame(venue: Venue, told: Told, received: Nanos) -> Frame:
    """A report as a frame."""
    return Frame(operations_source(venue), received, _encode(told))


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Told).decode
