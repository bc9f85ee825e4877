"""Questions, markets and rewards that a running desk finds by asking again, recorded as frames of our own.

What is known of a market decides what strategies see: a replay must learn it at the same place, so it travels the same
way as everything else.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    MarketEvent,
    MarketListed,
    MarketResolved,
    QuestionListed,
    RewardsListed,
    RewardsStated,
)
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos

LISTING_SOURCE = "desk/catalogue"

type Listed = MarketListed | QuestionListed | MarketResolved | RewardsListed | RewardsStated
"""What is found by asking: what there is, what was decided, and what is paid for quoting there."""

_decode = msgspec.json.Decoder(Listed).decode


def listing_frame(listed: Listed) -> Frame:
    """The frame that says it, received when it was found."""
    return Frame(LISTING_SOURCE, listed.received, msgspec.json.encode(listed))


class ListingCodec:
    """Reads listings back. Each listed market is first told to `learn`, so that its codec knows it.

    `adapted` makes of a market what it is to this desk: with the fees that its account pays.
    """

    def __init__(
        self, learn: Callable[[Iterable[Market]], None], adapted: Callable[[Market], Market] = lambda market: market
    ) -> None:
        self._learn = learn
        self._adapted = adapted

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """The one event of a listing. Raises WireError for a frame that is none."""
        try:
            listed: Listed = _decode(frame.payload)
        except msgspec.MsgspecError as error:
            raise WireError("desk", f"no listing of ours: {error}", frame.payload) from error
        if not isinstance(listed, MarketListed):
            return (listed,)
        listed = replace(listed, market=self._adapted(listed.market))
        self._learn((listed.market,))
        return (listed,)

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:  # noqa: ARG002 - nothing is ever held back
        """Nothing: a listing is whole."""
        return ()
