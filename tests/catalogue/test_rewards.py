"""The choice among markets with rewards: filters with their thresholds, the ratio, the official score, the best N."""

from collections.abc import Sequence
from math import inf
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.catalogue.reward_filters import Unfit
from dutchbook.catalogue.reward_income import reward_ratio
from dutchbook.catalogue.reward_settings import RewardFilters
from dutchbook.catalogue.rewards import Candidate, Choice, Plan, Planned, Planner, Selector, divided
from dutchbook.domain.book import Book, BookView, Level, MirroredBook
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.pricing.rewards import Resting
from dutchbook.domain.rewards import RewardOffer, RewardTerms, SideScoring
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from tests.catalogue.makers import DAY, NOW, market

BIDS = ((4_900, 300), (4_800, 500), (4_700, 900))
ASKS = ((5_100, 300), (5_200, 500), (5_300, 900))


def book(asked: Market, bids: Sequence[tuple[int, int]] = BIDS, asks: Sequence[tuple[int, int]] = ASKS) -> Book:
    made = Book(asked.yes)
    made.replace(
        [Level(Price(price), Size(size * CONTRACT)) for price, size in bids],
        [Level(Price(price), Size(size * CONTRACT)) for price, size in asks],
        NOW,
    )
    return made


def candidate(name: str = "A", *, volume: int | None = 5_000, yes: Book | None = None, **facts: Any) -> Candidate:
    """A market that passes every filter, unless told."""
    terms = {"daily": 50, "min_size": 20, "max_spread": 350} | {
        key: facts.pop(key) for key in ("daily", "min_size", "max_spread", "since", "until") if key in facts
    }
    asked = market(name, **facts)
    said = RewardTerms(
        market=asked.id,
        daily=Money(terms["daily"] * DOLLAR),
        max_spread=Price(terms["max_spread"]),
        min_size=Size(terms["min_size"] * CONTRACT),
        since=terms.get("since"),
        until=terms.get("until"),
    )
    seen = book(asked) if yes is None else yes
    traded = None if volume is None else Money(volume * DOLLAR)
    return Candidate(
        market=asked,
        offer=RewardOffer(terms=said, volume_24h=traded),
        yes=seen,
        no=MirroredBook(asked.no, seen),
    )


def second_best(given: Candidate, yes: BookView, no: BookView) -> Plan:
    """Buys both outcomes at their second-best bids."""
    pairs = ((given.market.yes, yes), (given.market.no, no))
    size = Size(given.offer.terms.min_size)
    return Plan(quotes=tuple(Planned(outcome, list(seen.bids())[1].price, size) for outcome, seen in pairs))


def selector(planner: Planner = second_best, multiplier: int = 1_000_000, **written: Any) -> Selector:
    filters = RewardFilters.model_validate(written)
    return Selector(filters, size_multiplier=multiplier, most=Money(25 * DOLLAR), planner=planner)


def choose(*candidates: Candidate, count: int = 10, now: Nanos = NOW, **written: Any) -> Choice:
    return selector(**written).choose(candidates, now, count)


def refusals(given: Candidate, now: Nanos = NOW, **written: Any) -> list[str]:
    return [unfit.line() for unfit in selector(**written).assess(given, now).unfit]


def test_a_market_that_passes_everything_is_chosen_with_its_figures() -> None:
    [one] = choose(candidate()).chosen
    # 20 x 1.0 x 2 x 2 by 300 + 500 + 300 + 500, times 50 dollars a day.
    assert one.ratio == pytest.approx(80 / 1_600 * 50)
    assert one.income is not None
    # Both quotes stand 2 cents from the middle in a band of 3.5: ((3.5 - 2) / 3.5)^2 x 20.
    assert one.income.score == pytest.approx((1.5 / 3.5) ** 2 * 20)
    others = (2.5 / 3.5) ** 2 * 300 + (1.5 / 3.5) ** 2 * 500 + (0.5 / 3.5) ** 2 * 900
    assert one.income.others == pytest.approx(others)
    assert one.income.reward == pytest.approx(50 * one.income.score / (one.income.score + others))
    assert 0 < one.income.net <= one.income.reward


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"title": "Will TRUMP win?"}, "question_blacklist: Will TRUMP win? (Trump)"),
        ({"min_size": 21}, "rewards_min_size_range: 21.00 (up to 20.00)"),
        ({"daily": 4}, "rate_per_day_range: 4.00 (from 5.00)"),
        ({"settles": Nanos(NOW + 6 * DAY)}, "min_days_until_end: 6.0 days (at least 7 days)"),
        ({"settles": None}, "min_days_until_end: no end told (at least 7 days)"),
        ({"settles": Nanos(NOW - DAY)}, "min_days_until_end: 0.0 days (at least 7 days)"),
        ({"status": MarketStatus.PAUSED}, "status: paused (open)"),
        ({"placeholder": True}, "status: a placeholder (open)"),
        ({"since": Nanos(NOW + 1)}, "programme: not begun (running)"),
        ({"until": NOW}, "programme: over (running)"),
    ],
)
def test_a_filter_refuses_with_its_name_its_threshold_and_what_it_found(facts: dict[str, Any], line: str) -> None:
    assert refusals(candidate(**facts)) == [line]


