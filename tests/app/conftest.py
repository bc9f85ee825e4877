from pathlib import Path

import pytest

from tests.stories.market_day import Day


@pytest.fixture(scope="module")
def day_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording of a day on the random walk, long enough for a mark in the journal."""
    day = Day(tmp_path_factory.mktemp("recorded"))
    for _ in day.frames(10_050):
        pass
    day.close()
    return day.recording
