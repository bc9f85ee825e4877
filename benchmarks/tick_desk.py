"""The desk that `tick_to_order` measures: the whole of it, in mode sandbox, at a venue that only sends ticks.

usage: python -m benchmarks.tick_desk PORT HOME LEGS (ahead|at-once)

Socket, codec with hashes verified, books, bundle strategy, all risk rules, execution, journal and recording are those
that `dutchbook run` uses. Told beforehand is only what the venue would list: the three markets.
"""

import sys
from functools import partial
from pathlib import Path

import aiohttp

from benchmarks.tick_market import MARKETS, OPPOSITES, TOKENS
from dutchbook.app.accounts.in_use import account_in_sandbox
from dutchbook.app.arming import arm_sandbox
from dutchbook.app.live.brokers import seats
from dutchbook.app.live.feeds import Link, LiveFeeds
from dutchbook.app.live.source import LiveSource
from dutchbook.app.live.venues import Where, surroundings
from dutchbook.app.running import RunningDesk
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.config.load import shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size
from dutchbook.engine.clocks import RealClock
from dutchbook.execution.settings import Sending
from dutchbook.venues.feed import Discovered
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.live import LivePolymarket

_QUESTION = QuestionId("tick")
_AWAKE = Nanos(5 * MILLISECOND)
_MONTH = Nanos(30 * 86_400 * SECOND)


def listed(now: Nanos) -> Discovered:
    """The question and its markets: without fees, as many are, so that the tick opens a bundle."""
    markets = tuple(
        Market(
            id=MarketId(market),
            venue=Venue.POLYMARKET,
            question=_QUESTION,
            title=f"Outcome {number}",
            yes=OutcomeId(yes),
            no=OutcomeId(no),
            grid=PriceGrid.uniform(Price(100)),
            min_size=Size(5 * CONTRACT),
            min_notional=Money(DOLLAR),
            fees=NoFees(),
            neg_risk=True,
            closes=Nanos(now + _MONTH),
            settles=Nanos(now + _MONTH),
        )
        for number, (market, yes, no) in enumerate(zip(MARKETS, TOKENS, OPPOSITES, strict=True))
    )
    question = Question(
        id=_QUESTION,
        venue=Venue.POLYMARKET,
        title="Which of three",
        markets=tuple(market.id for market in markets),
        exclusive=True,
        exhaustive=True,
        convertible=True,
    )
    return Discovered(questions=(question,), markets=markets)


def settings(legs: int, *, ahead: bool) -> Settings:
    """As shipped, but for what is measured: how many legs leave at once, and whether they are signed ahead.

    Between two frames that are milliseconds apart it stays awake, as somebody would have it who cares for this figure.

    The same bundle may be wanted again after a tenth of a second: it comes up more often here than anywhere.
    """
    shipped = shipped_settings().in_mode(Mode.SANDBOX)
    sending = Sending.TOGETHER if legs > 1 else Sending.THINNEST_FIRST
    execution = shipped.execution.model_copy(update={"sending": sending, "sign_ahead": ahead, "spin": _AWAKE})
    bundle = shipped.bundle.model_copy(update={"repeat_after": Nanos(100 * MILLISECOND)})
    return shipped.model_copy(update={"execution": execution, "bundle": bundle})


def source(port: int, home: Path, chosen: Settings) -> LiveSource:
    """The venue as a desk's source."""
    http = f"http://127.0.0.1:{port}"
    hosts = PolymarketHosts(clob=http, gamma=http, data=http, relayer=http, chain=http, ws=f"ws://127.0.0.1:{port}")
    where = Where(polymarket=hosts, sandbox=True, world="tick")
    accounts = sandbox_accounts(home)
    armed = arm_sandbox((account_in_sandbox(Venue.POLYMARKET, accounts),), where, home)
    clock = RealClock()
    around = surroundings(clock)

    def connect(session: aiohttp.ClientSession) -> LiveFeeds:
        async def discover() -> Discovered:
            return found

        found = listed(clock.now())
        link = Link(Venue.POLYMARKET, LivePolymarket(session, around, hosts), discover)
        execution = chosen.execution
        take = seats(
            armed, chosen.live.order_limit, decide_ahead=execution.decide_ahead, sign_ahead=execution.sign_ahead
        )
        return LiveFeeds((link,), clock, chosen.venues.look_again, partial(take, session, around))

    return LiveSource(where.label, connect, clock, lambda line: print(line, file=sys.stderr))


def main(port: int, home: Path, legs: int, *, ahead: bool) -> None:
    """Run until somebody ends the process."""
    chosen = settings(legs, ahead=ahead)
    with RunningDesk(chosen, home, source(port, home, chosen)) as desk:
        desk.own_process()
        while not desk.over:
            desk.step()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), ahead=sys.argv[4] == "ahead")
