"""Kalshi pauses on Thursdays, and goes on as if nothing had been."""

from datetime import UTC, datetime

import pytest

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.world import World
from dutchbook.exchange.maintenance import next_window, window
from dutchbook.exchange.rules import Mode
from tests.exchange.living.village import question, scenario


def at(text: str) -> Nanos:
    return Nanos(int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND)


def world_from(start: str, **changes: object) -> World:
    return World(scenario(question("binary", lasts="20h"), **changes), 1, at(start))


def modes(world: World, times: list[str]) -> list[Mode]:
    found = []
    for time in times:
        world.advance(at(time))
        found.append(world.exchanges[Venue.KALSHI].mode)
    assert world.exchanges[Venue.POLYMARKET].mode is Mode.NORMAL
    return found


TIMES = ["2026-11-26T07:59", "2026-11-26T08:00", "2026-11-26T08:31", "2026-11-26T09:31", "2026-11-26T10:00"]


def test_trading_pauses_then_everything_and_all_goes_on() -> None:
    told = modes(world_from("2026-11-26T07:30"), TIMES)
    assert told == [Mode.NORMAL, Mode.CANCEL_ONLY, Mode.DISABLED, Mode.CANCEL_ONLY, Mode.NORMAL]


def test_nobody_trades_in_the_pause_and_somebody_does_afterwards() -> None:
    world = world_from("2026-11-26T07:30")
    world.advance(at("2026-11-26T10:10"))
    [market] = world.exchanges[Venue.KALSHI].listings
    bids, asks = world.exchanges[Venue.KALSHI].book(market)
    assert bids
    assert asks


def test_who_starts_within_a_window_finds_the_exchange_open() -> None:
    assert modes(world_from("2026-11-26T08:10"), TIMES[2:]) == [Mode.NORMAL] * 3


def test_a_scenario_can_do_without() -> None:
    assert modes(world_from("2026-11-26T07:30", maintenance=False), TIMES) == [Mode.NORMAL] * 5


def test_a_mode_that_somebody_else_set_is_left_alone() -> None:
    world = world_from("2026-11-26T07:30")
    world.exchanges[Venue.KALSHI].set_mode(Mode.DISABLED)
    assert modes(world, TIMES[:2]) == [Mode.DISABLED] * 2


@pytest.mark.parametrize(
    ("now", "starts"),
    [
        ("2026-11-21T12:00", "2026-11-26T08:00"),  # winter: five hours behind
        ("2026-07-01T00:00", "2026-07-02T07:00"),  # summer: four
        ("2026-11-26T08:30", "2026-11-26T08:00"),  # within it
    ],
)
def test_the_window_of_a_week(now: str, starts: str) -> None:
    assert window(at(now)) == (at(starts), Nanos(at(starts) + 7_200 * SECOND))


def test_the_next_window_lies_ahead() -> None:
    assert next_window(at("2026-11-26T08:00"))[0] == at("2026-12-03T08:00")
