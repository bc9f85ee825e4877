"""The reward maker at the sandbox, over its own protocols on virtual time: under faults, and killed while it quotes."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from dutchbook.app.backtest.contenders import plan_of
from dutchbook.app.runs import journal_folder
from dutchbook.app.sandbox.serving import scenario_of
from dutchbook.app.torture import stage as torture_stage
from dutchbook.app.torture.checks import Checks
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Stage
from dutchbook.app.torture.truth import Truth
from dutchbook.config.documents import document_of
from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import DAY, DOLLAR, SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.matching.messages import WorkingOrder
from dutchbook.strategies.names import REWARD_MAKER

LONGEST = 600
"""Seconds until something has to have happened."""
LOST = document_of(
    b"""\
seed: 3
faults:
  - {name: lost, fault: timeout_before_accept, method: POST, path: "*order*", chance: 10%}
  - {name: silent, fault: timeout_after_accept, path: "*order*", chance: 10%}
  - {name: failing, fault: failed_settlement, chance: 20%}
  - {name: broken, fault: http_status, status: 500, method: POST, chance: 5%}
  - {name: dropped, fault: drop, chance: 1%}
""",
    "lost.yaml",
    FaultPlan,
)


class Quoting:
    """A desk that quotes for rewards in a sandbox, and nobody else who uses it."""

    def __init__(self, home: Path, plan: FaultPlan, seed: int = 8) -> None:
        settings = torture_settings().model_copy(update={"strategies": (REWARD_MAKER,)})
        self.stage = Stage(seed, home, scenario_of("rewards"), plan, settings)
        self.truth = Truth(self.stage.sandbox.world.exchanges, self.stage.accounts)
        self.checks = Checks(self.truth, settings.risk, lambda: Nanos(self.stage.loop.now() - START))
        self.follow()
        self.most = 0
        """The most that was at stake in one market, pairs left out."""

    def follow(self) -> None:
        """A desk that has just begun writes a journal of its own."""
        self.checks.follow(journal_folder(self.stage.home, self.stage.desk.run))

    def live(self, seconds: float) -> None:
        self.stage.live(Nanos(self.stage.loop.now() + round(seconds * SECOND)), self._look)

    def until(self, happened: Callable[[], bool]) -> None:
        for _ in range(LONGEST):
            if happened():
                return
            self.live(1)
        raise AssertionError(f"nothing of it in {LONGEST} s")

    def quotes(self) -> list[WorkingOrder]:
        """Our purchases that rest at Polymarket, as the exchange has them."""
        found = self.truth.open(Venue.POLYMARKET).values()
        return [order for order in found if order.new.side is Side.BUY]

    def held(self) -> int:
        return sum(self.truth.holdings(Venue.POLYMARKET).values())

    def _look(self) -> None:
        self.checks.step(self.stage.desk)
        account, exchange = self.truth.account(Venue.POLYMARKET), self.truth.exchanges[Venue.POLYMARKET]
        for market, listing in exchange.listings.items():
            yes, no = listing.market.yes, listing.market.no
            held = {outcome: account.held(outcome) + account.incoming(outcome) for outcome in (yes, no)}
            pairs = min(held.values())
            alone = sum(account.cost_of(o) * (size - pairs) // size for o, size in held.items() if size)
            self.most = max(self.most, account.reserved_in(market) + alone)


@pytest.fixture
def quoting(tmp_path: Path) -> Iterator[Callable[..., Quoting]]:
    """Makes desks, and ends them."""
    made: list[Quoting] = []

    def make(plan: FaultPlan = FaultPlan()) -> Quoting:  # noqa: B008 - a frozen value
        made.append(Quoting(tmp_path, plan))
        return made[-1]

    with patch.object(torture_stage, "EVERY", DAY):
        yield make
    for each in made:
        each.stage.close()


def test_a_maker_that_is_killed_while_it_quotes_takes_its_quotes_down_and_quotes_again(
    quoting: Callable[..., Quoting],
) -> None:
    one = quoting()
    one.until(lambda: len(one.quotes()) > 6)
    left = {order.new.id for order in one.quotes()}
    one.stage.crash()
    one.stage.wait(Nanos(3 * SECOND))
    assert one.stage.restarted()
    one.follow()
    one.until(lambda: len(one.quotes()) > 6 and not left & {order.new.id for order in one.quotes()})
    one.live(30)
    doubled = [outcome for outcome, count in Counter(o.new.outcome for o in one.quotes()).items() if count > 1]
    assert not doubled, "no quote of the dead desk stands beside one of the living"
    assert one.most <= 25 * DOLLAR
    assert not one.checks.violations


def test_a_maker_that_is_killed_while_it_holds_something_gives_it_up_afterwards(
    quoting: Callable[..., Quoting],
) -> None:
    one = quoting()
    one.until(lambda: one.held() > 0)
    one.stage.crash()
    assert one.stage.restarted()
    one.follow()

    held = one.truth.holdings(Venue.POLYMARKET)

    def given_up() -> bool:
        """Each thing that was held is offered by now, or gone."""
        account = one.truth.account(Venue.POLYMARKET)
        return all(account.held(outcome) <= account.reserved_of(outcome) for outcome in held)

    one.until(given_up)
    assert not one.checks.violations


@pytest.mark.parametrize("plan", [plan_of("trouble"), LOST], ids=["trouble", "lost"])
def test_under_faults_a_maker_stays_within_its_bounds_and_knows_everything_in_the_end(
    plan: FaultPlan, quoting: Callable[..., Quoting]
) -> None:
    one = quoting(plan)
    one.live(600)
    assert one.checks.orders > 20
    assert one.most <= 25 * DOLLAR
    one.stage.calm()
    for fault in one.stage.sandbox.switchboard.status():
        one.stage.sandbox.switchboard.turn_off(fault.name)
    one.live(240)
    one.checks.end(one.stage.desk)
    assert not one.checks.violations
    assert not one.stage.desk.over
