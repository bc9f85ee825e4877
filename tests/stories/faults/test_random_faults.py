"""Faults that nobody planned: several at once, over a random tape of orders. What may be believed is true, always."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from dutchbook.domain.identity import Venue
from dutchbook.exchange.faults.plan import FaultSpec
from tests.stories.faults.stage import Story, story

BELIEVED_S = 120.0
"""Faults of requests last 30 s here, and may keep the audits of quiet books from their answers for so long."""
RECOVERED_S = 150.0
"""Several faults in a row make the waits between two tries long."""
_FEW, _MANY = range(4), range(4, 60)

type Draw = Callable[[Random], dict[str, object]]


def _nothing(_: Random) -> dict[str, object]:
    return {}


def _chance(rng: Random) -> dict[str, object]:
    return {"chance": f"{rng.choice((1, 5, 20, 60, 100))}%"}


KINDS: dict[str, Draw] = {
    "http_status": lambda rng: {"status": rng.choice((425, 429, 500, 502, 503)), **_chance(rng)},
    "html_body": lambda rng: {"status": rng.choice((200, 403, 502)), **_chance(rng)},
    "timeout_before_accept": _chance,
    "timeout_after_accept": _chance,
    "reset_mid_body": _chance,
    "truncated_body": _chance,
    "extra_fields": _chance,
    "slow_answer": lambda rng: {"delay": f"{rng.randrange(1, 20)}s", "jitter": "5s"},
    "stale_balances": lambda rng: {"path": rng.choice(("*balance*", "*")), "method": None},
    "freeze": _chance,
    "drop": _chance,
    "duplicate": _chance,
    "reorder": _chance,
    "delay": lambda rng: {"delay": f"{rng.randrange(20, 3000)}ms", "jitter": "2s", **_chance(rng)},
    "corrupt": _chance,
    "extra_frame_fields": _chance,
    "skip_seq": _chance,
    "omit_group_end": _chance,
    "disconnect": lambda rng: {"chance": f"{rng.choice((1, 5, 20))}%"},
    "overflow": lambda rng: {"chance": f"{rng.choice((1, 5))}%"},
    "clock_skew": lambda rng: {rng.choice(("ahead", "behind")): f"{rng.choice((1, 10, 300))}s"},
    "restart": lambda rng: {"down": f"{rng.randrange(1, 20)}s", "post_only": "5s"},
    "venue_mode": lambda rng: {"mode": rng.choice(("cancel_only", "post_only", "disabled"))},
    "halt_between_legs": lambda _: {"halted": "5s"},
    "failed_settlement": _nothing,
}


def arm_some(play: Story, rng: Random) -> list[str]:
    """One to five faults, at different times."""
    kinds = rng.sample(sorted(KINDS), rng.randrange(1, 6))
    for kind in kinds:
        times: dict[str, object] = {"after": f"{rng.randrange(20)}s"}
        if kind != "restart":
            times["lasts"] = f"{rng.randrange(1, 31)}s"
        play.arm(kind, **times, **KINDS[kind](rng))
    return kinds


def endure(venue: Venue, seed: int, home: Path) -> None:
    rng = Random(f"{venue}/{seed}")
    with story(venue, home, seed) as play:
        for _ in range(2):
            kinds = arm_some(play, rng)
            play.live(rng.randrange(20, 55))
            play.rest(rng.randrange(30))
            play.disarm(*kinds)
        play.live(8)
        play.until(play.honest, within=BELIEVED_S)
        assert play.believed_s() <= BELIEVED_S
        play.live(2)
        play.until(play.whole, within=RECOVERED_S)


@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize("seed", _FEW)
def test_whatever_goes_wrong_books_are_true_or_unknown(venue: Venue, seed: int, tmp_path: Path) -> None:
    endure(venue, seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize("seed", _MANY)
def test_whatever_goes_wrong_many_times_books_are_true_or_unknown(venue: Venue, seed: int, tmp_path: Path) -> None:
    endure(venue, seed, tmp_path)


def test_every_kind_of_fault_has_a_part_in_it() -> None:
    kinds = {each.model_fields["fault"].annotation.__args__[0] for each in get_args(get_args(FaultSpec)[0])}
    assert set(KINDS) == kinds
