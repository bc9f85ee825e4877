"""Idle moments of a desk: work behind frames, staying awake for the next one, and going through what is ready."""

import asyncio
from collections.abc import Callable

import pytest

from dutchbook.app.idle_work import REHEARSE_EVERY, IdleWork
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import MILLISECOND, Nanos

MICROSECOND = MILLISECOND // 1_000
FRAME = Frame("polymarket/market", Nanos(0), b"{}")


class Ticking:
    """A clock that goes on by a microsecond whenever somebody looks."""

    def __init__(self) -> None:
        self.at = 0

    def now(self) -> Nanos:
        self.at += MICROSECOND
        return Nanos(self.at)


class Pieces:
    """So many pieces of work; `ready` once they are done."""

    def __init__(self, pieces: int, fails: bool = False) -> None:
        self.left = pieces
        self.fails = fails

    def work(self) -> bool:
        if self.fails:
            raise ValueError("a piece of work failed")
        self.left -= self.left > 0
        return self.left > 0

    @property
    def ready(self) -> bool:
        return not self.left


def lived(idle: IdleWork, frame: Frame = FRAME) -> None:
    """A frame comes, and the event loop runs for a while."""

    async def live() -> None:
        idle.after(frame)
        for _ in range(5_000):
            await asyncio.sleep(0)

    asyncio.run(live())


@pytest.mark.parametrize(
    ("spin", "pieces", "source", "expected"),
    [(2, 5, "polymarket/market", True), (0, 5, "polymarket/market", False), (2, 5, "kalshi/market", False)],
)
def test_while_it_stays_awake_what_is_ready_is_gone_through_now_and_then(
    spin: int, pieces: int, source: str, expected: bool
) -> None:
    heard: list[Frame] = []
    clock, frame = Ticking(), Frame(source, Nanos(0), b"{}")
    lived(IdleWork(Pieces(pieces), clock, Nanos(spin * MILLISECOND), (Venue.POLYMARKET,), heard.append), frame)
    spins = spin * MILLISECOND // MICROSECOND
    assert len(heard) == (spins // REHEARSE_EVERY if expected else 0)
    assert set(heard) <= {frame}


def test_with_nothing_ready_it_goes_to_sleep() -> None:
    heard: list[Frame] = []
    lived(IdleWork(Pieces(10**6), Ticking(), Nanos(2 * MILLISECOND), (Venue.POLYMARKET,), heard.append))
    assert heard == []


@pytest.mark.parametrize("rehearse", [None, lambda _: None])
def test_what_goes_wrong_is_raised_where_the_desk_looks(rehearse: Callable[[Frame], None] | None) -> None:
    idle = IdleWork(Pieces(3, fails=True), Ticking(), Nanos(MILLISECOND), Venue, rehearse)
    lived(idle)
    with pytest.raises(ValueError, match="a piece of work failed"):
        idle.check()


def test_a_rehearsal_that_goes_wrong_is_raised_too() -> None:
    def fail(_: Frame) -> None:
        raise ValueError("a rehearsal failed")

    idle = IdleWork(Pieces(0), Ticking(), Nanos(MILLISECOND), Venue, fail)
    lived(idle)
    with pytest.raises(ValueError, match="a rehearsal failed"):
        idle.check()
