"""The table of pairs: decisions that are only ever added."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from dutchbook.domain.errors import ConfigError, UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.pairs import Pair, PairedMarket, PairId, PairStatus
from dutchbook.domain.units import Nanos
from dutchbook.storage.home import Home
from dutchbook.storage.pair_table import PairTable

type Make = Callable[[PairId, Sequence[Pair]], Pair]


@pytest.fixture
def table(tmp_path: Path) -> PairTable:
    return PairTable(Home(tmp_path / "home").pairs)


def approving(ticker: str) -> Make:
    def make(free: PairId, _: Sequence[Pair]) -> Pair:
        first, second = PairedMarket(Venue.POLYMARKET, MarketId("0x1")), PairedMarket(Venue.KALSHI, MarketId(ticker))
        return Pair(id=free, first=first, second=second, reason="alike", who="ann", at=Nanos(1))

    return make


def removing(pair: Pair) -> Make:
    return lambda _free, _known: replace(pair, status=PairStatus.REMOVED)


def test_an_empty_home_has_no_pairs_and_nothing_is_made_by_reading(table: PairTable, tmp_path: Path) -> None:
    assert list(table.pairs()) == list(table.decisions()) == []
    assert list(tmp_path.iterdir()) == []


def test_decisions_stay_and_the_newest_about_a_pair_counts(table: PairTable) -> None:
    first, second = table.decide(approving("A-1")), table.decide(approving("B-1"))
    assert (first.id, second.id) == ("p1", "p2")
    gone = table.decide(removing(first))
    assert list(table.pairs()) == [second]
    assert list(table.decisions()) == [first, second, gone]
    # A name is never given twice: a journal that tells of p1 means the first one.
    assert table.decide(approving("C-1")).id == "p3"


def test_what_is_refused_leaves_the_table_as_it_is(table: PairTable, tmp_path: Path) -> None:
    table.decide(approving("A-1"))
    before = Home(tmp_path / "home").pairs.read_bytes()

    def refuse(_free: PairId, _known: Sequence[Pair]) -> Pair:
        raise UsageError("no")

    with pytest.raises(UsageError):
        table.decide(refuse)
    assert Home(tmp_path / "home").pairs.read_bytes() == before


def test_decisions_of_many_at_once_are_all_kept(table: PairTable) -> None:
    with ThreadPoolExecutor(8) as many:
        made = list(many.map(lambda number: table.decide(approving(f"A-{number}")), range(24)))
    assert {pair.id for pair in made} == {f"p{number}" for number in range(1, 25)}
    assert len(table.pairs()) == 24


@pytest.mark.parametrize("line", ["{}", "nonsense", '{"id":"p2"', '{"id":3}'])
def test_a_damaged_line_is_named_with_its_place(table: PairTable, tmp_path: Path, line: str) -> None:
    table.decide(approving("A-1"))
    path = Home(tmp_path / "home").pairs
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(ConfigError, match=r"pairs\.jsonl:2 is no decision about a pair"):
        table.pairs()
