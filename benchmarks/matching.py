"""Matching: one tape of orders and cancels through our engine and through public Python ones; the tail of a deep book.

The tape is tuples of whole numbers, on a book with ten thousand orders at rest; each engine makes of them in the time
what it must be given. Ours is asked what `Exchange` asks it for each order, which is checked call by call. The peers
know neither accounts nor fees nor events: the exchange's records and the whole exchange have rows of their own.
Before anything is timed, all engines must have made the same fills, one by one, and have the same size at rest.
"""

import gc
from random import Random

from benchmarks import matching_ours as ours
from benchmarks import matching_peers as peers
from benchmarks.matching_tape import RESTING, order, tape
from benchmarks.method import CPU, ROUNDS, Row, compare, deliver, limit, scaled

_INSERTS = 5_000
_ENGINES = {
    "engine": ours.engine,
    "plain": ours.plain_engine,
    "records": ours.records,
    "exchange": ours.exchange,
    "quick": peers.quick_book,
    "py": peers.py_book,
    "light": peers.light_engine,
}


def matching() -> list[Row]:
    """Measure the matching engine."""
    fill, steps = tape()
    ours.check_calls(fill, steps)
    ended = {name: play(fill, steps) for name, play in _ENGINES.items()}
    first = ended["quick"]
    assert len(first.fills) > len(steps) // 20, "hardly anything traded"
    for name, end in ended.items():
        assert end.fills == first.fills, f"{name} made other fills"
        assert end.resting == first.resting, f"{name} has {end.resting} at rest, not {first.resting}"
    del ended
    seconds: dict[str, list[float]] = {name: [] for name in _ENGINES}
    for _ in range(ROUNDS):
        for name, play in _ENGINES.items():
            seconds[name].append(play(fill, steps).seconds)
    return _rows({name: scaled(of_rounds) for name, of_rounds in seconds.items()})


def _rows(times: dict[str, list[float]]) -> list[Row]:
    inserts, cancels = tails()
    engine, quick = times["engine"], {"peer": "akhil4n-orderbook", "theirs": times["quick"], "unit": "us"}
    what = f"an order or cancel through the matching engine, {RESTING:,} at rest"
    return [
        compare("match", what, ours=engine, bar=5, **quick),  # type: ignore[arg-type]
        compare("match-plain", "the same without numba", ours=times["plain"], **quick),  # type: ignore[arg-type]
        compare("match-orders", "the same, and the exchange's record of it", ours=times["records"], **quick),  # type: ignore[arg-type]
        compare("match-py", what, ours=engine, peer="pyorderbook", theirs=times["py"], unit="us"),
        compare("match-light", what, ours=engine, peer="lightmatchingengine", theirs=times["light"], unit="us"),
        limit("match-all", "the same through the whole exchange", ours=times["exchange"], unit="us"),
        limit("match-insert", "an insert's 99th percentile, in medians", ours=inserts, unit="x", bar=3),
        limit("match-cancel", "a cancel's 99th percentile, in medians", ours=cancels, unit="x", bar=3),
    ]


def tails() -> tuple[list[float], list[float]]:
    """How many medians the 99th percentile of an insert is, and of a cancel, at ten thousand orders; per round."""
    inserts, cancels = list[float](), list[float]()
    for seed in range(ROUNDS):
        rng, venue = Random(seed), ours.an_exchange()
        steps = [order(rng, number) for number in range(RESTING + _INSERTS)]
        for step in steps[:RESTING]:
            venue.submit(ours.message(step))
        gc.collect()
        times: tuple[list[int], list[int]] = ([], [])
        for step in steps[RESTING:]:
            began = CPU()
            venue.submit(ours.message(step))
            placed = CPU()
            venue.cancel(ours.MAKER, str(step[0] - RESTING))
            times[0].append(placed - began)
            times[1].append(CPU() - placed)
        inserts.append(_tail(times[0]))
        cancels.append(_tail(times[1]))
    return inserts, cancels


def _tail(times: list[int]) -> float:
    times.sort()
    return times[len(times) * 99 // 100] / times[len(times) // 2]


if __name__ == "__main__":
    deliver(matching, ["akhil4n-orderbook", "pyorderbook", "lightmatchingengine"])
