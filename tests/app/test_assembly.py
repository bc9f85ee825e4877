"""A desk has the strategies that were asked for, and no others."""

import pytest

from dutchbook.app.assembly import STRATEGIES, Parts, Terms, assemble
from dutchbook.app.looking import MemoryRecord
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.desk import Opening


def desk_with(*names: str) -> Parts:
    terms = Terms(opening=Opening(Money(1_000_000), Nanos(0)), strategies=names)
    return assemble(shipped_settings(), [], [], MemoryRecord(), terms)


def strategies_of(parts: Parts) -> list[str]:
    return [strategy.name for strategy in parts.loop._strategies]


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_that_is_named_runs_alone_and_once(name: str) -> None:
    assert strategies_of(desk_with(name)) == strategies_of(desk_with(name, name)) == [name]


def test_all_strategies_can_run_together_and_none_need() -> None:
    assert strategies_of(desk_with(*STRATEGIES)) == list(STRATEGIES)
    assert strategies_of(desk_with()) == []


def test_a_strategy_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match="no strategy is called 'magic' - there are: bundle"):
        desk_with("magic")
