"""A reading of the account that is tried again asks for everything again."""

from collections.abc import Sequence
from random import Random

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.account_sweep import read_account
from dutchbook.venues.polymarket.private_reads import PrivateReads
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Exchange

WALLET = "0x" + "1" * 40
HELD = OutcomeId("123456789")


async def test_what_is_held_is_asked_for_at_every_try_though_it_is_told_once() -> None:
    asked: list[str] = []

    async def get(path: str, _: Sequence[tuple[str, int]]) -> Exchange:
        asked.append(path)
        if "balance" in path:
            return Exchange(path=path, status=200, body='{"balance":"5"}')
        torn = len(asked) == 1
        return Exchange(path=path, status=200, body='{"da' if torn else '{"data":[],"next_cursor":"LTE="}')

    async def sleep(_: float) -> None:
        """At once."""

    account = polymarket_account(address=WALLET, salt_seed="s", funder=WALLET, signature_type=0, owner="o")
    around = Surroundings(VirtualClock(Nanos(1)), Random(1), sleep, connect)
    reads = PrivateReads(get, account, around)
    exchanges = await reads.account(Nanos(0), (outcome for outcome in (HELD,)))
    assert [outcome for outcome, _ in read_account(exchanges).balances] == [HELD]
