"""An account's token operations at work: one at a time, since each takes the next nonce, and followed to its end."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import NoReturn

from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.identity import MarketId, QuestionId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.operations import Operation, OperationKind, Progress
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.feed import FrameSink
from dutchbook.venues.http import failed
from dutchbook.venues.operations import Told, told_frame
from dutchbook.venues.polymarket.operation_signing import OperationDenied
from dutchbook.venues.polymarket.operations import OperationState, Operator, Sent, Unanswered
from dutchbook.venues.polymarket.token_operations import Call, convert, merge, redeem, split
from dutchbook.venues.surroundings import Surroundings

type MarketOf = Callable[[MarketId], Market | None]
type QuestionOf = Callable[[QuestionId], Question | None]

LOOK_S = 2.0
"""How often the relayer, or the node, is asked what became of an operation: as the official client does."""
PATIENCE = Nanos(900 * SECOND)
"""After so long an operation is given up: longer than the deadline that is signed, and than any usual block."""


class PolymarketOperations:
    """An `OperationLine`. Without an `operator` every operation fails at once, with the reason why there is none."""

    def __init__(
        self, operator: Operator | str, markets: MarketOf, questions: QuestionOf, around: Surroundings
    ) -> None:
        """`operator` is who sends, or why nobody can."""
        self._operator = operator
        self._markets = markets
        self._questions = questions
        self._around = around
        self._waiting: deque[tuple[Operation, str]] = deque()
        self._wanted = asyncio.Event()

    def operate(self, operation: Operation) -> None:
        """See `OperationLine.operate`."""
        self.follow(operation, "")

    def follow(self, operation: Operation, reference: str) -> None:
        """See `OperationLine.follow`."""
        self._waiting.append((operation, reference))
        self._wanted.set()

    async def run(self, frames: FrameSink) -> NoReturn:
        """See `OperationLine.run`."""
        while True:
            await self._wanted.wait()
            while self._waiting:
                operation, reference = self._waiting.popleft()
                told = await self._work(operation, reference, frames)
                self._tell(told, frames)
            self._wanted.clear()

    async def _work(self, operation: Operation, reference: str, frames: FrameSink) -> Told:
        """Send, unless it was sent before, and follow: how it ended."""
        operator = self._operator
        if isinstance(operator, str):
            return Told(operation.id, Progress.FAILED, f"not sent: {operator}")
        try:
            sent = Sent(reference) if reference else await self._send(operator, operation)
        except Unanswered as error:
            return Told(operation.id, Progress.UNKNOWN, failed(error))
        except (OperationDenied, ValueError, VenueError, WireError) as error:
            return Told(operation.id, Progress.FAILED, f"not sent: {_line(error)}")
        if not reference:
            self._tell(Told(operation.id, Progress.SENT, reference=sent.id), frames)
        return await self._ending(operator, operation, sent)

    async def _send(self, operator: Operator, operation: Operation) -> Sent:
        calls = calls_of(operation, self._markets, self._questions)
        return await operator.send(calls, f"dutchbook {operation.kind} {operation.id}", self._now())

    async def _ending(self, operator: Operator, operation: Operation, sent: Sent) -> Told:
        """Ask until there is an end, or patience is over."""
        until, why = self._now() + PATIENCE, "it has not come to an end"
        while self._now() < until:
            await self._around.sleep(LOOK_S)
            try:
                found = await operator.outcome(sent)
            except (VenueError, WireError) as error:
                why = failed(error)
                continue
            reference = found.transaction or sent.id
            if found.state is OperationState.DONE:
                return Told(operation.id, Progress.DONE, reference=reference)
            if found.state is OperationState.FAILED:
                return Told(operation.id, Progress.FAILED, found.why, reference)
            why = f"it is {found.state}"
        return Told(operation.id, Progress.UNKNOWN, f"given up after {PATIENCE // SECOND} s: {why}", sent.id)

    def _tell(self, told: Told, frames: FrameSink) -> None:
        frames(told_frame(Venue.POLYMARKET, told, self._now()))

    def _now(self) -> Nanos:
        return self._around.clock.now()


def calls_of(operation: Operation, markets: MarketOf, questions: QuestionOf) -> Sequence[Call]:
    """The calls that do it. Raises ValueError for what nobody knows, or nobody can do."""
    if operation.kind is OperationKind.CONVERT:
        question = questions(operation.question)
        if question is None or not question.neg_risk_id:
            raise ValueError(f"question {operation.question}: its id at the contract is not known - list it first")
        return (convert(question.neg_risk_id, operation.markets, operation.size),)
    [market_id] = operation.markets
    market = markets(market_id)
    if market is None:
        raise ValueError(f"no market {market_id} is known - list it first")
    match operation.kind:
        case OperationKind.SPLIT:
            return (split(market, operation.size),)
        case OperationKind.MERGE:
            return (merge(market, operation.size),)
        case _:
            return redeem(market, operation.size, operation.no)


def _line(error: Exception) -> str:
    return str(error).splitlines()[0]
