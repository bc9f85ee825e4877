"""How long the reward maker takes to move a quote and to choose its markets anew, and how much memory it holds.

A quote moves in two steps, since no two of them may fill: the change of a book withdraws it, and once the venue says
that it is gone the next one leaves. Both are measured, added up, within the whole desk (codec with hashes, books,
strategy, risk, execution, journal), from the bytes of the change to the hand-over of the order, before it is signed.
The time of the venue and of the line is not in it, nor what the desk works out while it waits for them. The choice is
that of the scan: filters, safety checks, ratio, official score, optimal stake, rank.
"""

import gc
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.method import CPU, ROUNDS, Row, deliver, limit
from benchmarks.reward_market import RewardMarkets
from benchmarks.reward_venue import SilentBroker, trading
from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.events import AccountStated, FrameRef, TimerFired
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.engine.desk import Opening
from dutchbook.storage.journal import Journal
from dutchbook.strategies.names import REWARD_MAKER

ROOT = Path(__file__).resolve().parents[1]
QUOTED = 500
REWARDED = 5_000
SCANS = 5
MOVES = 4 * ROUNDS
"""Rounds in which each quote moves once: a shared machine has slow seconds and quick ones."""
_CASH = Money(10_000_000 * DOLLAR)
_HERE = FrameRef(0, 0)


class RewardDesk:
    """A desk that quotes `QUOTED` of so many markets, at a venue that answers when it is told to."""

    def __init__(self, markets: int, journal: Journal) -> None:
        self.world = RewardMarkets(markets)
        self._broker = SilentBroker(CPU)
        self.parts: Parts = assemble(
            _settings(),
            self.world.questions,
            self.world.markets,
            journal,
            Terms(
                opening=Opening(Money(0), self.world.now, "b-"),
                strategies=(REWARD_MAKER,),
                rewards=self.world.offers,
                trading=trading(self._broker),
            ),
        )
        loop, now, venue = self.parts.loop, self.world.now, self._broker.venue
        loop.begin((venue,), None)
        stated = AccountStated(venue=venue, cash=_CASH, positions=(), orders=(), asked=now, received=now)
        loop.dispatch(stated, _HERE)
        for line, frame in enumerate(self.world.snapshots()):
            loop.frame(frame, FrameRef(0, line))
        self.scan()
        self.answer()
        self.show(range(markets))
        quoted = {order.leg.market for order in self.parts.desk.execution.orders.working()}
        assert len(quoted) == QUOTED, f"{len(quoted)} markets are quoted: {loop.counters.refusals}"

    def scan(self) -> None:
        """Choose the markets anew."""
        self.parts.loop.dispatch(TimerFired(f"{REWARD_MAKER}:scan", self.world.now), _HERE)

    def answer(self) -> int:
        """Let the venue answer once to all that it was sent; to how much."""
        answers = self._broker.answers(self.world.now)
        for answer in answers:
            self.parts.loop.dispatch(answer, _HERE)
        return len(answers)

    def show(self, numbers: Iterable[int]) -> None:
        """Let the books of these markets show what of ours rests there."""
        for number in numbers:
            orders = self._broker.resting.get(self.world.markets[number].id, {}).values()
            frame = self.world.show(number, orders)
            if frame is not None:
                self.parts.loop.frame(frame, _HERE)

    def _prepare(self) -> None:
        """What a running desk does while it waits for the answer."""
        replacements = self.parts.loop.replacements
        assert replacements is not None
        while replacements.work():
            pass

    def move(self, number: int) -> tuple[float, float]:
        """Move the quote of a market: microseconds from the change to its withdrawal, and from the answer to the next.

        Raises AssertionError if it did not move.
        """
        frame = self.world.change(number)
        orders = self.parts.loop.counters.orders
        began = CPU()
        self.parts.loop.frame(frame, FrameRef(0, number))
        withdrawn = self._broker.handed - began
        self._prepare()
        began = CPU()
        assert self.answer() == 1, f"the quote of market {number} was not withdrawn"
        placed = self._broker.handed - began
        assert self.parts.loop.counters.orders == orders + 1, f"the quote of market {number} did not come back"
        self.answer()
        self.show((number,))
        return withdrawn / 1e3, placed / 1e3


def reward_maker() -> list[Row]:
    """Measure the figures of the reward maker."""
    with desk(QUOTED) as one:
        rounds = [[one.move(number) for number in range(QUOTED)] for _ in range(MOVES)]
    withdrawn = [[first for first, _ in figures] for figures in rounds]
    moved = [[first + second for first, second in figures] for figures in rounds]
    what = f"book change, {QUOTED} markets quoted"
    return [
        limit("rewards-react", f"{what}, until a quote is withdrawn", ours=_ranks(withdrawn, 50), unit="µs"),
        limit("rewards-p50", f"{what}, until a quote has moved", ours=_ranks(moved, 50), unit="µs", bar=300),
        limit("rewards-p99", f"{what}, the same at p99", ours=_ranks(moved, 99), unit="µs", bar=2_000),
        *_large_desk(),
    ]


def _ranks(rounds: list[list[float]], percent: int) -> list[float]:
    """One percentile of each round."""
    return [statistics.quantiles(one, n=100, method="inclusive")[percent - 1] for one in rounds]


def _large_desk() -> list[Row]:
    scan = f"markets chosen anew among {REWARDED:,} with rewards"
    memory = f"memory of a desk with {REWARDED:,} reward markets watched, {QUOTED} quoted"
    if not Path("/proc/self/status").exists():
        why = "no /proc tells a process's resident memory here"
        return [Row(id="rewards-memory", what=memory, unit="MB", absent=why)]
    command = [sys.executable, "-m", "benchmarks.reward_maker", "--large"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    megabytes, *seconds = map(float, done.stdout.split())
    return [
        limit("rewards-scan", scan, ours=seconds, unit="s", bar=2),
        limit("rewards-memory", memory, ours=[megabytes], unit="MB", bar=300),
    ]


def _hold_a_large_desk() -> list[float]:
    """Megabytes of this process with a large desk at work, then the seconds of each scan."""
    import dutchbook.app.running
    import dutchbook.interfaces.cli.main  # noqa: F401 - what `dutchbook run` has loaded
    from benchmarks.book_memory import resident

    with desk(REWARDED) as one:
        took = []
        for number in range(SCANS):
            one.parts.loop.frame(one.world.change(number), FrameRef(0, number))
            began = CPU()
            one.scan()
            took.append((CPU() - began) / 1e9)
        return [resident() / 2**20, *took]


@contextmanager
def desk(markets: int) -> Iterator[RewardDesk]:
    """A desk with so many markets, and its journal as long as it is there."""
    with tempfile.TemporaryDirectory() as folder, Journal.create(Path(folder) / "journal") as journal:
        made = RewardDesk(markets, journal)
        gc.collect()
        gc.freeze()  # as a running desk does
        yield made


def _settings() -> Settings:
    """As shipped, but for how many markets are quoted."""
    shipped = shipped_settings()
    return shipped.model_copy(
        update={"reward_maker": shipped.reward_maker.model_copy(update={"max_markets": QUOTED})},
    )


if __name__ == "__main__":
    if sys.argv[1:] == ["--large"]:
        print(*_hold_a_large_desk())
    else:
        deliver(reward_maker, [])
