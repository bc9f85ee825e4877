"""Runs a sandbox until its time is over or somebody ends it."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from dutchbook.app.live.event_loop import new_event_loop
from dutchbook.app.live.recording import record_until_cancelled
from dutchbook.app.live.venues import in_sandbox
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.app.sandbox.addresses import SandboxAddresses
from dutchbook.app.sandbox.registry import registered
from dutchbook.app.sandbox.running import Make, Ports, Sandbox
from dutchbook.config.documents import read_document
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.engine.clocks import RealClock
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.scenario_file import built_in, built_ins
from dutchbook.exchange.living.spec import ScenarioSpec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may choose for a sandbox. `ports`: the first of Polymarket's, of Kalshi's, and the control port."""

    scenario: str
    faults: Path | None
    seed: int
    speed: float
    ports: tuple[int, int, int]
    record: Path | None
    seconds: float | None
    alone: bool = False
    """Whether other commands of this home may not find it."""


def serve(home: Path, settings: Settings, options: Options, announce: Callable[[SandboxAddresses], None]) -> None:
    """Run until SIGINT, SIGTERM or the end of the time asked for.

    Raises ConfigError for a scenario or a fault plan with a mistake, DutchbookError for a port that is taken,
    RecordingError if there is a recording already where one is to be written.
    """
    spec = scenario_of(options.scenario)
    plan = FaultPlan() if options.faults is None else read_document(options.faults, FaultPlan)
    make = Make(spec=spec, plan=plan, seed=options.seed, speed=options.speed)
    sandbox = Sandbox(make, sandbox_accounts(home), RealClock())
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(sandbox, Surroundings(home, settings, announce), options))


class Surroundings(msgspec.Struct, frozen=True):
    """Whose sandbox it is, and whom to tell where it listens."""

    home: Path
    settings: Settings
    announce: Callable[[SandboxAddresses], None]


def scenario_of(name: str) -> ScenarioSpec:
    """A scenario by its name or its file. Raises UsageError if it is neither."""
    if name in built_ins():
        return read_document(built_in(name), ScenarioSpec)
    if not (path := Path(name)).is_file():
        raise UsageError(f"scenario {name!r}: neither a file nor one of {', '.join(built_ins())} - name one of them")
    return read_document(path, ScenarioSpec)


async def _serve(sandbox: Sandbox, around: Surroundings, options: Options) -> None:
    over, ends = asyncio.Event(), ExitStack()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    try:
        addresses = await sandbox.start(Ports(*options.ports))
    except OSError as error:
        await sandbox.close()
        raise DutchbookError(f"sandbox: no port to listen on ({error.strerror}) - choose others, or 0") from error
    try:
        if not options.alone:
            ends.enter_context(registered(around.home, addresses))
        around.announce(addresses)
        works = [asyncio.create_task(sandbox.failed())]
        if options.record is not None:
            where = in_sandbox(addresses, around.home)
            recording = record_until_cancelled(where, options.record, around.settings, sandbox.flow)
            works.append(asyncio.create_task(recording))
        await _until(over, works, options.seconds)
    finally:
        ends.close()
        await sandbox.close()


async def _until(over: asyncio.Event, works: list[asyncio.Task[None]], seconds: float | None) -> None:
    """Wait for the end, and let the works end. Raises what ended one of them before."""
    ending = asyncio.create_task(over.wait())
    await asyncio.wait((ending, *works), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    failed = [work for work in works if work.done()]
    for task in (ending, *works):
        task.cancel()
    await asyncio.gather(ending, *works, return_exceptions=True)
    for work in failed:
        work.result()
