"""The exchange in a box in a process of its own, which tells on stdin's wish what it really has of the desk's account.

Run as a script: home, scenario and fault plan are its arguments. Prints its addresses, then an answer to each line:
`truth`, or `peace` to turn every fault off.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.app.sandbox.registry import registered
from dutchbook.app.sandbox.running import Make, Ports, Sandbox
from dutchbook.app.torture.truth import Truth, named
from dutchbook.config.documents import read_document
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.units import Money, Size
from dutchbook.engine.clocks import RealClock
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec


class Taken(msgspec.Struct, frozen=True):
    """An order that a venue took. `name` is the desk's for it, `id` the venue's."""

    venue: Venue
    name: str
    id: str
    filled: Size
    remaining: Size
    open: bool
    spends: bool
    """Whether it spends an amount of money: a better price then brings more than was asked for."""


class Standing(msgspec.Struct, frozen=True):
    """An account at its venues. `struck`: how often each fault did."""

    orders: list[Taken]
    cash: dict[Venue, Money]
    holdings: dict[OutcomeId, Size]
    struck: dict[str, int]


def standing(truth: Truth, sandbox: Sandbox) -> Standing:
    """What the exchanges have, read past their servers."""
    orders: list[Taken] = []
    holdings: dict[OutcomeId, Size] = {}
    for venue in Venue:
        resting = truth.open(venue)
        orders += [
            Taken(
                venue,
                name := named(venue, one),
                one.new.id,
                one.filled,
                one.remaining,
                name in resting,
                one.new.spend is not None,
            )
            for one in truth.orders(venue)
        ]
        holdings.update(truth.holdings(venue))
    struck = {fault.name: fault.struck for fault in sandbox.switchboard.status()}
    return Standing(orders, {venue: truth.cash(venue) for venue in Venue}, holdings, struck)


async def serve(home: Path, scenario: Path, plan: Path) -> None:
    """Until stdin ends."""
    accounts = sandbox_accounts(home)
    make = Make(spec=read_document(scenario, ScenarioSpec), plan=read_document(plan, FaultPlan), seed=1, hurried=True)
    sandbox = Sandbox(make, accounts, RealClock())
    truth = Truth(sandbox.world.exchanges, accounts)
    addresses = await sandbox.start(Ports())
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    struck: dict[str, int] = {}
    with registered(home, addresses):
        _say(addresses)
        while line := await lines.readline():
            now = standing(truth, sandbox)
            struck |= now.struck
            if line.strip() == b"peace":
                for name in now.struck:
                    sandbox.switchboard.turn_off(name)
            _say(msgspec.structs.replace(now, struck=struck))
    await sandbox.close()


def _say(what: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(serve(*(Path(word) for word in sys.argv[1:4])))
