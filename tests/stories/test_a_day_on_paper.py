"""A whole desk on a seeded market: bytes in, bundles found, paper trades out, everything on record."""

from collections import Counter
from pathlib import Path

import pytest

from dutchbook.domain.events import FrameRef, JournalRef
from dutchbook.risk.halt import Halt, HaltSwitch
from dutchbook.storage.journal_reader import read, verify
from dutchbook.storage.recording_reader import Recording
from tests.stories.market_day import START, Day

FRAMES = 6_000


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    day = Day(tmp_path_factory.mktemp("day"))
    for number, _ in enumerate(day.frames(FRAMES)):
        if number % 50 == 0:
            day.parts.desk.ledger.check()
    day.close()
    return day


def test_planted_opportunities_become_paper_trades(day: Day) -> None:
    loop, stats = day.parts.loop, day.parts.strategy.stats
    assert len(day.market.planted) > 10
    assert stats.opportunities > 0
    assert loop.counters.orders > 0
    assert loop.counters.fills > 0
    assert day.parts.desk.ledger.positions
    day.parts.desk.ledger.check()


def test_every_book_verifies_and_none_is_crossed(day: Day) -> None:
    checked, books = day.parts.polymarket.counters, day.parts.desk.books.counters
    assert checked.snapshots_ok == checked.snapshots_checked > 0
    assert checked.changes_ok == checked.changes_checked > 0
    assert (books.crossed, books.mirror_breaks, books.negative) == (0, 0, 0)


def test_capital_stays_within_the_limits(day: Day) -> None:
    desk = day.parts.desk
    assert desk.ledger.cash >= 0
    assert desk.exposure.deployed() <= desk.drawdown.bankroll
    for market in desk.catalogue.markets():
        assert desk.exposure.market(market.id) <= desk.drawdown.bankroll // 10


def test_the_journal_is_proven_and_market_data_leaves_no_line_but_marks(day: Day) -> None:
    check = verify(day.journal.folder)
    assert check.ok
    kinds = Counter(line.kind for line in read(day.journal.folder))
    assert kinds["verdict"] == day.parts.loop.counters.intents
    assert kinds["order"] == day.parts.loop.counters.orders
    assert kinds["fill"] == day.parts.loop.counters.fills
    assert sum(kinds.values()) < FRAMES


def test_every_line_leads_back_to_a_frame_of_the_recording(day: Day) -> None:
    recording = Recording.open(day.recording)
    lines = {line.seq: line for line in read(day.journal.folder)}
    fills = [line for line in lines.values() if line.kind == "fill"]
    for fill in fills[:20]:
        kinds = []
        cause = fill.cause
        while isinstance(cause, JournalRef):
            kinds.append(lines[cause.seq].kind)
            cause = lines[cause.seq].cause
        assert kinds[0] == "order"
        assert "verdict" in kinds
        assert isinstance(cause, FrameRef)
        assert recording.frame_at(cause).received <= fill.at


def test_a_halt_lets_nothing_leave(tmp_path: Path) -> None:
    switch = HaltSwitch(None)
    day = Day(tmp_path, switch=switch)
    loop = day.parts.loop
    before = -1
    for _ in day.frames(FRAMES):
        if before < 0 and loop.counters.orders:
            switch.order(Halt("a test", "the test", START))
            before = loop.counters.orders
    day.close()
    assert day.parts.desk.halt_reason is not None
    assert loop.counters.orders == before
    assert loop.counters.refusals["halted"] > 0
