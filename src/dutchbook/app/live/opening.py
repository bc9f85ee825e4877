"""Opens the venues that a command names: a sandbox of its own, or the real hosts."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import msgspec

from dutchbook.app.accounts.chain import KeyChain
from dutchbook.app.live.feeds import Tell
from dutchbook.app.live.rewards import filters_wanted
from dutchbook.app.live.source import LiveSource
from dutchbook.app.live.venues import Where, connecting, in_sandbox, in_the_world
from dutchbook.app.pairing import paired_markets
from dutchbook.app.sandbox.child import SandboxProcess
from dutchbook.app.sandbox.registry import found
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import Venue
from dutchbook.domain.pairs import PairedMarket
from dutchbook.engine.clocks import RealClock


class Choice(msgspec.Struct, frozen=True):
    """What a user chose: real venues, or none of them for a sandbox started with these options."""

    venues: tuple[Venue, ...] = ()
    sandbox: tuple[str, ...] = ()


@contextmanager
def places(choice: Choice, home: Path, keys: KeyChain) -> Iterator[Where]:
    """The hosts of the venues chosen, or else the sandbox that runs in this home, or one that ends with the context.

    Raises ConfigError for a missing key.
    """
    if choice.venues:
        yield in_the_world(choice.venues, keys)
        return
    running = found(home)
    if running is not None:
        if choice.sandbox:
            raise UsageError(
                "a sandbox runs in this home already - leave out --seed, --scenario and --faults, or end it"
            )
        yield in_sandbox(running, home)
        return
    with SandboxProcess(home, choice.sandbox) as sandbox:
        # Nobody comes back to this world: it ends with this context.
        yield in_sandbox(msgspec.structs.replace(sandbox.addresses, world=uuid4().hex), home)


@contextmanager
def opened(
    choice: Choice,
    settings: Settings,
    home: Path,
    keys: KeyChain,
    tell: Tell,
    named: Sequence[PairedMarket] = (),
) -> Iterator[LiveSource]:
    """The source of the venues chosen; a sandbox started for it ends with the context.

    The markets of the home's approved pairs, and those `named`, are among what it reads.

    Raises ConfigError for a missing key, VenueError in one line for a host that cannot be reached.
    """
    with places(choice, home, keys) as where:
        clock = RealClock()
        pairs = (*paired_markets(home), *named)
        connect = connecting(where, settings.venues, clock, pairs, rewards=filters_wanted(settings))
        with closing(LiveSource(where.label, connect, clock, tell)) as source:
            yield source
