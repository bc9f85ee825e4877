"""Questions and markets that a running desk finds by asking again, put into its recording as frames of our own.

What is known of a market decides what strategies see: a replay must learn it at the same place, so it travels the same
way as everything else.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import MarketEvent, MarketListed, QuestionListed
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos

LISTING_SOURCE = "desk/catalogue"

type Listed = MarketListed | QuestionListed

_decode = msgspec.json.Decoder(Listed).decode


def listing_frame(listed: Listed) -> Frame:
    """The frame that says it, received when it was found."""
    return Frame(LISTING_SOURCE, listed.received, msgspec.json.encode(listed))


class ListingCodec:
    """Reads listings back. Each listed market is first told to `learn`, so that its codec knows it."""

    def __init__(self, learn: Callable[[Iterable[Market]], None]) -> None:
        self._learn = learn

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """The one event of a listing. Raises WireError for a frame that is none."""
        try:
            listed: Listed = _decode(frame.payload)
        except msgspec.MsgspecError as error:
            raise WireError("desk", f"no listing of ours: {error}", frame.payload) from error
        if isinstance(listed, MarketListed):
            self._learn((listed.market,))
        return (listed,)

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:  # noqa: ARG002 - nothing is ever held back
        """Nothing: a listing is whole."""
        return ()
