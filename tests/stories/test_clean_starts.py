"""What an earlier desk left resting can be cancelled first: by the next one, or by one that does nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dutchbook.app.torture.ordeal import VILLAGE
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Stage
from dutchbook.app.torture.truth import Truth
from dutchbook.config.documents import read_document
from dutchbook.domain.book import Side
from dutchbook.domain.orders import Order
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Stage]:
    """A world in which a desk was killed while purchases of it rested."""
    stage = Stage(5, tmp_path, read_document(VILLAGE, ScenarioSpec), FaultPlan(), torture_settings())
    until = START
    while not purchases(stage):
        until = Nanos(until + 5 * SECOND)
        assert until < START + 600 * SECOND, "nothing ever rested"
        stage.live(until)
    stage.calm()
    stage.crash()
    assert stage.restarted()
    yield stage
    stage.close()


def purchases(stage: Stage) -> list[Order]:
    """Purchases that rest, as the desk knows."""
    working = stage.desk.parts.desk.execution.orders.working()
    return [order for order in working if order.leg.side is Side.BUY and order.venue_id]


def at_the_venues(stage: Stage) -> list[str]:
    """The desk's open purchases, as the exchanges have them."""
    truth = Truth(stage.sandbox.world.exchanges, stage.accounts)
    return [
        name
        for venue in stage.sandbox.world.exchanges
        for name, order in truth.open(venue).items()
        if order.new.side is Side.BUY
    ]


def test_a_clean_start_cancels_what_rests_and_goes_on(left: Stage) -> None:
    assert purchases(left), "a restart takes over what rests"
    left.desk.clean_start()
    left.live(Nanos(left.loop.now() + 60 * SECOND))
    assert purchases(left) == []
    assert at_the_venues(left) == []
    assert not left.desk.over


def test_a_desk_that_only_tidies_up_ends_when_nothing_of_it_is_left(left: Stage) -> None:
    left.desk.tidy_up()
    assert purchases(left) == []
    assert at_the_venues(left) == []
    assert left.desk.parts.desk.exposure.reserved() == 0
    assert left.desk.over
