"""What stands in the way of a quote: each check by its name, with its threshold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Price, Size
from dutchbook.strategies.reward_maker.quoting import Place, Target
from dutchbook.strategies.reward_maker.safety import (
    dangers,
    exposure,
    hedge_depth,
    price_cliff,
    protection_size,
    queue_position,
    volatility,
)
from dutchbook.strategies.reward_maker.settings import RewardMakerSettings
from tests.strategies.reward_maker.books import cents, levels, seen

PLAIN = RewardMakerSettings.model_validate({})
DEEP = [(0.46, 100), (0.45, 100), (0.44, 60), (0.43, 60)]


def target(price: float, size: int = 20, place: Place = Place.SECOND) -> Target:
    return Target(Price(round(price * 10_000)), Size(size * CONTRACT), place)


def test_nothing_stands_in_the_way_of_a_quote_in_a_deep_calm_book() -> None:
    assert list(dangers(target(0.45), seen(DEEP, [(0.48, 100)]), 0.01, PLAIN)) == []


def test_what_moves_more_than_the_threshold_is_not_quoted() -> None:
    danger = volatility(0.0301, PLAIN)
    assert danger is not None
    assert danger == ("volatility", "volatility_threshold 3%", "3.01%")
    assert volatility(0.03, PLAIN) is None
    assert volatility(None, PLAIN) is None
    assert volatility(0.5, RewardMakerSettings.model_validate({"volatility_check": False})) is None


def test_a_quote_at_the_boundary_must_be_the_second_best_bid() -> None:
    bids = levels([(0.46, 10), (0.45, 10), (0.40, 10)])
    boundary = Place.BOUNDARY
    assert queue_position(target(0.455, place=boundary), bids) is None
    first = queue_position(target(0.46, place=boundary), bids)
    third = queue_position(target(0.44, place=boundary), bids)
    assert first is not None
    assert "best bid" in first.found
    assert third is not None
    assert third.found == "2 bids are better"
    assert queue_position(target(0.44), bids) is None, "the second-best bid itself is no question"


def test_two_bids_must_stand_behind_and_near() -> None:
    assert price_cliff(cents(45), levels([(0.45, 1), (0.44, 1), (0.39, 1)]), cents(5)) is None
    lonely = price_cliff(cents(45), levels([(0.45, 1), (0.44, 1)]), cents(5))
    far = price_cliff(cents(45), levels([(0.45, 1), (0.39, 1), (0.38, 1)]), cents(5))
    farther = price_cliff(cents(45), levels([(0.45, 1), (0.44, 1), (0.38, 1)]), cents(5))
    assert lonely is not None
    assert lonely.found == "1 bids behind 0.45"
    assert far is not None
    assert far.found == "from 0.45 to 0.39"
    assert farther is not None
    assert farther.found == "from 0.44 to 0.38"


def test_the_two_best_bids_must_hold_as_much_as_the_quote() -> None:
    bids = levels([(0.46, 12), (0.45, 7), (0.44, 500)])
    found = protection_size(Size(20 * CONTRACT), bids, 1_000_000)
    assert found == ("protection_size", "min_protection_size_multiplier 1", "19.00 before 20.00")
    assert protection_size(Size(19 * CONTRACT), bids, 1_000_000) is None


def test_the_bids_behind_must_take_five_times_the_quote_within_the_gap() -> None:
    enough = levels([(0.46, 1), (0.45, 1), (0.44, 60), (0.40, 40), (0.39, 500)])
    short = levels([(0.46, 1), (0.45, 1), (0.44, 60), (0.40, 39), (0.39, 500)])
    assert hedge_depth(target(0.45), enough, PLAIN) is None
    found = hedge_depth(target(0.45), short, PLAIN)
    assert found is not None
    assert found.found == "99.00 for 20.00"


def test_a_market_binds_no_more_than_its_limit() -> None:
    limit = 25 * DOLLAR
    assert exposure(Money(10 * DOLLAR), Money(limit - 10 * DOLLAR), PLAIN) is None
    over = exposure(Money(10 * DOLLAR), Money(limit - 10 * DOLLAR + 1), PLAIN)
    assert over is not None
    assert over.limit == "max_exposure_per_market $25.00"


@pytest.mark.parametrize("name", ["min_protection_size_multiplier", "min_protection_size_multiplier_hedge"])
@given(st.integers(0, 10_000_000))
def test_a_larger_multiplier_never_lets_more_pass(name: str, multiplier: int) -> None:
    book, wanted = seen(DEEP, [(0.48, 100)]), target(0.45)
    loose = RewardMakerSettings.model_validate({name: "0"}).model_copy(update={name: multiplier})
    tight = loose.model_copy(update={name: multiplier + 1_000_000})
    assert {danger.rule for danger in dangers(wanted, book, None, loose)} <= {
        danger.rule for danger in dangers(wanted, book, None, tight)
    }
