"""Reward lists as the CLOB and Gamma send them, in the words of the venue's documentation, and damaged."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.errors import WireError
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.venues.polymarket.rewards import decode_current, decode_gamma, decode_volumes

MARKET = "0xbd31dc8a20211944f6b70f31557f1001557b59905b7738480ca09bd4532f84af"
DOCUMENTED: dict[str, Any] = {
    "limit": 500,
    "count": 1,
    "next_cursor": "LTE=",
    "data": [
        {
            "condition_id": MARKET,
            "rewards_max_spread": 99,
            "rewards_min_size": 10,
            "rewards_config": [
                {
                    "id": 0,
                    "asset_address": "0x9c4E1703476E875070EE25b56A58B008CFb8FA78",
                    "start_date": "2024-03-01",
                    "end_date": "2500-12-31",
                    "rate_per_day": 2,
                    "total_rewards": 92,
                },
                {
                    "id": 0,
                    "asset_address": "0x69308FB512518e39F9b16112fA8d994F4e2Bf8bB",
                    "start_date": "2024-03-01",
                    "end_date": "2500-12-31",
                    "rate_per_day": 1,
                    "total_rewards": 46,
                },
            ],
            "sponsored_daily_rate": 0.5,
            "sponsors_count": 2,
            "native_daily_rate": 2.5,
            "total_daily_rate": 3,
        }
    ],
}
"""The example of the API reference, "Get current active rewards configurations"."""


def at(*day: int) -> Nanos:
    return Nanos(int(datetime(*day, tzinfo=UTC).timestamp()) * SECOND)  # type: ignore[arg-type,misc]  # year, month, day


def current(**changes: Any) -> bytes:
    row = {**DOCUMENTED["data"][0], **changes}
    return json.dumps(
        {**DOCUMENTED, "data": [{key: value for key, value in row.items() if value != "absent"}]}
    ).encode()


def only(body: bytes) -> RewardTerms:
    [terms], skipped, cursor = decode_current(body)
    assert (skipped, cursor) == ((), "LTE=")
    return terms


def test_the_documented_answer_is_read() -> None:
    assert only(json.dumps(DOCUMENTED).encode()) == RewardTerms(
        market=MARKET,  # type: ignore[arg-type]
        daily=Money(3 * DOLLAR),
        max_spread=Price(9_900),
        min_size=Size(10 * CONTRACT),
        since=at(2024, 3, 1),
        until=None,
    )


def test_without_a_total_the_programmes_are_added_up() -> None:
    assert only(current(total_daily_rate="absent")).daily == 3 * DOLLAR


def test_cents_keep_their_tenths_and_texts_are_as_good_as_numbers() -> None:
    assert only(current(rewards_max_spread=3.5)).max_spread == 350
    assert only(current(rewards_max_spread="4.25", rewards_min_size="0.5")).min_size == CONTRACT // 2


def test_a_rate_that_is_a_sum_of_binary_fractions_is_rounded_down() -> None:
    assert only(current(total_daily_rate=0.1 + 0.2)).daily == 300_000
    assert only(current(total_daily_rate=12.3456789)).daily == 12_345_678
    assert only(current(total_daily_rate=1e-7)).daily == 0


def test_a_programme_that_ends_ends_with_its_last_day() -> None:
    config = [{"rate_per_day": 1, "start_date": "2026-11-02", "end_date": "2026-11-30"}]
    terms = only(current(rewards_config=config))
    assert (terms.since, terms.until) == (at(2026, 11, 2), at(2026, 12, 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"condition_id": "not a condition"},
        {"rewards_max_spread": 101},
        {"rewards_max_spread": -1},
        {"rewards_min_size": "absent"},
        {"total_daily_rate": -5},
        {"total_daily_rate": "NaN"},
        {"total_daily_rate": 1e30},
        {"rewards_config": [{"rate_per_day": 1, "start_date": "yesterday"}]},
    ],
)
def test_one_row_that_cannot_be_read_is_told_and_the_others_stay(changes: dict[str, Any]) -> None:
    rows = [json.loads(current(**changes))["data"][0], DOCUMENTED["data"][0]]
    terms, skipped, _ = decode_current(json.dumps({**DOCUMENTED, "data": rows}).encode())
    assert [one.market for one in terms] == [MARKET]
    assert len(skipped) == 1
    assert skipped[0][1]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error":"no"}', b"<html>", b'{"data":{}}', b"\xff"])
def test_what_is_no_list_of_rewards_is_an_error(body: bytes) -> None:
    for decode in (decode_current, decode_volumes, decode_gamma):
        with pytest.raises(WireError):
            decode(body)


def test_the_volume_of_the_last_day_is_read() -> None:
    rows = [{"condition_id": MARKET, "volume_24hr": 12_345.67, "spread": 0.12}, {"condition_id": "0x01"}]
    found = decode_volumes(json.dumps({"next_cursor": "MTAw", "data": rows}).encode())
    assert found == ({MARKET: 12_345_670_000}, "MTAw")


def test_gammas_fields_say_the_same() -> None:
    rewards = [{"id": "1", "rewardsDailyRate": 5.5, "startDate": "2026-11-02", "endDate": "2500-12-31"}]
    rows = [
        {
            "conditionId": MARKET,
            "rewardsMinSize": 50,
            "rewardsMaxSpread": 4.5,
            "clobRewards": rewards,
            "volume24hr": 17.25,
        },
        {"conditionId": "0x02", "rewardsMinSize": 0, "rewardsMaxSpread": 0},
        {"conditionId": "0x03", "rewardsMinSize": 50, "rewardsMaxSpread": 3.5, "clobRewards": None},
        {"conditionId": "bad", "rewardsMinSize": 50, "rewardsMaxSpread": 3.5, "clobRewards": rewards},
    ]
    [offer], skipped = decode_gamma(json.dumps({"markets": rows}).encode())
    assert offer.terms == RewardTerms(
        market=MARKET,  # type: ignore[arg-type]
        daily=Money(5_500_000),
        max_spread=Price(450),
        min_size=Size(50 * CONTRACT),
        since=at(2026, 11, 2),
    )
    assert offer.volume_24h == 17_250_000
    assert len(skipped) == 1


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 60))
def test_damage_is_an_error_and_never_anything_else(noise: bytes, start: int, cut: int) -> None:
    whole = json.dumps(DOCUMENTED).encode()
    damaged = whole[:start] + noise + whole[start + cut :]
    try:
        terms, skipped, _ = decode_current(damaged)
    except WireError:
        return
    assert all(0 <= one.max_spread <= 10_000 and one.min_size >= 0 and one.daily >= 0 for one in terms)
    assert all(reason for _, reason in skipped)
