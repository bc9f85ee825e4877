"""What every live client takes from outside: time, chance, waiting, and the way to open a socket."""

from random import Random

import msgspec

from dutchbook.domain.ports import Clock
from dutchbook.venues.budget import Sleep
from dutchbook.venues.sockets import Connect


class Surroundings(msgspec.Struct, frozen=True):
    """Handed to each client at its construction; tests hand in time that they move themselves."""

    clock: Clock
    rng: Random
    sleep: Sleep
    connect: Connect
