"""What every server of the exchange in a box is given: its time, its chance, its faults."""

from collections.abc import Callable
from random import Random

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.exchange.faults.switchboard import Switchboard


class ServerContext(msgspec.Struct, frozen=True):
    """Handed to each server at its construction.

    `clock` is the exchange's own time; a server tells `told(now)` to its clients (the clock, skewed by a fault).
    `catch_up` is called before each request is answered, so that it meets the present.
    """

    venue: Venue
    clock: Clock
    switchboard: Switchboard
    rng: Random
    catch_up: Callable[[], None]
    own_network: bool = False
    """Whether the running event loop brings a network of its own, as that of a simulation does."""

    def told(self) -> Nanos:
        """The time that this venue claims: right, unless a fault skews its clock."""
        return Nanos(self.clock.now() + self.switchboard.skew(self.venue))
