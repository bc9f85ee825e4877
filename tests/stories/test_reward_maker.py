"""The reward maker in a living market on virtual time: real matching, settlement, latency, and people who compete."""

from collections import Counter

import msgspec
import pytest

from dutchbook.app.backtest.stage import Make, Stage
from dutchbook.app.looking import MemoryRecord
from dutchbook.app.sandbox.serving import scenario_of
from dutchbook.config.load import shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Side
from dutchbook.domain.orders import Order
from dutchbook.domain.units import DOLLAR, SECOND, Nanos
from dutchbook.engine.records import VerdictRecord
from dutchbook.strategies.names import REWARD_MAKER

HOUR = 3_600 * SECOND


def lived(hours: float, seed: int, settings: Settings | None = None) -> tuple[Stage, MemoryRecord]:
    """A desk that quotes for rewards, after so long."""
    record = MemoryRecord()
    make = Make(spec=scenario_of("rewards"), seed=seed, lasts=Nanos(round(hours * HOUR)), strategies=(REWARD_MAKER,))
    stage = Stage(make, (settings or shipped_settings()).in_mode(Mode.BACKTEST), record)
    stage.live(Nanos(make.start + make.lasts))
    for score in stage.scores.values():
        score.close(stage.parts.desk.now)
    return stage, record


@pytest.fixture(scope="module")
def story() -> tuple[Stage, MemoryRecord]:
    return lived(2, seed=1)


def test_it_quotes_fills_hedges_and_earns(story: tuple[Stage, MemoryRecord]) -> None:
    stage, record = story
    [score] = [each for each in stage.scores.values() if each.worst.fills]
    assert stage.parts.maker is not None
    figures = stage.parts.maker.figures()
    assert min(figures.quotes, figures.fills, figures.hedges) > 0
    score.owed(stage.parts.desk.now)
    assert score.book.total().rewards > 0
    assert Counter(kind for kind, _, _ in record.lines)["withdraw"] > 0


def test_it_is_never_over_its_exposure_nor_trades_with_itself(story: tuple[Stage, MemoryRecord]) -> None:
    stage, _ = story
    for score in stage.scores.values():
        assert score.worst.exposure <= 25 * DOLLAR
        assert score.worst.self_trades == 0


def test_nothing_that_filled_is_without_cover_for_five_seconds(story: tuple[Stage, MemoryRecord]) -> None:
    stage, _ = story
    assert max(score.worst.unhedged for score in stage.scores.values()) <= 5 * SECOND


def test_every_purchase_that_rests_is_post_only_and_every_order_was_judged(story: tuple[Stage, MemoryRecord]) -> None:
    _, record = story
    judged = {body.intent.id: body for _, _, body in record.lines if isinstance(body, VerdictRecord)}
    for _, _, body in record.lines:
        if isinstance(body, Order):
            assert judged[body.intent].approved
            assert body.leg.side is Side.SELL or body.leg.post_only or body.leg.tif == "ioc"


def test_the_same_seed_does_the_same() -> None:
    first, again = (lived(0.25, seed=3)[1] for _ in range(2))
    assert msgspec.json.encode(first.lines) == msgspec.json.encode(again.lines)
