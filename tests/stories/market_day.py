"""A short day on the random walk, in virtual time: what whole-desk stories are told about."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.kept_frames import KeptFrames
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.desk import Opening
from dutchbook.exchange.walk.random_walk import RandomWalkMarket
from dutchbook.risk.halt import HaltSwitch
from dutchbook.storage.journal import Journal
from dutchbook.storage.recording import RecordingWriter

START = Nanos(1_790_000_000 * SECOND)


class Day:
    """A desk on a seeded market, with its journal and its recording in `folder`."""

    def __init__(
        self, folder: Path, seed: int = 7, switch: HaltSwitch | None = None, settings: Settings | None = None
    ) -> None:
        self.market = RandomWalkMarket(seed, START, 50)
        self.journal = Journal.create(folder / "journal")
        self.recording = folder / "recording"
        self._writer = RecordingWriter(self.recording, capture_format="random-walk", venue=Venue.POLYMARKET)
        self._writer.catalogue(self.market.questions, self.market.markets)
        self._keep = KeptFrames(self._writer)
        chosen = settings or shipped_settings()
        terms = Terms(opening=Opening(chosen.portfolio.bankroll, START), switch=switch)
        self.parts: Parts = assemble(chosen, self.market.questions, self.market.markets, self.journal, terms)

    def frames(self, count: int) -> Iterator[Frame]:
        """Pass so many frames through the desk, giving each back afterwards."""
        for frame in itertools.islice(self.market.frames(), count):
            self.parts.loop.frame(frame, self._keep(frame))
            yield frame

    def close(self) -> None:
        """Seal the journal and the recording."""
        self.journal.close()
        self._writer.close()
