"""Token operations at an exchange of this process: each takes as long as a transaction on the chain."""

from collections.abc import Callable
from functools import partial

from dutchbook.app.backtest.post import Post, Ways
from dutchbook.domain.events import OperationReported
from dutchbook.domain.operations import Operation, OperationKind, Progress
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import Refused
from dutchbook.venues.feed import FrameSink

MINED = Nanos(4 * SECOND)
"""How long a transaction takes until it is mined: an assumption, as that of trades."""


class ExchangeOperator:
    """An `OperationLine` of one account, one operation after the other."""

    def __init__(
        self,
        exchange: Exchange,
        account: str,
        post: Post,
        ways: Ways,
        clock: Clock,
        tell: Callable[[OperationReported], None],
    ) -> None:
        self._exchange = exchange
        self._account = account
        self._post = post
        self._ways = ways
        self._clock = clock
        self._tell = tell
        self._free = Nanos(0)

    def operate(self, operation: Operation) -> None:
        """See `OperationLine.operate`."""
        self._free = Nanos(max(self._free, self._clock.now() + self._ways.order) + MINED)
        self._post.send(self._free, partial(self._mined, operation))

    def follow(self, operation: Operation, reference: str) -> None:
        """Raises RuntimeError: a simulated account has no earlier runs."""
        raise RuntimeError(f"operation {operation.id} ({reference}): nobody sent it before this run")

    async def run(self, frames: FrameSink) -> None:  # noqa: ARG002 - the port's signature
        """Raises RuntimeError: in virtual time there are no connections to keep."""
        raise RuntimeError("operations in virtual time have no connections to keep")

    def _mined(self, operation: Operation, now: Nanos) -> None:
        progress, detail = Progress.DONE, ""
        try:
            self._do(operation)
        except Refused as refused:
            progress, detail = Progress.FAILED, str(refused)
        self._tell(OperationReported(operation.id, progress, Nanos(now + self._ways.answer), detail))

    def _do(self, operation: Operation) -> None:
        exchange, account, market = self._exchange, self._account, operation.markets[0]
        match operation.kind:
            case OperationKind.SPLIT:
                exchange.split(account, market, operation.size)
            case OperationKind.MERGE:
                exchange.merge(account, market, operation.size)
            case OperationKind.CONVERT:
                exchange.convert(account, operation.question, operation.markets, operation.size)
            case OperationKind.REDEEM:
                exchange.redeem(account, market)
