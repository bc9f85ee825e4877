"""One seed: a desk lives through its scheme, is killed and started again, and is looked at all the while."""

import gc
import traceback
from collections import Counter
from hashlib import sha256
from pathlib import Path
from random import Random

import msgspec

from dutchbook.app.runs import journal_folder
from dutchbook.app.torture.checks import Checks, Violation
from dutchbook.app.torture.scheme import Blow, Scheme, What
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Died, Stage
from dutchbook.app.torture.truth import Truth
from dutchbook.config.documents import read_document
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import DeskStopped
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.risk.halt import halt_file, lift_halt, read_halt

VILLAGE = Path(__file__).parent / "village.yaml"
_TO_DIE = Nanos(60 * SECOND)
_AGAIN = Nanos(5 * SECOND)
_A_LOOK = Nanos(45 * SECOND)
"""How long a person needs to see that the desk is halted, to look at its orders, and to let it go on."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one seed. `journal_head` stands for all journals of its runs, in order."""

    seed: int
    violations: tuple[Violation, ...]
    orders: int
    frames: int
    runs: int
    faults: dict[str, int]
    """How often each fault of its plan struck, by its kind."""
    blows: dict[str, int]
    halts: tuple[str, ...]
    taken_over: int
    """Differences that the desk found at a venue and took over."""
    journal_head: str


def live_through(seed: int, plan: Scheme, home: Path) -> Trial:
    """Torture a desk in a new home. Raises nothing of what happens to it: that is a violation."""
    ordeal = _Ordeal(seed, plan, home)
    ordeal.run()
    return ordeal.trial()


class _Ordeal:
    """A stage, its checks, and what is still to come."""

    def __init__(self, seed: int, plan: Scheme, home: Path) -> None:
        self._seed = seed
        self._plan = plan
        settings = _of_its_kind(torture_settings(), plan)
        spec = read_document(VILLAGE, ScenarioSpec)
        self._stage = Stage(seed, home, spec, plan.plan, settings)
        # Next to nothing dies in cycles here: looking for them often costs a fortieth of all time.
        gc.set_threshold(50_000, 20, 100)
        stage = self._stage
        self._home = home
        self._rng = Random(f"blows {seed}")  # noqa: S311 - the same seed must give the same torture
        self._checks = Checks(
            Truth(stage.sandbox.world.exchanges, stage.accounts),
            settings.risk,
            lambda: Nanos(stage.loop.now() - START),
        )
        self._heads: list[str] = []
        self._halts: list[str] = []
        self._halted_at: Nanos | None = None
        self._frames = 0
        self._blows: Counter[str] = Counter()
        self._begun()

    def run(self) -> None:
        """All of it. What ends the desk ends this, and is a violation."""
        plan = self._plan
        try:
            for blow in plan.blows:
                self._until(blow.at)
                self._strike(blow)
            self._until(plan.quiet)
            for fault in self._stage.struck:
                self._stage.sandbox.switchboard.turn_off(fault.name)
            self._until(plan.calm)
            self._stage.calm()
            self._until(plan.end)
            self._checks.end(self._stage.desk)
            self._ended()
            self._stage.close()
        except Exception as error:  # noqa: BLE001 - the outermost edge: whatever ends a desk is what was looked for
            cause = error.__cause__ or error
            at = traceback.extract_tb(cause.__traceback__)[-1]
            where = f"{Path(at.filename).name}, line {at.lineno}"
            self._checks.found("the desk ended", f"{type(cause).__name__} in {where}: {error}")
            self._ended()

    def trial(self) -> Trial:
        """What came of it."""
        record = self._checks.record
        struck: Counter[str] = Counter()
        for fault in self._stage.struck:
            struck[fault.fault] += fault.struck
        return Trial(
            seed=self._seed,
            violations=tuple(self._checks.violations),
            orders=self._checks.orders,
            frames=self._frames,
            runs=len(self._heads),
            faults=dict(sorted(struck.items())),
            blows=dict(sorted(self._blows.items())),
            halts=tuple(self._halts),
            taken_over=sum("taken over" in each.action for each in record.differences),
            journal_head=sha256(" ".join(self._heads).encode()).hexdigest(),
        )

    def _until(self, at: Nanos) -> None:
        self._stage.live(Nanos(START + at), self._looked)

    def _looked(self) -> None:
        """After each step."""
        desk = self._stage.desk
        self._checks.step(desk)
        reason = desk.parts.desk.halt_reason
        now = self._stage.loop.now()
        if reason is None:
            self._halted_at = None
        elif self._halted_at is None:
            self._halted_at = now
            self._halts.append(reason)
        elif now - self._halted_at > _A_LOOK and read_halt(halt_file(self._home)) is not None:
            lift_halt(halt_file(self._home), checked=True)

    def _strike(self, blow: Blow) -> None:
        self._blows[blow.what] += 1
        stage = self._stage
        match blow.what:
            case What.CUT | What.CUT_ALL:
                stage.cut(self._rng, every=blow.what is What.CUT_ALL)
            case What.CRASH | What.DIE:
                if blow.what is What.DIE:
                    self._die(Nanos(blow.at + _TO_DIE))
                self._ended()
                stage.crash()
                self._begin_again(blow.away)
            case What.RESTART:
                stage.desk.wind_down()
                self._ended()
                stage.stop()
                self._begin_again(blow.away)

    def _die(self, latest: Nanos) -> None:
        """Let the desk die behind one of its next lines, if it writes so many soon."""
        self._stage.die_behind(self._rng.randrange(1, 9))
        try:
            self._until(latest)
        except DeskStopped as stopped:
            if not isinstance(stopped.__cause__, Died):
                raise

    def _begin_again(self, away: Nanos) -> None:
        """Whoever watches over the desk starts it again, until the venues answer."""
        self._stage.wait(away)
        while not self._stage.restarted():
            self._stage.wait(_AGAIN)
        self._halted_at = None
        self._begun()

    def _begun(self) -> None:
        self._checks.follow(journal_folder(self._home, self._stage.desk.run))

    def _ended(self) -> None:
        """A run is over: what its journal came to."""
        picture = self._stage.desk.picture()
        self._frames += picture.frames
        self._heads.append(picture.journal_head)


def _of_its_kind(settings: Settings, plan: Scheme) -> Settings:
    """A desk that decides ahead, or signs ahead as well, or does neither."""
    execution = {"decide_ahead": plan.decides_ahead, "sign_ahead": plan.signs_ahead}
    return settings.model_copy(update={"execution": settings.execution.model_copy(update=execution)})
