"""The line of an account's operations: one at a time, each sent once and followed to an end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from dutchbook.domain.errors import VenueUnreachable, WireError
from dutchbook.domain.events import OperationReported
from dutchbook.domain.identity import MarketId, QuestionId, Venue
from dutchbook.domain.markets import Question
from dutchbook.domain.operations import Operation, OperationId, OperationKind, Progress
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Size
from dutchbook.venues.operations import OperationCodec, operations_source
from dutchbook.venues.polymarket.operating import PATIENCE, PolymarketOperations, calls_of
from dutchbook.venues.polymarket.operation_signing import OperationDenied
from dutchbook.venues.polymarket.operations import OperationState, Operator, Outcome, Sent, Unanswered
from dutchbook.venues.polymarket.token_operations import Call, merge, redeem, split
from tests.venues.live.desk_side import surroundings
from tests.venues.live.virtual_time import VirtualTime
from tests.venues.polymarket.trading.orders import CONDITION, NOW, market

TEN = Size(10 * CONTRACT)
SPLIT = Operation(
    id=OperationId("op-1"), kind=OperationKind.SPLIT, venue=Venue.POLYMARKET, markets=(CONDITION,), size=TEN
)


class Script:
    """An operator whose answers are given: to sending, and then one to each question."""

    def __init__(self, sending: Sent | Exception, *answers: Outcome | Exception) -> None:
        self.sending = sending
        self.answers = list(answers)
        self.sent: list[tuple[Sequence[Call], str]] = []
        self.asked: list[Sent] = []

    async def send(self, calls: Sequence[Call], note: str, now: Nanos) -> Sent:  # noqa: ARG002 - the port's signature
        self.sent.append((calls, note))
        if isinstance(self.sending, Exception):
            raise self.sending
        return self.sending

    async def outcome(self, sent: Sent) -> Outcome:
        self.asked.append(sent)
        answer = self.answers.pop(0) if self.answers else Outcome(OperationState.SENT)
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def running(operator: Operator | str) -> AsyncIterator[tuple[PolymarketOperations, list[Frame], VirtualTime]]:
    time, frames = VirtualTime(NOW), list[Frame]()
    known = {CONDITION: market()}
    line = PolymarketOperations(operator, known.get, lambda _: None, surroundings(time))
    task = asyncio.create_task(line.run(frames.append))
    try:
        yield line, frames, time
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def told(frames: Sequence[Frame]) -> list[tuple[Progress, str, str]]:
    assert {frame.source for frame in frames} <= {operations_source(Venue.POLYMARKET)}
    events: list[OperationReported] = [event for frame in frames for event in OperationCodec().decode(frame)]
    return [(event.progress, event.reference, event.detail) for event in events]


async def test_it_is_sent_once_and_followed_until_it_is_done() -> None:
    script = Script(
        Sent("t-1"),
        Outcome(OperationState.SENT),
        VenueUnreachable("no answer"),
        Outcome(OperationState.MINED, "0xab"),
        Outcome(OperationState.DONE, "0xab"),
    )
    async with running(script) as (line, frames, time):
        line.operate(SPLIT)
        await time.advance(10)
    assert told(frames) == [(Progress.SENT, "t-1", ""), (Progress.DONE, "0xab", "")]
    assert script.sent == [((split(market(), TEN),), "dutchbook split op-1")]


async def test_the_next_one_waits_for_the_end_of_the_one_before() -> None:
    script = Script(Sent("t-1"), Outcome(OperationState.SENT), Outcome(OperationState.FAILED, why="reverted"))
    async with running(script) as (line, frames, time):
        line.operate(SPLIT)
        line.operate(replace(SPLIT, id=OperationId("op-2")))
        await time.advance(3)
        assert len(script.sent) == 1
        await time.advance(2)
        assert len(script.sent) == 2
    assert [progress for progress, _, _ in told(frames)] == [Progress.SENT, Progress.FAILED, Progress.SENT]


@pytest.mark.parametrize(
    ("failure", "progress", "why"),
    [
        (OperationDenied("the call would fail"), Progress.FAILED, "not sent: the call would fail"),
        (VenueUnreachable("no node"), Progress.FAILED, "not sent: no node"),
        (WireError("polymarket", "odd", b"x"), Progress.FAILED, "not sent: polymarket: malformed"),
        (Unanswered("the relayer may have it"), Progress.UNKNOWN, "the relayer may have it"),
    ],
)
async def test_what_did_not_leave_failed_and_what_may_have_is_unknown(
    failure: Exception, progress: Progress, why: str
) -> None:
    async with running(Script(failure)) as (line, frames, time):
        line.operate(SPLIT)
        await time.advance(10)
    [(said, reference, detail)] = told(frames)
    assert (said, reference, detail.startswith(why)) == (progress, "", True)


async def test_what_comes_to_no_end_is_given_up() -> None:
    async with running(Script(Sent("t-1"))) as (line, frames, time):
        line.operate(SPLIT)
        await time.advance(PATIENCE / SECOND - 1)
        assert len(frames) == 1
        await time.advance(10)
    [_, (progress, reference, detail)] = told(frames)
    assert (progress, reference, detail) == (Progress.UNKNOWN, "t-1", "given up after 900 s: it is sent")


async def test_what_an_earlier_run_sent_is_followed_and_not_sent_again() -> None:
    script = Script(Sent("never"), Outcome(OperationState.DONE, "0xab"))
    async with running(script) as (line, frames, time):
        line.follow(SPLIT, "t-7")
        await time.advance(5)
    assert script.sent == []
    assert script.asked == [Sent("t-7")]
    assert told(frames) == [(Progress.DONE, "0xab", "")]


async def test_without_an_operator_each_fails_with_the_reason() -> None:
    async with running("there is no key of the relayer") as (line, frames, time):
        line.operate(SPLIT)
        await time.advance(1)
    assert told(frames) == [(Progress.FAILED, "", "not sent: there is no key of the relayer")]


async def test_what_nobody_knows_is_not_sent() -> None:
    unknown = replace(SPLIT, markets=(MarketId("0x" + "77" * 32),))
    script = Script(Sent("never"))
    async with running(script) as (line, frames, time):
        line.operate(unknown)
        await time.advance(1)
    assert script.sent == []
    [(progress, _, detail)] = told(frames)
    assert (progress, "no market" in detail) == (Progress.FAILED, True)


def test_each_kind_becomes_its_calls() -> None:
    known, question = {CONDITION: market()}, QuestionId("q")
    wish = replace(SPLIT, kind=OperationKind.MERGE)
    assert calls_of(wish, known.get, lambda _: None) == (merge(market(), TEN),)
    wish = replace(SPLIT, kind=OperationKind.REDEEM, no=TEN)
    assert calls_of(wish, known.get, lambda _: None) == redeem(market(), TEN, TEN)
    wish = replace(SPLIT, kind=OperationKind.CONVERT, question=question)
    untold = Question(id=question, venue=Venue.POLYMARKET, title="Who?", markets=(CONDITION,))
    for found in (None, untold):
        with pytest.raises(ValueError, match="its id at the contract is not known"):
            calls_of(wish, known.get, {question: found}.get)


def test_a_frame_that_is_no_report_is_refused() -> None:
    with pytest.raises(WireError):
        OperationCodec().decode(Frame(operations_source(Venue.POLYMARKET), NOW, b'{"operation":"op-1"}'))
