"""Ladders are read from structured strikes, and refused where anything speaks against one subject."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dutchbook.catalogue.claims import claim_of
from dutchbook.catalogue.relations import Relations, relate
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market, MarketStatus, Strike, StrikeKind
from dutchbook.domain.units import ONE
from tests.catalogue.makers import DAY, NOW, SETTLES, above, catalogue_of, question, rung

UNIT = 1_000_000


def related(markets: Sequence[Market], *, exclusive: bool = False) -> Relations:
    asked = question(markets, exclusive=exclusive)
    return relate(asked, catalogue_of(asked, markets))


def ladders(markets: Sequence[Market]) -> list[Bundle]:
    return [b for b in related(markets).bundles if b.kind is BundleKind.LADDER]


def pairs(markets: Sequence[Market]) -> list[tuple[str, str]]:
    """(wider bought YES, narrower bought NO) by market."""
    return [(b.legs[0].market, b.legs[1].market) for b in ladders(markets)]


def why_none(markets: Sequence[Market], *, exclusive: bool = False) -> str:
    relations = related(markets, exclusive=exclusive)
    assert not [b for b in relations.bundles if b.kind is BundleKind.LADDER]
    [reason] = [u.reason for u in relations.unusable if u.kind is BundleKind.LADDER]
    return reason


def test_above_70_implies_above_65() -> None:
    low, high = above(65), above(70)
    [bundle] = ladders([high, low])
    assert [leg.outcome for leg in bundle.legs] == [low.yes, high.no]
    assert bundle.payoff == ONE
    assert bundle.releases == SETTLES


def test_adjacent_pairs_come_first_and_distant_ones_follow_on_short_ladders() -> None:
    found = pairs([above(k) for k in (60, 65, 70)])
    assert set(found[:2]) == {("above 60", "above 65"), ("above 65", "above 70")}
    assert found[2:] == [("above 60", "above 70")]


def test_long_ladders_give_only_their_adjacent_pairs() -> None:
    found = pairs([above(k) for k in range(12)])
    assert sorted(found) == sorted((f"above {k}", f"above {k + 1}") for k in range(11))


def test_below_65_implies_below_70() -> None:
    cold = rung("below 65", StrikeKind.LESS, cap=65 * UNIT)
    warm = rung("below 70", StrikeKind.LESS, cap=70 * UNIT)
    assert pairs([cold, warm]) == [("below 70", "below 65")]


def test_a_range_implies_only_the_thresholds_that_contain_it() -> None:
    between = rung("65 to 69", StrikeKind.BETWEEN, floor=65 * UNIT, cap=69 * UNIT)
    others = [
        above(64),
        above(65),
        rung("below 70", StrikeKind.LESS, cap=70 * UNIT),
        rung("below 69", StrikeKind.LESS, cap=69 * UNIT),
    ]
    found = [pair for pair in pairs([between, *others]) if pair[1] == between.id]
    # 65 itself is in the range and not above 65; 69 is in the range and not below 69.
    assert sorted(found) == [("above 64", "65 to 69"), ("below 70", "65 to 69")]


def test_opposite_directions_imply_nothing() -> None:
    assert "no market's strike implies" in why_none([above(70), rung("below 65", StrikeKind.LESS, cap=65 * UNIT)])


def test_at_least_70_is_implied_by_above_70_and_not_the_other_way_round() -> None:
    at_least = rung("at least 70", StrikeKind.GREATER_OR_EQUAL, floor=70 * UNIT)
    assert pairs([at_least, above(70)]) == [("at least 70", "above 70")]


def test_equal_strikes_imply_each_other_and_both_reach_the_next_rung() -> None:
    twin = replace(above(70), id=MarketId("above 70 again"))
    long = [above(k) for k in range(60, 80)]
    found = set(pairs([*long, twin]))
    assert {("above 70", twin.id), (twin.id, "above 70")} <= found
    assert {("above 69", "above 70"), ("above 69", twin.id)} <= found
    assert {("above 70", "above 71"), (twin.id, "above 71")} <= found
    assert ("above 68", "above 70") not in found


def test_by_june_implies_by_september_and_pays_when_the_later_one_settles() -> None:
    june, september = (
        rung(
            name,
            StrikeKind.BEFORE,
            cap=NOW + days * DAY,
            closes=NOW + days * DAY,
            settles=NOW + days * DAY,
            rules=f"Yes if the launch happens by {name} 30, 2027, 11:59 PM ET.",
        )
        for name, days in (("June", 30), ("September", 120))
    )
    [bundle] = ladders([june, september])
    assert [leg.outcome for leg in bundle.legs] == [september.yes, june.no]
    assert bundle.releases == NOW + 120 * DAY


def test_dates_and_thresholds_do_not_mix() -> None:
    why_none([above(70), rung("by then", StrikeKind.BEFORE, cap=80)])


def test_thresholds_read_at_different_times_imply_nothing() -> None:
    why_none([above(65, closes=NOW + DAY), above(70, closes=NOW + 2 * DAY)])


def test_players_of_one_game_are_not_rungs_of_one_ladder() -> None:
    text = "If {} scores more than {} points in the game, this resolves to Yes."
    why_none([above(k, rules=text.format(who, k)) for who, k in (("Smith", 20), ("Jones", 25))])


def test_swapped_teams_are_not_rungs_of_one_ladder() -> None:
    text = "If {} wins by more than {} points against {}, this resolves to Yes."
    why_none([above(3, rules=text.format("Reds", 3, "Blues")), above(6, rules=text.format("Blues", 6, "Reds"))])


def test_games_told_apart_by_their_numbers_are_not_rungs_of_one_ladder() -> None:
    text = "If more than {} goals are scored in game {}, this resolves to Yes."
    goals = [
        rung(f"{k}.5 in {game}", StrikeKind.GREATER, floor=k * UNIT + UNIT // 2, rules=text.format(f"{k}.5", game))
        for k, game in ((1, 1), (2, 2))
    ]
    why_none(goals)
    deadlines = [
        rung(
            name,
            StrikeKind.BEFORE,
            cap=NOW + days * DAY,
            rules=f"If bill {bill} is signed by {name} 30, 2027, 11:59 PM ET.",
        )
        for name, days, bill in (("June", 30, 1), ("September", 120, 2))
    ]
    why_none(deadlines)


@pytest.mark.parametrize("stated", ["{}", "{},000,000", "{}m", "{}.00"])
def test_a_strike_may_be_written_in_thousands_or_millions(stated: str) -> None:
    scale = UNIT if stated in ("{},000,000", "{}m") else 1
    markets = [
        rung(
            f"m{k}",
            StrikeKind.GREATER,
            floor=k * scale * UNIT,
            rules=f"More than {stated.format(k)} votes in district 12?",
        )
        for k in (3, 4)
    ]
    assert pairs(markets) == [("m3", "m4")]


def test_rules_that_differ_only_in_strike_and_comparison_are_one_subject() -> None:
    text = "If the highest temperature at Central Park is {}°, then the market resolves to Yes."
    between = rung("b", StrikeKind.BETWEEN, floor=71 * UNIT, cap=72 * UNIT, rules=text.format("between 71-72"))
    assert pairs([above(70, rules=text.format("greater than 70")), between]) == [("above 70", "b")]


def test_strikes_without_rules_are_compared_by_their_titles() -> None:
    markets = [above(k, rules="", title=f"Bitcoin above ${k}?") for k in (65, 70)]
    assert len(ladders(markets)) == 1
    assert why_none([markets[0], replace(markets[1], title="Ether above $70?")])


def test_an_exclusive_question_whose_strikes_imply_each_other_contradicts_itself() -> None:
    assert "at most one" in why_none([above(65), above(70)], exclusive=True)


def test_a_strike_without_its_bound_and_an_empty_range_are_no_claims() -> None:
    assert claim_of(Strike(StrikeKind.GREATER, cap=5)) is None
    assert claim_of(Strike(StrikeKind.BETWEEN, floor=5)) is None
    assert claim_of(Strike(StrikeKind.BETWEEN, floor=6, cap=5)) is None
    why_none([above(65), rung("?", StrikeKind.GREATER)])


def test_rungs_that_cannot_be_traded_are_left_out() -> None:
    paused = above(65, status=MarketStatus.PAUSED)
    assert pairs([above(60), paused, above(70)]) == [("above 60", "above 70")]


_KINDS = st.sampled_from([k for k in StrikeKind if k is not StrikeKind.BEFORE])
_RUNGS = st.lists(st.tuples(_KINDS, st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=12)


@given(_RUNGS)
def test_every_pair_pays_at_least_one_whatever_the_value(drawn: list[tuple[StrikeKind, int, int]]) -> None:
    markets = {f"m{i}": rung(f"m{i}", kind, floor=a, cap=b) for i, (kind, a, b) in enumerate(drawn)}
    halves = range(-2, 16)  # twice the value, so that ends of ranges and the points between are all met
    for wide, narrow in pairs(list(markets.values())):
        for half in halves:
            assert _pays(markets[wide], half) + (not _pays(markets[narrow], half)) >= 1


@given(st.lists(st.integers(0, 40), min_size=2, max_size=20, unique=True))
def test_chained_adjacent_pairs_reach_every_implied_pair(strikes: list[int]) -> None:
    found = set(pairs([above(k) for k in strikes]))
    ordered = sorted(strikes)
    assert {(f"above {a}", f"above {b}") for a, b in itertools.pairwise(ordered)} <= found


def _pays(market: Market, half: int) -> bool:
    strike = market.strike
    assert strike is not None
    floor, cap = 2 * (strike.floor or 0), 2 * (strike.cap or 0)
    return {
        StrikeKind.GREATER: half > floor,
        StrikeKind.GREATER_OR_EQUAL: half >= floor,
        StrikeKind.LESS: half < cap,
        StrikeKind.LESS_OR_EQUAL: half <= cap,
        StrikeKind.BETWEEN: floor <= half <= cap,
    }[strike.kind]