@pytest.mark.parametrize(
    ("written", "facts", "line"),
    [
        ({"volume_24hr_range": {"min": 10_000}}, {}, "volume_24hr_range: 5000.00 (from 10000.00)"),
        ({"volume_24hr_range": {"max": 100}}, {}, "volume_24hr_range: 5000.00 (up to 100.00)"),
        ({"volume_24hr_range": {"min": 1}}, {"volume": None}, "volume_24hr_range: not told (from 1.00)"),
        ({"spread_range": {"max": 0.01}}, {}, "spread_range: 0.02 (up to 0.01)"),
        ({"spread_range": {"min": 0.03, "max": 0.05}}, {}, "spread_range: 0.02 (from 0.03 up to 0.05)"),
        ({"min_reward_ratio": 3}, {}, "min_reward_ratio: 2.5 (at least 3)"),
        ({"question_blacklist": "elections, be a"}, {}, "question_blacklist: Will it be A? (be a)"),
    ],
)
def test_a_users_thresholds_are_heeded(written: dict[str, Any], facts: dict[str, Any], line: str) -> None:
    assert refusals(candidate(**facts), **written) == [line]


def test_the_ends_of_a_range_belong_to_it_and_null_is_no_end() -> None:
    at_the_ends = candidate(min_size=20, daily=5, settles=Nanos(NOW + 7 * DAY))
    assert refusals(at_the_ends, rank_by="reward_ratio") == []
    assert refusals(candidate(min_size=5_000), rewards_min_size_range={"max": None}, rank_by="reward_ratio") == []
    assert refusals(candidate(settles=None), min_days_until_end=0) == []


def test_everything_that_stands_in_the_way_is_named() -> None:
    found = refusals(candidate(title="Trump?", daily=1, min_size=100), spread_range={"max": 0.01})
    rules = ["question_blacklist", "rewards_min_size_range", "rate_per_day_range", "spread_range"]
    assert [line.split(":")[0] for line in found] == rules


def test_a_market_whose_book_is_not_known_or_has_one_side_is_refused() -> None:
    asked = market("A")
    lost = book(asked)
    lost.lose("a message is missing")
    for bad in (lost, book(asked, asks=()), book(asked, bids=())):
        assert [one.rule for one in selector().assess(candidate(yes=bad), NOW).unfit] == ["book"]


def test_where_both_outcomes_are_needed_one_is_not_enough() -> None:
    def one_of_two(given: Candidate, yes: BookView, no: BookView) -> Plan:
        unsafe = {given.market.no: (Unfit("price_cliff", "0.05", "0.20"),)}
        return Plan(quotes=second_best(given, yes, no).quotes[:1], unsafe=unsafe, both=given.market.id == "low")

    maker = selector(one_of_two)
    assert maker.assess(candidate("high"), NOW).unfit == ()
    [refused] = maker.assess(candidate("low"), NOW).unfit
    assert refused.line() == "safety: 1 of 2 (both outcomes: a middle is at most 0.10)"


def test_a_market_without_a_safe_quote_is_refused() -> None:
    [refused] = selector(lambda *_: Plan(quotes=())).assess(candidate(), NOW).unfit
    assert refused.rule == "safety"


def test_quotes_outside_the_band_bring_nothing_and_are_refused() -> None:
    assert refusals(candidate(max_spread=100)) == ["net_income: the quotes do not score (more than nothing)"]
    assert refusals(candidate(max_spread=100), rank_by="reward_ratio") == []


def test_the_best_n_come_first_and_the_rest_is_spare() -> None:
    several = [candidate(name, daily=daily) for name, daily in (("A", 30), ("B", 90), ("C", 60))]
    choice = choose(*several, candidate("D", daily=1), count=2)
    assert [one.market for one in choice.chosen] == ["B", "C"]
    assert [one.market for one in choice.spare] == ["A"]
    assert [one.market for one in choice.refused] == ["D"]


def test_competition_that_is_known_to_be_less_raises_the_expected_reward() -> None:
    plain = selector().assess(candidate(), NOW).income
    known = selector().assess(msgspec.structs.replace(candidate(), competition=0.4), NOW).income
    assert plain is not None
    assert known is not None
    assert known.others == pytest.approx(0.4 * plain.others)
    assert known.reward > plain.reward


