"""The screens' end of the control socket: a picture four times a second, with it what open pages follow, and answers to
whatever else is asked.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from dutchbook.app.control.wire import Answer, Request, Show, ShowSnapshot, Stop, decode_answer, encode
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.storage.home import Home

EVERY_S = 0.25
"""Between two pictures: screens move four times a second."""
PATIENCE_S = 1.5
"""For a picture. A desk that is silent for longer is shown as not connected: within the two seconds promised."""
ASK_PATIENCE_S = 10.0
STOP_PATIENCE_S = 30.0
"""A desk that stops waits for its cancels to be answered first."""
_LONGEST_ANSWER = 64 << 20
_NO_DESK = "no desk runs here - start one with `dutchbook run`"

type Monotonic = Callable[[], float]


class NoDesk(DutchbookError):
    """Nobody listens on the control socket: no desk runs in this home."""


class DeskLink:
    """Follows one home's desk. `run` it as a task; all else may be read at any time from the same event loop."""

    def __init__(self, home: Path, monotonic: Monotonic = time.monotonic, every_s: float = EVERY_S) -> None:
        self._path = Home(home).control
        self._monotonic = monotonic
        self._every_s = every_s
        self._seen: float | None = None
        self._news = asyncio.Condition()
        self._followed: Counter[Show] = Counter()
        self._wanted = asyncio.Event()
        self._answers: dict[Show, Answer] = {}
        self.snapshot: DeskSnapshot | None = None
        """The newest picture, of a desk that may have gone since: `connected` and `age` say."""
        self.connected = False
        self.trouble = _NO_DESK
        """Why it is not connected, in one line; empty while it is."""
        self.version = 0
        """Counts pictures, and changes of `connected`."""

    @property
    def age(self) -> float | None:
        """Seconds since the newest picture came; None before the first."""
        return None if self._seen is None else max(0.0, self._monotonic() - self._seen)

    @property
    def answers(self) -> Mapping[Show, Answer]:
        """What the desk said with the newest picture to each request that is followed. Refusals are among them."""
        return self._answers

    @contextmanager
    def following(self, requests: Iterable[Show]) -> Iterator[None]:
        """Have these answered with each picture meanwhile: asked once, however many follow the same."""
        wanted = Counter(tuple(requests))
        if wanted.keys() - self._followed.keys():
            self._wanted.set()
        self._followed += wanted
        try:
            yield
        finally:
            self._followed -= wanted
            for request in self._answers.keys() - self._followed.keys():
                del self._answers[request]

    async def run(self) -> None:
        """Follow the desk until cancelled, through its restarts."""
        while True:
            try:
                await self._follow()
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                await self._told(None, _trouble(error))
            await asyncio.sleep(self._every_s)

    async def ask(self, request: Request, patience_s: float | None = None) -> Answer:
        """The desk's answer.

        Raises NoDesk if none runs, UsageError if it refuses, DutchbookError if it does not answer in time: what was
        ordered may be done nevertheless then.
        """
        patience = patience_s or (STOP_PATIENCE_S if isinstance(request, Stop) else ASK_PATIENCE_S)
        try:
            async with asyncio.timeout(patience):
                answer = await self._ask_once(request)
        except (FileNotFoundError, ConnectionRefusedError):
            raise NoDesk(_NO_DESK) from None
        except TimeoutError:
            raise DutchbookError(
                f"the desk did not answer within {patience:g} s - if it hangs, halt it: that needs no answer"
            ) from None
        except (OSError, EOFError, ValueError) as error:
            raise DutchbookError(f"the desk hung up ({error}) - see `dutchbook status`") from error
        if answer.error:
            raise UsageError(answer.error)
        return answer

    async def updates(self) -> AsyncIterator[int]:
        """A number for each new picture or change of the connection; what comes while nobody waits is skipped."""
        seen = self.version
        while True:
            seen = await self.news(seen)
            yield seen

    async def news(self, seen: int) -> int:
        """Wait until `version` is another one than was seen, and give it."""
        async with self._news:
            await self._news.wait_for(lambda: self.version != seen)
            return self.version

    async def _follow(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_unix_connection(str(self._path), limit=_LONGEST_ANSWER)
        try:
            while True:
                began = self._monotonic()
                followed = tuple(self._followed)
                async with asyncio.timeout(PATIENCE_S):
                    picture, *answers = await _exchange(reader, writer, ShowSnapshot(), *followed)
                self._answers = {
                    request: answer
                    for request, answer in zip(followed, answers, strict=True)
                    if request in self._followed
                }
                await self._told(picture.snapshot, picture.error)
                # A desk that is slow to answer gets its rest too.
                await self._rest(max(self._every_s / 2, self._every_s - (self._monotonic() - began)))
        finally:
            await _hang_up(writer)

    async def _rest(self, seconds: float) -> None:
        """Until the next picture is due, or somebody follows what nobody did before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        self._wanted.clear()

    async def _ask_once(self, request: Request) -> Answer:
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=_LONGEST_ANSWER)
        try:
            [answer] = await _exchange(reader, writer, request)
            return answer
        finally:
            await _hang_up(writer)

    async def _told(self, snapshot: DeskSnapshot | None, trouble: str) -> None:
        connected = snapshot is not None
        if snapshot is not None:
            self.snapshot, self._seen = snapshot, self._monotonic()
        if not connected and not self.connected and trouble == self.trouble:
            return
        self.connected, self.trouble = connected, trouble
        self.version += 1
        async with self._news:
            self._news.notify_all()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *requests: Request
) -> tuple[Answer, ...]:
    """The answers, in the order of the requests: a desk looks at them one after the other."""
    writer.write(b"".join(encode(request) + b"\n" for request in requests))
    await writer.drain()
    return tuple([await _answer(reader) for _ in requests])


async def _answer(reader: asyncio.StreamReader) -> Answer:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError("before its answer was whole")
    try:
        return decode_answer(line)
    except msgspec.MsgspecError as error:
        raise ValueError(f"no answer of this version: {error}") from error


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _trouble(error: Exception) -> str:
    match error:
        case FileNotFoundError() | ConnectionRefusedError():
            return _NO_DESK
        case TimeoutError():
            return f"the desk has been silent for {PATIENCE_S:g} s"
        case EOFError() | ConnectionError():
            return "the desk hung up"
        case _:
            return f"the desk cannot be asked: {error}"
