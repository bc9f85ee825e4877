"""Desks that die, hang or go blind, as somebody outside sees it."""

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.alerts.watching import DeskWatch, Look
from dutchbook.storage.alert_words import Occasion, Tier
from tests.interfaces.alerts.rig import alert_settings


class Watch:
    """A watch that looks once a second."""

    def __init__(self, mode: str = "live") -> None:
        self.watch = DeskWatch(alert_settings())
        self.second = 0
        self.mode = mode

    def see(self, seconds: int, **chosen: object) -> list[tuple[int, Occasion, Tier]]:
        found = []
        for _ in range(seconds):
            self.second += 1
            facts: dict[str, object] = {"process": 7, "answered": True, "ended": False, "mode": self.mode, "run": "r1"}
            look = Look(at=Nanos(self.second * SECOND), **{**facts, **chosen})  # type: ignore[arg-type]
            found += [(self.second, each.occasion, each.tier) for each in self.watch.after(look)]
        return found


def test_a_desk_that_dies_is_told_once_within_seconds() -> None:
    watch = Watch()
    assert watch.see(10) == []
    assert watch.see(60, process=None) == [(14, Occasion.DESK_DIED, Tier.EMERGENCY)]
    assert watch.watch.idle


def test_a_desk_that_died_before_the_first_look_is_told_by_what_it_started() -> None:
    watch = Watch()
    watch.see(1, process=None)
    watch.watch.orphaned(Look(at=Nanos(SECOND), process=0, answered=True, ended=False, mode="live", run="r1"))
    assert not watch.watch.idle
    assert watch.see(60, process=None) == [(5, Occasion.DESK_DIED, Tier.EMERGENCY)]


def test_a_death_that_was_told_is_not_told_again_to_what_the_desk_started() -> None:
    watch = Watch()
    watch.see(10)
    assert len(watch.see(10, process=None)) == 1
    watch.watch.orphaned(Look(at=Nanos(20 * SECOND), process=0, answered=True, ended=False, mode="live", run="r1"))
    assert watch.see(60, process=None) == []


def test_a_desk_that_ends_in_good_order_is_no_death() -> None:
    watch = Watch()
    watch.see(10)
    assert watch.see(2, process=None) == []  # its last line was not read yet
    assert watch.see(60, process=None, ended=True) == []


def test_no_desk_at_all_is_no_trouble() -> None:
    assert Watch().see(100, process=None, ended=True) == []


def test_a_desk_that_hangs_is_told_once_and_again_after_it_answered() -> None:
    watch = Watch()
    watch.see(5)
    assert watch.see(60, answered=False) == [(26, Occasion.DESK_SILENT, Tier.EMERGENCY)]
    watch.see(5)
    assert len(watch.see(60, answered=False)) == 1


def test_on_paper_a_death_is_critical_and_nobody_is_woken_again_and_again() -> None:
    watch = Watch("paper")
    watch.see(5)
    assert [tier for _, _, tier in watch.see(10, process=None)] == [Tier.CRITICAL]


def test_old_data_is_told_once_until_it_is_fresh_again() -> None:
    watch = Watch()
    assert watch.see(5, data_age=Nanos(59 * SECOND)) == []
    assert watch.see(5, data_age=Nanos(61 * SECOND)) == [(6, Occasion.STALE_DATA, Tier.CRITICAL)]
    assert watch.see(5, data_age=Nanos(1)) == []
    assert len(watch.see(5, data_age=Nanos(61 * SECOND))) == 1
