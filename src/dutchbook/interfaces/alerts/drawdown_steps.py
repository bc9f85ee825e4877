"""When a fall of equity is told: once at each step on the way to the ratcheting stop, and again after a recovery."""

from collections.abc import Iterator

import msgspec

from dutchbook.config.alert_settings import AlertSettings
from dutchbook.interfaces.words import money
from dutchbook.risk.drawdown import DrawdownState, floor_below
from dutchbook.storage.alert_words import Occasion, Tier

_MILLION = 1_000_000


class Step(msgspec.Struct, frozen=True):
    """A step that was reached."""

    occasion: Occasion
    tier: Tier
    title: str
    text: str


class DrawdownSteps:
    """Remembers which step was told last. A step is told again once equity was back at half of the first one."""

    def __init__(self, settings: AlertSettings, stop_ppm: int) -> None:
        self._stop = stop_ppm
        self._levels = (
            (settings.drawdown_critical, Tier.CRITICAL),
            (settings.drawdown_warning, Tier.IMPORTANT),
        )
        self._calm = settings.drawdown_warning // 2
        self._told = 0
        self._paused_day: int | None = None

    def after(self, state: DrawdownState) -> Iterator[Step]:
        """What a new state gives to tell. Nothing of the stop itself: the halt that it orders says so."""
        if state.paused_day is not None and state.paused_day != self._paused_day:
            lost = money(type(state.last_equity)(state.day_start - state.last_equity))
            text = f"{lost} were lost since midnight UTC: nothing is opened until the next day"
            yield Step(Occasion.DAILY_LOSS, Tier.CRITICAL, "The loss of the day reached its limit", text)
        self._paused_day = state.paused_day
        used = self._used(state)
        if used < self._calm:
            self._told = 0
        for level, tier in self._levels:
            if used >= level:
                if level > self._told:
                    self._told = level
                    yield self._warning(state, used, tier)
                return

    def _used(self, state: DrawdownState) -> int:
        """How much of the way from the mark to the stop is gone, in millionths."""
        way = state.high_water - floor_below(state.high_water, self._stop)
        return max(0, state.high_water - state.last_equity) * _MILLION // way if way > 0 else 0

    def _warning(self, state: DrawdownState, used: int, tier: Tier) -> Step:
        floor = floor_below(state.high_water, self._stop)
        text = (
            f"equity {money(state.last_equity)}, high-water mark {money(state.high_water)}; "
            f"the desk halts at {money(floor)}"
        )
        return Step(Occasion.DRAWDOWN, tier, f"Drawdown: {used // 10_000}% of the way to the stop", text)
