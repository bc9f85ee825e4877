"""Equal seeds give equal worlds, down to the last event; other seeds give others."""

import os
import subprocess
import sys
from hashlib import sha256

from dutchbook.exchange.matching.messages import ExchangeEvent, Matched, OrderChanged, SettlementMoved
from tests.exchange.living.village import after, every_kind, question, scenario, world_of

SCRIPT = "from tests.exchange.living.test_determinism import digest; print(digest(7, 240))"


def digest(seed: int, seconds: int, step: int = 10_000) -> str:
    """A hash over every event and price of a small world's first seconds, advanced `step` seconds at once."""
    world = world_of(every_kind(), seed)
    told = sha256()

    def hear(event: ExchangeEvent) -> None:
        told.update(_text(event).encode())

    for exchange in world.exchanges.values():
        exchange.listen(hear)
    world.listen_prices(lambda symbol, value, at: told.update(f"{symbol}{value}{at}".encode()))
    for second in range(step, seconds, step):
        world.advance(after(second))
    world.advance(after(seconds))
    return told.hexdigest()


def _text(event: ExchangeEvent) -> str:
    """What an event says, without the orders that it refers to."""
    match event:
        case OrderChanged(order=order):
            return f"{order.new} {order.remaining} {order.state} {event.change} {event.at}"
        case Matched(pairs=pairs):
            return f"{event.number} {event.at} {[(pair.number, pair.size, pair.maker.price) for pair in pairs]}"
        case SettlementMoved():
            return f"{event.match.number} {event.status} {event.at}"
        case _:
            return repr(event)


def test_the_same_seed_gives_the_same_events() -> None:
    assert digest(7, 240) == digest(7, 240)


def test_another_seed_gives_other_events() -> None:
    assert digest(7, 60) != digest(8, 60)


def test_it_does_not_matter_in_how_many_steps_time_passes() -> None:
    assert digest(7, 120) == digest(7, 120, step=7)


def test_the_seed_of_pythons_own_hashes_does_not_matter() -> None:
    said = {_in_a_process_of_its_own(hash_seed) for hash_seed in ("1", "2")}
    assert said == {digest(7, 240)}


def _in_a_process_of_its_own(hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_becomes_of_a_question_does_not_depend_on_who_trades() -> None:
    for seed in range(5):
        busy, idle = (world_of(scenario(question("binary"), crowds={"all": crowd}), seed) for crowd in _crowds())
        for world in (busy, idle):
            world.advance(after(1_300))
        assert busy.truths() == idle.truths()
        assert all(outcome.verdict is not None for outcome in busy.truths())


def _crowds() -> list[dict[str, object]]:
    maker = {"half_spread": "0.01", "noise": "0.005", "sizes": "50..100..400", "requote": "5s"}
    return [
        {"makers": [maker], "noise": {"every": "1s", "sizes": "5..20..100"}},
        {"makers": [maker | {"requote": "1h"}]},
    ]
