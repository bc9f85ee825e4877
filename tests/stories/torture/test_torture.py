"""Desks under torture: whatever befalls them, no order is lost or doubled, no limit broken, and all ends known."""

import pytest

from dutchbook.app.torture.ordeal import Trial
from dutchbook.app.torture.torture import one
from dutchbook.domain.units import SECOND, Nanos

HOUR = Nanos(3_600 * SECOND)


def told(trial: Trial) -> str:
    """What went wrong, and how to see it again."""
    lines = [f"{each.at / SECOND:.3f} s {each.check}: {each.what}" for each in trial.violations]
    return "\n".join([*lines, f"dutchbook torture --seeds 1 --first-seed {trial.seed}"])


def survives(seed: int, lasts: Nanos = HOUR, *, quiet: bool = False) -> Trial:
    trial = one(seed, lasts, quiet=quiet)
    assert not trial.violations, told(trial)
    return trial


@pytest.mark.parametrize("seed", range(1, 11))
def test_a_desk_survives_an_hour_of_torture(seed: int) -> None:
    trial = survives(seed)
    assert trial.orders > 50
    assert sum(trial.faults.values()) > 0


def test_where_nothing_goes_wrong_nothing_is_taken_over_but_the_first_cash() -> None:
    trial = survives(77, Nanos(HOUR // 2), quiet=True)
    assert trial.orders > 50
    assert trial.taken_over == 2


FOUND_WITH = (31,)
"""Seeds that showed what was wrong once, beside those above: 1 and 7 (a twin bought cheaper than it was asked for), 6
(a second reading of the account that asked for nothing held), 9 (dollars for what nobody redeemed)."""


@pytest.mark.parametrize("seed", FOUND_WITH)
def test_what_was_found_once_is_not_found_again(seed: int) -> None:
    survives(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", [seed for seed in range(11, 62) if seed not in FOUND_WITH])
def test_a_desk_survives_an_hour_of_torture_with_many_more_seeds(seed: int) -> None:
    survives(seed)
