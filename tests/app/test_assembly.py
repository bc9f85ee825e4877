"""A desk has the strategies that were asked for, and no others."""

import pytest
from msgspec.structs import replace

from dutchbook.app.assembly import STRATEGIES, Parts, Terms, assemble
from dutchbook.app.looking import MemoryRecord
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.orders import EXIT
from dutchbook.domain.pairs import Pair, PairedMarket, PairId, PairStatus
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.desk import Opening

A_PAIR = Pair(
    id=PairId("p1"),
    first=PairedMarket(Venue.POLYMARKET, MarketId("0x1")),
    second=PairedMarket(Venue.KALSHI, MarketId("KX-1")),
    reason="the same rules",
    who="ann",
    at=Nanos(1),
)


def desk_with(*names: str, pairs: tuple[Pair, ...] = (A_PAIR,)) -> Parts:
    terms = Terms(opening=Opening(Money(1_000_000), Nanos(0)), strategies=names, pairs=pairs)
    return assemble(shipped_settings(), [], [], MemoryRecord(), terms)


def strategies_of(parts: Parts) -> list[str]:
    names = list(parts.loop.strategy_names)
    assert (EXIT in names) is (len(names) > 0), "whoever opens positions has somebody who watches them"
    return [name for name in names if name != EXIT]


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_that_is_named_runs_alone_and_once(name: str) -> None:
    found = strategies_of(desk_with(name))
    assert found == strategies_of(desk_with(name, name))
    # Whoever trades pairs reads the costs that another one keeps, which then watches nothing else.
    watching = [] if name == "bundle" else ["pair-watch"]
    assert found == [*watching, name]


@pytest.mark.parametrize("name", STRATEGIES[1:])
def test_without_an_approved_pair_nobody_looks_for_one(name: str) -> None:
    proposed = replace(A_PAIR, status=PairStatus.PROPOSED)
    assert strategies_of(desk_with(name, pairs=())) == strategies_of(desk_with(name, pairs=(proposed,))) == []
    assert strategies_of(desk_with("bundle", name, pairs=())) == ["bundle"]


def test_all_strategies_can_run_together_and_none_need() -> None:
    assert strategies_of(desk_with(*STRATEGIES)) == list(STRATEGIES)
    assert strategies_of(desk_with()) == []


def test_a_strategy_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="no strategy is called 'magic' - there are: bundle"):
        desk_with("magic")
