"""What a running desk learns beside the venue's own frames, put into the recording as frames of our own.

Markets found by asking again, and books lost because a connection went silent: a replay of the recording must meet them
at the same place, so they travel the same way as everything else.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookLost, MarketEvent, MarketListed, QuestionListed
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos

NOTICE_SOURCE = "desk/notice"

type Notice = BookLost | MarketListed | QuestionListed

_decode = msgspec.json.Decoder(Notice).decode


def notice_frame(notice: Notice) -> Frame:
    """The frame that says it, received when the notice was."""
    return Frame(NOTICE_SOURCE, notice.received, msgspec.json.encode(notice))


class NoticeCodec:
    """Reads notices back. Each listed market is first told to `learn`, so that its codec knows it."""

    def __init__(self, learn: Callable[[Iterable[Market]], None]) -> None:
        self._learn = learn

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """The one event of a notice. Raises WireError for a frame that is none."""
        try:
            notice: Notice = _decode(frame.payload)
        except msgspec.MsgspecError as error:
            raise WireError("desk", f"no notice of ours: {error}", frame.payload) from error
        if isinstance(notice, MarketListed):
            self._learn((notice.market,))
        return (notice,)

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:  # noqa: ARG002 - nothing is ever held back
        """Nothing: a notice is whole."""
        return ()
