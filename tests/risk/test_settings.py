"""The limits, as people write them."""

import pytest
from pydantic import ValidationError

from dutchbook.domain.units import DOLLAR, SECOND
from dutchbook.risk.settings import RiskSettings, percent


def test_the_default_profile() -> None:
    profile = RiskSettings()
    assert (profile.position_limit, profile.venue_limit, profile.deployed_limit) == (100_000, 500_000, 1_000_000)
    assert (profile.ratcheting_stop, profile.daily_loss) == (200_000, 100_000)
    assert profile.stale_price == 5 * SECOND
    assert profile.remarks() == ()


def test_shares_dollars_and_durations_are_read_as_written() -> None:
    profile = RiskSettings.model_validate(
        {"position_limit": 0.05, "venue_limit": "25%", "venue_limit_dollars": "$1,000", "stale_price": "750ms"}
    )
    assert (profile.position_limit, profile.venue_limit) == (50_000, 250_000)
    assert profile.venue_limit_dollars == 1_000 * DOLLAR
    assert profile.stale_price == 750_000_000


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("position_limit", "120%", "percentage up to 100%"),
        ("position_limit", 1.5, "share between 0 and 1"),
        ("deployed_limit", "101%", "percentage up to 100%"),
        ("venue_limit", 0, "more than 0"),
        ("ratcheting_stop", "0%", "more than 0"),
        ("daily_loss", -0.1, "plain decimal"),
        ("daily_loss_dollars", 0, "more than 0"),
        ("stale_price", 5, "duration with its unit"),
        ("stale_price", "0s", "more than 0"),
        ("slippage_floor", 2, "price between 0 and 1"),
        ("max_position", 1, "Extra inputs"),
    ],
)
def test_an_impossible_limit_says_what_is_wrong_with_it(key: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        RiskSettings.model_validate({key: value})
    assert caught.value.errors()[0]["loc"][0] == key


def test_limits_that_never_bind_are_named() -> None:
    profile = RiskSettings.model_validate({"daily_loss": "30%", "position_limit": "60%", "stale_price": "2h"})
    assert profile.remarks() == (
        "risk.position_limit (60%) is above risk.venue_limit (50%): the venue limit refuses first",
        "risk.daily_loss (30%) is above risk.ratcheting_stop (20%): the stop halts the desk before the day's pause can",
        "risk.stale_price (7200s) is above risk.unchanged_book (3600s): an unchanged book is refused first",
    )


def test_percentages_are_shown_exactly() -> None:
    assert [percent(ppm) for ppm in (100_000, 12_500, 1, 1_000_000)] == ["10%", "1.25%", "0.0001%", "100%"]
