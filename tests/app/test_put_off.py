"""What a strategy puts off is done once what it wanted has left, and what it then wants is done too."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dutchbook.app.desk_log import DeskLog
from dutchbook.app.timing import TimedStrategy
from dutchbook.domain.events import Event, TimerFired
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.domain.wishes import Wake, Wish
from dutchbook.storage.log_settings import LogSettings
from dutchbook.storage.logs import LogFiles
from dutchbook.strategies.ports import DeskView, Strategy
from dutchbook.venues.trading import Prepared
from tests.app.near_miss_stage import Stage, Venuelike

LATER = "bundle:later"


class PutsOff:
    """A strategy that has something to do behind all that it wants, and asks to be woken for more of it."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self.happened: list[str] = []
        self.wanted = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._strategy, name)

    def books_changed(self, outcomes: Sequence[str], desk: DeskView) -> Sequence[Wish]:
        wishes = self._strategy.books_changed(outcomes, desk)  # type: ignore[arg-type]
        self.wanted = self.wanted or bool(wishes)
        return wishes

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
        if isinstance(event, TimerFired) and event.name == LATER:
            self.happened.append("woken")
        return self._strategy.on_event(event, desk)

    def tidy(self, desk: DeskView) -> Sequence[Wish]:
        if not self.wanted:
            return ()
        self.wanted = False
        self.happened.append("tidied")
        return (Wake(LATER, Nanos(desk.now + SECOND)),)


@pytest.mark.parametrize("timed", [False, True])
def test_it_is_done_behind_the_orders_and_its_wishes_are_carried_out(tmp_path: Path, timed: bool) -> None:
    made: list[PutsOff] = []
    log = DeskLog(LogFiles(tmp_path / "logs", LogSettings(), {}))

    def measured(strategy: Strategy) -> Strategy:
        made.append(PutsOff(strategy))
        return TimedStrategy(made[-1], log) if timed else made[-1]

    stage = Stage(tmp_path, measured=measured)
    [putting_off] = [one for one in made if one.name == stage.parts.strategy.name]

    def placed(broker: Venuelike, prepared: Sequence[Prepared], now: Nanos) -> None:
        putting_off.happened.append("left")

    with patch.object(Venuelike, "place", placed):
        stage.fall(0, 3_100)
    assert putting_off.happened == ["left", "tidied"]
    stage.pass_seconds(2)
    assert putting_off.happened == ["left", "tidied", "woken"]


def test_a_strategy_that_puts_nothing_off_is_asked_for_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    timed = TimedStrategy(stage.parts.strategy, DeskLog(LogFiles(tmp_path / "logs", LogSettings(), {})))
    assert timed.tidy(stage.parts.desk) == ()
