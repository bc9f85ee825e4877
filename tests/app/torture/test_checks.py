"""Who watches the watchman: what may never be is planted, and the checks of a torture tell of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dutchbook.app.runs import journal_folder
from dutchbook.app.torture.checks import Checks
from dutchbook.app.torture.ordeal import VILLAGE
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Stage
from dutchbook.app.torture.truth import Truth
from dutchbook.config.documents import read_document
from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.matching.messages import NewOrder


class Watched:
    """A desk in a market without faults, and its checks."""

    def __init__(self, home: Path) -> None:
        self.stage = Stage(3, home, read_document(VILLAGE, ScenarioSpec), FaultPlan(), torture_settings())
        stage = self.stage
        self.truth = Truth(stage.sandbox.world.exchanges, stage.accounts)
        now: Callable[[], Nanos] = lambda: Nanos(stage.loop.now() - START)  # noqa: E731
        self.checks = Checks(self.truth, torture_settings().risk, now)
        self.checks.follow(journal_folder(home, stage.desk.run))

    def live(self, seconds: int) -> None:
        stage = self.stage
        stage.live(Nanos(stage.loop.now() + seconds * SECOND), lambda: self.checks.step(stage.desk))

    def told(self) -> set[str]:
        return {each.check for each in self.checks.violations}

    def trade_past_the_desk(self, size: Size) -> None:
        """The account buys at Kalshi, and the desk did not ask for it."""
        exchange = self.truth.exchanges[Venue.KALSHI]
        market = next(m.market for m in exchange.listings.values() if m.market.status is MarketStatus.OPEN)
        exchange.submit(
            NewOrder(
                id="planted",
                account=self.stage.accounts.kalshi[0].key_id,
                market=market.id,
                outcome=market.yes,
                side=Side.BUY,
                price=Price(100),
                size=size,
                client_id="planted",
            )
        )


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path)
    yield found
    found.stage.close()


def test_nothing_is_told_of_a_desk_that_does_its_work(watched: Watched) -> None:
    watched.live(60)
    assert watched.checks.orders > 0
    assert not watched.checks.violations


def test_an_order_that_no_journal_knows_is_told_of(watched: Watched) -> None:
    watched.live(5)
    watched.trade_past_the_desk(Size(10 * CONTRACT))
    assert watched.told() == {"order without a journal line"}
    watched.checks.end(watched.stage.desk)
    assert "orders differ" in watched.told()


def test_more_capital_in_a_market_than_its_limit_is_told_of(watched: Watched) -> None:
    watched.live(5)
    watched.trade_past_the_desk(Size(90_000 * CONTRACT))
    assert {"position limit", "order without a journal line"} <= watched.told()
    watched.checks.step(watched.stage.desk)
    assert "venue limit" in watched.told()


def test_cash_that_the_books_do_not_have_is_told_of(watched: Watched) -> None:
    watched.live(5)
    watched.truth.exchanges[Venue.KALSHI].deposit(watched.stage.accounts.kalshi[0].key_id, Money(DOLLAR))
    watched.checks.end(watched.stage.desk)
    assert watched.told() == {"cash differs"}


def test_an_order_that_is_sent_before_its_line_is_told_of(watched: Watched) -> None:
    journal = watched.stage.desk.journal
    append = journal.append
    late: list[tuple[object, ...]] = []

    def forgetful(kind: str, *rest: object, **more: object) -> object:
        if kind == "order":
            late.append(rest)
            return append("note", rest[0], {}, None)  # type: ignore[arg-type]
        return append(kind, *rest, **more)  # type: ignore[arg-type]

    journal.append = forgetful  # type: ignore[method-assign, assignment]
    watched.live(90)
    assert late
    assert "order without a journal line" in watched.told()
