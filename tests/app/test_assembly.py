"""A desk has the strategies that were asked for, and no others."""

import pytest
from msgspec.structs import replace

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.looking import MemoryRecord
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.orders import EXIT
from dutchbook.domain.pairs import Pair, PairedMarket, PairId, PairStatus
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.desk import Opening
from dutchbook.strategies.names import ATOMIC_ARB, BY_DEFAULT, LEG_AND_HEDGE, REWARD_MAKER, STRATEGIES
from dutchbook.strategies.reward_maker.verifying import VERIFIER

A_PAIR = Pair(
    id=PairId("p1"),
    first=PairedMarket(Venue.POLYMARKET, MarketId("0x1")),
    second=PairedMarket(Venue.KALSHI, MarketId("KX-1")),
    reason="the same rules",
    who="ann",
    at=Nanos(1),
)

PAIRS = (ATOMIC_ARB, LEG_AND_HEDGE)


def desk_with(*names: str, pairs: tuple[Pair, ...] = (A_PAIR,)) -> Parts:
    terms = Terms(opening=Opening(Money(1_000_000), Nanos(0)), strategies=names, pairs=pairs)
    return assemble(shipped_settings(), [], [], MemoryRecord(), terms)


def strategies_of(parts: Parts) -> list[str]:
    names = list(parts.loop.strategy_names)
    assert (EXIT in names) is (len(names) > 0), "whoever opens positions has somebody who watches them"
    assert (VERIFIER in names) is (REWARD_MAKER in names), "whoever quotes for rewards has somebody who checks them"
    return [name for name in names if name not in (EXIT, VERIFIER)]


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_that_is_named_runs_alone_and_once(name: str) -> None:
    found = strategies_of(desk_with(name))
    assert found == strategies_of(desk_with(name, name))
    # Whoever trades pairs reads the costs that another one keeps, which then watches nothing else.
    watching = ["pair-watch"] if name in PAIRS else []
    assert found == [*watching, name]


@pytest.mark.parametrize("name", PAIRS)
def test_without_an_approved_pair_nobody_looks_for_one(name: str) -> None:
    proposed = replace(A_PAIR, status=PairStatus.PROPOSED)
    assert strategies_of(desk_with(name, pairs=())) == strategies_of(desk_with(name, pairs=(proposed,))) == []
    assert strategies_of(desk_with("bundle", name, pairs=())) == ["bundle"]


def test_all_strategies_can_run_together_and_none_need() -> None:
    assert strategies_of(desk_with(*BY_DEFAULT)) == list(BY_DEFAULT)
    assert strategies_of(desk_with(*STRATEGIES)) == list(STRATEGIES)
    assert strategies_of(desk_with()) == []


def test_a_strategy_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="no strategy is called 'wizard' - there are: bundle"):
        desk_with("wizard")
    with pytest.raises(UsageError, match="no strategy is called 'bundel', did you mean bundle"):
        desk_with("bundel")
