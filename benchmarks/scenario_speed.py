"""How fast a scenario of 100 markets runs without sockets: processor time for a day of it.

Whole worlds with both exchanges, all traders, settlements and rewards. The first half hour, in which all books are
filled, is not counted; then each round is ten minutes of the same world, multiplied to a day.
"""

from functools import partial

from benchmarks.method import CPU, ROUNDS, Row, deliver, limit, quietly
from benchmarks.sandbox import SEED, load_scenario
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.world import World
from dutchbook.exchange.matching.messages import BookMoved, ExchangeEvent

MARKETS = 100
_START = Nanos(1_763_700_000 * SECOND)
_DAY_S = 86_400
_FILLING_S = 1_800
_ROUND_S = 600
_FASTER = 200
"""Times real time, at least."""


def scenario_speed() -> list[Row]:
    """Measure how fast a world lives."""
    first, second = _changes_of_a_minute(), _changes_of_a_minute()
    assert first == second, "two worlds of one seed differ"
    assert len(first) > MARKETS, "the books hardly moved"
    world = World(load_scenario(MARKETS), SEED, _START)
    listed = sum(len(exchange.listings) for exchange in world.exchanges.values())
    assert listed >= MARKETS, f"{listed} markets are not {MARKETS}"
    world.advance(Nanos(_START + _FILLING_S * SECOND))
    found: list[float] = []
    for number in range(1, ROUNDS + 1):
        until = Nanos(_START + (_FILLING_S + number * _ROUND_S) * SECOND)
        found.append(quietly(partial(world.advance, until), CPU) * _DAY_S / _ROUND_S)
    what = f"a day of a scenario with {listed} markets, without sockets ({_FASTER} times real time)"
    return [limit("scenario", what, ours=found, unit="s", bar=_DAY_S / _FASTER)]


def _changes_of_a_minute() -> list[tuple[Venue, BookMoved]]:
    world = World(load_scenario(MARKETS), SEED, _START)
    found: list[tuple[Venue, BookMoved]] = []
    for venue, exchange in world.exchanges.items():

        def heard(event: ExchangeEvent, venue: Venue = venue) -> None:
            if isinstance(event, BookMoved):
                found.append((venue, event))

        exchange.listen(heard)
    world.advance(Nanos(_START + 60 * SECOND))
    return found


if __name__ == "__main__":
    deliver(scenario_speed, [])
