"""Many seeds, one after the other or beside each other in processes of their own, and what came of them."""

import multiprocessing
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dutchbook.app.torture.ordeal import Trial, live_through
from dutchbook.app.torture.scheme import scheme
from dutchbook.domain.units import SECOND, Nanos

type Told = Callable[[Trial], None]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to torture: so many seeds from the first on, each for so long. `quiet`: the market alone, without faults."""

    seeds: int
    first: int
    lasts: Nanos
    jobs: int = 1
    quiet: bool = False
    keep: Path | None = None
    """Where the homes of desks that failed are kept, with their journals; nowhere, if it is None."""


class Torture(msgspec.Struct, frozen=True, kw_only=True):
    """What came of all seeds. `times_real_time`: simulated time by real time, all processes together."""

    trials: tuple[Trial, ...]
    simulated_s: float
    real_s: float

    @property
    def times_real_time(self) -> float:
        return self.simulated_s / self.real_s

    @property
    def orders(self) -> int:
        return sum(trial.orders for trial in self.trials)

    @property
    def frames(self) -> int:
        return sum(trial.frames for trial in self.trials)

    @property
    def failed(self) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.violations)

    def counted(self, what: Callable[[Trial], dict[str, int]]) -> dict[str, int]:
        """Something that each trial counts, of all of them."""
        total: Counter[str] = Counter()
        for trial in self.trials:
            total.update(what(trial))
        return dict(sorted(total.items()))


def torture(wanted: Wanted, told: Told = lambda _: None) -> Torture:
    """Live through all seeds; `told` hears of each as it ends. Raises OSError if there is no room for homes."""
    began = time.monotonic()
    trials = []
    for trial in _trials(wanted):
        trials.append(trial)
        told(trial)
    real_s = time.monotonic() - began
    simulated_s = wanted.lasts / SECOND * wanted.seeds
    ordered = tuple(sorted(trials, key=lambda trial: trial.seed))
    return Torture(trials=ordered, simulated_s=simulated_s, real_s=real_s)


def one(seed: int, lasts: Nanos, *, quiet: bool = False, keep: Path | None = None) -> Trial:
    """Live through one seed."""
    with _home(seed) as home:
        trial = live_through(seed, scheme(seed, lasts, quiet=quiet), home)
        if keep is not None and trial.violations:
            shutil.copytree(home, keep / f"seed-{seed}", dirs_exist_ok=True, ignore=_sockets)
        return trial


def _sockets(folder: str, names: list[str]) -> list[str]:
    """What cannot be copied."""
    return [name for name in names if Path(folder, name).is_socket()]


def _trials(wanted: Wanted) -> Iterator[Trial]:
    seeds = range(wanted.first, wanted.first + wanted.seeds)
    if wanted.jobs == 1 or wanted.seeds == 1:
        yield from (_of(wanted, seed) for seed in seeds)
        return
    # A process ends after some seeds, so that nothing adds up. To start one anew costs a quarter seed; a copy of this
    # one has everything loaded, and may be made where no other thread can hold a lock.
    copies = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if copies else "spawn")
    with context.Pool(min(wanted.jobs, wanted.seeds), maxtasksperchild=25) as pool:
        yield from pool.imap_unordered(_Work(wanted), seeds)


class _Work:
    """One seed of what is wanted: something that another process can be sent."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def __call__(self, seed: int) -> Trial:
        return _of(self._wanted, seed)


def _of(wanted: Wanted, seed: int) -> Trial:
    return one(seed, wanted.lasts, quiet=wanted.quiet, keep=wanted.keep)


@contextmanager
def _home(seed: int) -> Iterator[Path]:
    """A home of its own, in memory where the system has a place for that; gone afterwards."""
    memory = Path("/dev/shm")  # noqa: S108 - only if it is there; a folder of our own is made in it
    with tempfile.TemporaryDirectory(prefix=f"torture-{seed}-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def repeats(trials: Sequence[Trial], lasts: Nanos) -> list[str]:
    """The commands that repeat failures."""
    hours = lasts / (3_600 * SECOND)
    return [f"dutchbook torture --seeds 1 --first-seed {trial.seed} --hours {hours:g}" for trial in trials]
