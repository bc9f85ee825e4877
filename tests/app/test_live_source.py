"""A live source as a running desk sees it: what its connections say, and how its frames are kept."""

from pathlib import Path

from dutchbook.app.live.feeds import Link, LiveFeeds
from dutchbook.app.live.source import Label, LiveSource
from dutchbook.app.running import RunningDesk
from dutchbook.config.load import shipped_settings
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import SequenceKind
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.storage.home import Home
from dutchbook.storage.recording_reader import Recording
from dutchbook.venues.feed import Discovered
from tests.app.test_live_feeds import ASKS, NOW, FakeFeed, market


async def listed() -> Discovered:
    return Discovered((ASKS,), (market("m1"),))


def live(told: list[str]) -> LiveSource:
    label = Label("a venue", "live:polymarket", "every fill is simulated", Venue.POLYMARKET)
    clock = VirtualClock(NOW)
    link = Link(Venue.POLYMARKET, FakeFeed(), listed)
    return LiveSource(label, lambda _: LiveFeeds([link], clock, Nanos(3_600 * SECOND)), clock, told.append)


def test_a_desk_shows_what_a_feed_says_and_keeps_that_its_numbers_prove_all(tmp_path: Path) -> None:
    told: list[str] = []
    with RunningDesk(shipped_settings(), tmp_path, live(told), VirtualClock(NOW)) as desk:
        assert desk.picture().said == ""
        desk.step()
        assert desk.picture().said == "polymarket feed 1: connected"
    assert told == ["polymarket feed 1: connected"]
    [log] = Home(tmp_path).logs.glob("venues-*.log")
    assert '"text":"polymarket feed 1: connected"' in log.read_text()
    kept = Recording.open(tmp_path / "runs" / desk.run / "recording").manifest
    assert (kept.sequence, kept.format) == (SequenceKind.FULL, "live")
