"""The table of pairs: JSON lines, a line for each decision, the newest about a pair in force. Nothing is taken out."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dutchbook.domain.errors import ConfigError
from dutchbook.domain.pairs import Pair, PairId, PairStatus
from dutchbook.storage.durable import replace_file

_decode = msgspec.json.Decoder(Pair).decode


class PairTable:
    """One home's pairs. Readers see the file before or after a change, never a part of one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def decisions(self) -> Sequence[Pair]:
        """All that was ever decided, oldest first. Raises ConfigError for a line that is none, with its place."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        return [self._read(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]

    def pairs(self) -> Sequence[Pair]:
        """Every pair as it stands, in the order in which they came in; removed ones are absent."""
        return [pair for pair in in_force(self.decisions()) if pair.status is not PairStatus.REMOVED]

    def decide(self, make: Callable[[PairId, Sequence[Pair]], Pair]) -> Pair:
        """Keep the decision that `make` takes, given an id that is free and the pairs as they stand.

        Nobody else can decide meanwhile. What `make` raises leaves the table as it is.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            known = self.decisions()
            newest = in_force(known)
            free = PairId(f"p{len(newest) + 1}")
            made = make(free, [pair for pair in newest if pair.status is not PairStatus.REMOVED])
            replace_file(self._path, b"".join(msgspec.json.encode(pair) + b"\n" for pair in (*known, made)))
        return made

    def _read(self, number: int, line: bytes) -> Pair:
        try:
            return _decode(line)
        except msgspec.MsgspecError as error:
            raise ConfigError(
                f"{self._path}:{number} is no decision about a pair ({error}) - mend or delete that line"
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def in_force(decisions: Sequence[Pair]) -> Sequence[Pair]:
    """The newest decision about each pair, in the order of the first ones."""
    return list({pair.id: pair for pair in decisions}.values())
