"""Frames on record: each has its place in the recording before it is used, and stands there behind what it led to."""

from collections.abc import Callable

from dutchbook.domain.events import FrameRef
from dutchbook.domain.ports import Frame
from dutchbook.storage.journal import Journal
from dutchbook.storage.recording import RecordingWriter


class KeptFrames:
    """Puts each frame into the run's recording and tells its place there: before it is written.

    What a frame leads to does not wait for its recording, which is on disk a block later anyway. The journal's flushes
    are held meanwhile.
    """

    def __init__(
        self,
        writer: RecordingWriter,
        journal: Journal | None = None,
        came: Callable[[], None] | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:
        """`came` is called at each frame, `done` once all that it led to was done."""
        self._writer = writer
        self._journal = journal
        self._came = came
        self._done = done
        self._segment = len(writer.manifest.segments)
        self._line = 0
        self._placed: Frame | None = None

    def __call__(self, frame: Frame) -> FrameRef:
        """Place a frame and write it at once."""
        ref = self.place(frame)
        self.settle()
        return ref

    def place(self, frame: Frame) -> FrameRef:
        """Where a frame will stand, which `settle` writes there."""
        if self._came is not None:
            self._came()
        if self._placed is not None:
            self._write(self._placed)
        self._placed = frame
        if self._journal is not None:
            self._journal.hold()
        return FrameRef(self._segment, self._line)

    def settle(self) -> None:
        """Write what was placed, and let the journal flush."""
        if self._done is not None:
            self._done()
        if self._placed is not None:
            self._write(self._placed)
        if self._journal is not None:
            self._journal.let_go()

    def _write(self, frame: Frame) -> None:
        self._placed = None
        if self._writer.put(frame):
            self._segment, self._line = self._segment + 1, 0
        else:
            self._line += 1
