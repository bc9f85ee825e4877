"""Opens the venues that a command names: a sandbox of its own, or the real hosts."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from dutchbook.app.live.feeds import Tell
from dutchbook.app.live.source import LiveSource
from dutchbook.app.live.venues import Where, connecting, in_sandbox, in_the_world
from dutchbook.app.sandbox.child import SandboxProcess
from dutchbook.config.settings import Settings
from dutchbook.domain.identity import Venue
from dutchbook.engine.clocks import RealClock


class Choice(msgspec.Struct, frozen=True):
    """What a user chose: real venues, or none of them for a sandbox started with these options."""

    venues: tuple[Venue, ...] = ()
    sandbox: tuple[str, ...] = ()


@contextmanager
def places(choice: Choice, home: Path, environ: Mapping[str, str]) -> Iterator[Where]:
    """The hosts of the venues chosen; a sandbox started for it ends with the context.

    Raises ConfigError for a missing key.
    """
    if choice.venues:
        yield in_the_world(choice.venues, environ)
        return
    with SandboxProcess(home, choice.sandbox) as sandbox:
        yield in_sandbox(sandbox.addresses, home)


@contextmanager
def opened(
    choice: Choice, settings: Settings, home: Path, environ: Mapping[str, str], tell: Tell
) -> Iterator[LiveSource]:
    """The source of the venues chosen; a sandbox started for it ends with the context.

    Raises ConfigError for a missing key, VenueError in one line for a host that cannot be reached.
    """
    with places(choice, home, environ) as where:
        clock = RealClock()
        with closing(LiveSource(where.label, connecting(where, settings.venues, clock), clock, tell)) as source:
            yield source
