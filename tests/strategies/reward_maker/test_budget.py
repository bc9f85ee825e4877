"""One budget for all quotes: divided by what each market earns at the margin, and anew as competition changes."""

from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import CONTRACT, DOLLAR
from dutchbook.strategies.reward_maker.maker import RewardMaker
from dutchbook.strategies.reward_maker.selection import BestMarkets
from tests.strategies.reward_maker.books import terms
from tests.strategies.reward_maker.rig import Rig

BIDS = [(0.46, 400), (0.45, 400), (0.44, 300), (0.43, 300), (0.42, 300)]
ASKS = [(0.48, 400), (0.49, 400), (0.50, 300), (0.51, 300), (0.52, 300)]
CROWDED = [(price, 20 * size) for price, size in BIDS], [(price, 20 * size) for price, size in ASKS]


def dividing(budget: str | None, **daily: int) -> Rig:
    """A maker that chooses for itself, in these markets with these rewards."""
    rig = Rig(*daily, budget=budget, max_exposure_per_market="500", min_protection_size_multiplier_hedge="0")
    offers = [RewardOffer(terms=terms(market=name, daily=paid)) for name, paid in daily.items()]
    best = BestMarkets(rig.settings, rig.market)
    rig.maker = RewardMaker(rig, rig.settings, best, offers, shown=False)
    for name in daily:
        rig.quote(BIDS, ASKS, name)
    rig.pass_time(6)  # the next look at the start, with all books known
    return rig


def sizes(rig: Rig) -> dict[str, int]:
    """Contracts bid for, by outcome."""
    return {order.leg.outcome: order.leg.size // CONTRACT for order in rig.resting}


def bound(rig: Rig) -> float:
    return sum(rig.reserved(name) for name in rig.markets) / DOLLAR


def test_without_a_budget_every_quote_has_the_least_size_that_earns() -> None:
    rig = dividing(None, a=50, b=200)
    assert set(sizes(rig).values()) == {20}
    assert len(sizes(rig)) == 4


def test_more_of_a_budget_goes_where_more_is_paid_and_none_is_exceeded() -> None:
    rig = dividing("150", a=190, b=200)
    assert sizes(rig)["b+"] == sizes(rig)["b-"] > sizes(rig)["a+"] >= 20
    assert 140 < bound(rig) <= 150


def test_a_market_for_which_too_little_is_left_is_not_quoted() -> None:
    rig = dividing("25", a=50, b=200)
    assert set(sizes(rig)) == {"b+", "b-"}
    assert bound(rig) <= 25


def test_it_is_divided_anew_when_competition_moves() -> None:
    rig = dividing("150", a=190, b=200)
    before = sizes(rig)
    rig.quote(*CROWDED, "b")
    rig.pass_time(1_201)
    after = sizes(rig)
    assert after.get("b+", 0) < before["b+"]
    assert after["a+"] == before["a+"], "what is too small grows with its next quote"
    assert bound(rig) <= 150
    rig.quote([(price - 0.01, size) for price, size in BIDS], [(price - 0.01, size) for price, size in ASKS], "a")
    assert sizes(rig)["a+"] > before["a+"]
