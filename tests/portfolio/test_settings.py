"""The settings of the portfolio, as people write them."""

import pytest
from pydantic import ValidationError

from dutchbook.domain.units import DOLLAR
from dutchbook.portfolio.settings import PortfolioSettings


def test_the_bankroll_is_ten_thousand_dollars_unless_said_otherwise() -> None:
    assert PortfolioSettings().bankroll == 10_000 * DOLLAR
    assert PortfolioSettings.model_validate({"bankroll": "$500"}).bankroll == 500 * DOLLAR


@pytest.mark.parametrize("value", [0, "-5", "much"])
def test_a_bankroll_of_nothing_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        PortfolioSettings.model_validate({"bankroll": value})
