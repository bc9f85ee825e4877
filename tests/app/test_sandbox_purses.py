"""The sandbox's test accounts have money wherever something will be traded."""

from pathlib import Path

from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.app.sandbox.polymarket import PURSE
from dutchbook.app.sandbox.running import Make, Sandbox
from dutchbook.domain.identity import Venue
from dutchbook.engine.clocks import VirtualClock
from dutchbook.exchange.faults.plan import FaultPlan
from tests.exchange.living.village import START, question, scenario


def test_a_question_that_is_listed_later_finds_money_on_its_shard(tmp_path: Path) -> None:
    spec = scenario(question("binary"), question("brackets", ticker="KXLATE", listed="10m", kalshi_shard=3))
    sandbox = Sandbox(Make(spec=spec, plan=FaultPlan(), seed=1), sandbox_accounts(tmp_path), VirtualClock(START))
    exchange = sandbox.world.exchanges[Venue.KALSHI]
    assert {listing.shard for listing in exchange.listings.values()} == {0}
    for account in sandbox.kalshi.accounts:
        assert [exchange.accounts[account].cash(shard) for shard in (0, 3, 1)] == [PURSE, PURSE, 0]