def test_the_two_ways_to_rank_may_disagree() -> None:
    # At the same four best levels the ratio sees one competitor; the official score sees the one near the middle too.
    asked = market("crowded")
    crowded = book(asked, ((4_990, 400), (4_800, 400)), ((5_010, 400), (5_200, 400)))
    asked = market("empty")
    empty = book(asked, ((4_900, 500), (4_800, 500)), ((5_100, 500), (5_200, 500)))
    both = (candidate("crowded", yes=crowded), candidate("empty", yes=empty))
    assert [one.market for one in choose(*both, rank_by="reward_ratio").chosen] == ["crowded", "empty"]
    assert [one.market for one in choose(*both, rank_by="net_income").chosen] == ["empty", "crowded"]


def test_without_competition_the_ratio_is_infinite() -> None:
    assert reward_ratio(DOLLAR, CONTRACT, 1_000_000, book(market("A"), (), ())) == inf


def kalshi_candidate(target: int, daily: int = 50, resting: tuple[Resting, ...] = ()) -> Candidate:
    asked = market("KX", venue=Venue.KALSHI)
    terms = RewardTerms(
        market=asked.id,
        daily=Money(daily * DOLLAR),
        max_spread=Price(10_000),
        min_size=Size(0),
        sides=SideScoring(target_size=Size(target * CONTRACT), discount_ppm=500_000),
    )
    seen = book(asked)
    no = MirroredBook(asked.no, seen)
    return Candidate(market=asked, offer=RewardOffer(terms=terms), yes=seen, no=no, resting=resting)


def bids_of_50(given: Candidate, yes: BookView, no: BookView) -> Plan:
    pairs = ((given.market.yes, yes), (given.market.no, no))
    size = Size(50 * CONTRACT)
    return Plan(quotes=tuple(Planned(outcome, list(seen.bids())[1].price, size) for outcome, seen in pairs))


def test_kalshis_own_rule_gives_the_expected_reward_there() -> None:
    [one] = selector(bids_of_50).choose([kalshi_candidate(400)], NOW, 1).chosen
    # Each side: 300 at the best bid, 550 a cent behind it at half the score; ours are 50 of those.
    share = 25 / (300 + 275)
    assert one.income is not None
    assert one.income.share == pytest.approx(share)
    assert one.income.reward == pytest.approx(50 * share)


def test_kalshi_quotes_behind_the_target_or_without_one_bring_nothing() -> None:
    for target in (300, 5_000):
        assert [u.rule for u in selector(bids_of_50).assess(kalshi_candidate(target), NOW).unfit] == ["net_income"]


def test_our_own_resting_quotes_are_not_competition_there() -> None:
    own = (Resting(True, Price(4_800), Size(500 * CONTRACT)), Resting(False, Price(5_200), Size(500 * CONTRACT)))
    alone = selector(bids_of_50).assess(kalshi_candidate(310, resting=own), NOW).income
    assert alone is not None
    assert alone.share == pytest.approx(25 / 325)


def test_a_budget_is_divided_by_what_each_market_earns_at_the_margin() -> None:
    assessed = choose(candidate("A", daily=400), candidate("B", daily=100)).chosen
    sizes = divided(assessed, Money(45 * DOLLAR))
    of_a, of_b = (sizes[one.market] for one in assessed)
    assert of_a > of_b >= 20 * CONTRACT
    spent = sum(sizes.values()) / CONTRACT * 0.96  # bids of 0.48 on both sides
    assert spent <= 45.000001


def test_a_market_whose_part_would_not_score_is_left_out_of_the_division() -> None:
    assessed = choose(candidate("A", daily=400), candidate("B", daily=100)).chosen
    sizes = divided(assessed, Money(25 * DOLLAR))
    assert set(sizes) == {"A"}
    assert divided(assessed, Money(5 * DOLLAR)) == {}


@given(st.integers(1, 10**6), st.integers(1, 2_000), st.integers(1, 5_000_000))
def test_the_ratio_grows_with_the_reward_and_with_our_size(daily: int, least: int, multiplier: int) -> None:
    seen = book(market("A"))
    ratio = reward_ratio(Money(daily * DOLLAR), Size(least * CONTRACT), multiplier, seen)
    assert ratio == pytest.approx(4 * least * (multiplier / 1_000_000) / 1_600 * daily)


@given(st.lists(st.integers(5, 10_000), min_size=1, max_size=6, unique=True), st.integers(1, 500))
def test_a_division_never_spends_more_than_its_budget(dailies: list[int], budget: int) -> None:
    assessed = choose(*(candidate(f"M{daily}", daily=daily) for daily in dailies)).chosen
    sizes = divided(assessed, Money(budget * DOLLAR))
    assert sum(size / CONTRACT * 0.96 for size in sizes.values()) <= budget * (1 + 1e-6)
    assert all(20 * CONTRACT <= size <= 26.05 * CONTRACT for size in sizes.values())
