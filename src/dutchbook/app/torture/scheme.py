"""What a seed does to a desk: faults of the venues of every kind, connections that break, and the desk's own death."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from random import Random

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan

type _Fields = Mapping[str, object]
type _Draw = Callable[[Random], _Fields]

_FIRST = Nanos(40 * SECOND)
"""Before it nothing happens: a desk that never came up proves nothing."""
_PLACING = ("/order*", "*/portfolio/events/orders*")
_MODES = ("cancel_only", "post_only", "disabled", "restarting")
_AHEAD = ((False, False), (False, False), (True, False), (True, True))
"""Whether a desk decides in idle moments, and signs there as well, one seed after the other.

What leaves by its turn is to be tortured as much as what leaves ahead of it.
"""
_STATUSES = (408, 425, 429, 429, 500, 500, 502, 503, 504)


class What(StrEnum):
    """What is done to the desk itself."""

    CRASH = "crash"
    """It dies without a word, and is started again some time after."""
    DIE = "die"
    """It dies in the middle of a turn, between two lines of its journal, and is started again."""
    CUT = "cut"
    """Some of its connections break."""
    CUT_ALL = "cut_all"
    """All of them do."""
    RESTART = "restart"
    """It is stopped in good order, and started again."""


class Blow(msgspec.Struct, frozen=True):
    """Something that is done to the desk, `at` so long after the start. It is `away` for so long, if it ends."""

    at: Nanos
    what: What
    away: Nanos = Nanos(0)


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """All that befalls a desk in one torture, and how long after its start there is `quiet`, and the `end`.

    The strategy stops to want things at `calm`, between both. Some desks decide what may come in idle moments, some of
    them sign it too, and some do neither.
    """

    plan: FaultPlan
    decides_ahead: bool
    signs_ahead: bool
    blows: tuple[Blow, ...]
    quiet: Nanos
    calm: Nanos
    end: Nanos


def scheme(seed: int, lasts: Nanos, *, quiet: bool = False) -> Scheme:
    """What this seed does in so much time; the last quarter hour of it (a third of less) is peaceful.

    A `quiet` one does nothing: the market alone.
    """
    rng = Random(f"scheme {seed}")  # noqa: S311 - the same seed must give the same torture
    peace = min(900 * SECOND, lasts // 3)
    until = Nanos(lasts - peace)
    faults: list[_Fields] = []
    blows: list[Blow] = []
    if not quiet:
        kinds = sorted(_KINDS)
        chosen = rng.sample(kinds, rng.randrange(7, 14)) + rng.choices(_CRUEL, k=rng.randrange(1, 4))
        faults = [_fault(kind, number, rng, until) for number, kind in enumerate(chosen, 1)]
        blows = sorted(_blows(rng, until), key=lambda blow: blow.at)
    plan = FaultPlan.model_validate({"seed": seed, "faults": faults})
    decides, signs = _AHEAD[seed % len(_AHEAD)]
    return Scheme(
        plan=plan,
        decides_ahead=decides,
        signs_ahead=signs,
        blows=tuple(blows),
        quiet=until,
        calm=Nanos(until + peace // 2),
        end=lasts,
    )


def _fault(kind: str, number: int, rng: Random, until: Nanos) -> _Fields:
    """One fault of a kind, armed for a while somewhere in the time there is."""
    drawn = dict(_KINDS[kind](rng))
    after = rng.randrange(_FIRST, max(_FIRST + SECOND, until - 60 * SECOND))
    timed: dict[str, object] = {"name": f"{number} {kind}", "fault": kind, "after": _s(after)}
    if rng.random() < 0.7 and kind not in {"failed_settlement", "overflow", "skip_seq", "omit_group_end"}:
        timed["venue"] = rng.choice(tuple(Venue)).value
    if kind != "restart":
        timed["lasts"] = _s(min(rng.randrange(5 * SECOND, 240 * SECOND), until - after))
    return {**timed, **drawn}


def _blows(rng: Random, until: Nanos) -> list[Blow]:
    """The deaths of the desk, and the breaks of its connections."""
    found = []
    for what, most in ((What.CRASH, 2), (What.DIE, 4), (What.CUT, 6), (What.CUT_ALL, 2), (What.RESTART, 1)):
        for _ in range(rng.randrange(most + 1)):
            at = Nanos(rng.randrange(_FIRST, max(_FIRST + SECOND, until)))
            dies = what in {What.CRASH, What.DIE, What.RESTART}
            found.append(Blow(at, what, Nanos(rng.randrange(SECOND // 5, 50 * SECOND) if dies else 0)))
    return found


def _s(nanos: int) -> str:
    return f"{nanos // 1_000_000}ms"


def _chance(rng: Random, least: int, most: int) -> str:
    return f"{rng.randrange(least, most + 1)}%"


def _placing(rng: Random) -> _Fields:
    """Which requests: those that place or cancel, or any."""
    return {"path": rng.choice((*_PLACING, *_PLACING, "*")), "chance": _chance(rng, 20, 100)}


def _status(rng: Random) -> _Fields:
    status = rng.choice(_STATUSES)
    waits = {"retry_after": rng.randrange(1, 20)} if status in {429, 503} and rng.random() < 0.5 else {}
    return {**_placing(rng), "status": status, **waits}


def _hanging(rng: Random) -> _Fields:
    return {**_placing(rng), "hangs": f"{rng.randrange(1, 60)}s"}


def _stale(rng: Random) -> _Fields:
    return {"path": rng.choice(("*balance*", "*positions*", "*orders*", "*fills*", "*trades*"))}


def _frames(rng: Random) -> _Fields:
    return {"chance": _chance(rng, 2, 60)}


def _late(rng: Random) -> _Fields:
    return {"chance": _chance(rng, 5, 60), "delay": f"{rng.randrange(20, 8_000)}ms", "jitter": "500ms"}


def _skew(rng: Random) -> _Fields:
    return {rng.choice(("ahead", "behind")): f"{rng.randrange(200, 12_000)}ms"}


def _restart(rng: Random) -> _Fields:
    told = rng.choice((0, 0, 60))
    return {"announced": f"{told}s", "down": f"{rng.randrange(10, 100)}s", "post_only": f"{rng.randrange(5, 120)}s"}


def _halt(rng: Random) -> _Fields:
    return {"chance": _chance(rng, 10, 60), "halted": f"{rng.randrange(5, 90)}s"}


_KINDS: Mapping[str, _Draw] = {
    "http_status": _status,
    "html_body": lambda rng: {**_placing(rng), "status": rng.choice((200, 502, 503))},
    "timeout_before_accept": _hanging,
    "timeout_after_accept": _hanging,
    "reset_mid_body": _placing,
    "truncated_body": _placing,
    "extra_fields": lambda rng: {"chance": _chance(rng, 20, 100)},
    "slow_answer": lambda rng: {**_placing(rng), "delay": f"{rng.randrange(100, 9_000)}ms", "jitter": "2s"},
    "stale_balances": _stale,
    "freeze": lambda rng: {"chance": _chance(rng, 5, 100)},
    "drop": _frames,
    "duplicate": _frames,
    "reorder": _frames,
    "delay": _late,
    "corrupt": _frames,
    "extra_frame_fields": _frames,
    "skip_seq": lambda rng: {"chance": _chance(rng, 1, 10), "by": rng.randrange(1, 4)},
    "omit_group_end": lambda rng: {"chance": _chance(rng, 5, 60)},
    "disconnect": lambda rng: {"chance": _chance(rng, 1, 10)},
    "overflow": lambda rng: {"chance": _chance(rng, 1, 10)},
    "clock_skew": _skew,
    "restart": _restart,
    "venue_mode": lambda rng: {"mode": rng.choice(_MODES)},
    "halt_between_legs": _halt,
    "failed_settlement": lambda rng: {"chance": _chance(rng, 10, 80)},
}
_CRUEL = (
    "timeout_after_accept",
    "reset_mid_body",
    "truncated_body",
    "http_status",
    "drop",
    "disconnect",
    "failed_settlement",
    "halt_between_legs",
)
"""The kinds that orders are lost over: every seed gets some of them again."""
