"""Token operations from the desk to the chain and back: its books are the venue's to the last unit.

The real desk and the real sandbox, in virtual time.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from dutchbook.app.control.rows import position_rows
from dutchbook.app.journals import journal_lines
from dutchbook.app.sandbox.accounts import SandboxAccounts
from dutchbook.app.torture import stage as staging
from dutchbook.app.torture.accounts import seeded_accounts
from dutchbook.app.torture.ordeal import VILLAGE
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Died, Stage
from dutchbook.app.torture.trader import Gambler
from dutchbook.app.torture.truth import Truth
from dutchbook.catalogue.relations import bundles_of
from dutchbook.config.documents import read_document
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.errors import DeskStopped
from dutchbook.domain.events import OperationReported
from dutchbook.domain.identity import MarketId, OutcomeId, Venue, venue_of
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.operations import OperationKind, Progress
from dutchbook.domain.orders import Intent, Leg, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Nanos, Price, Size, notional_down
from dutchbook.engine.desk import Desk
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.servers.polymarket.wallets import (
    checksummed,
    deposit_wallet,
    proxy_wallet,
    safe_wallet,
)
from dutchbook.execution.settings import Redeem
from dutchbook.execution.step import Alert, Ordered
from dutchbook.storage.journal_reader import JournalLine
from dutchbook.strategies.ports import DeskView

HERE = Venue.POLYMARKET
WALLETS = {"own": lambda owner: owner, "proxy": proxy_wallet, "safe": safe_wallet, "deposit": deposit_wallet}
SIZE = Size(20 * CONTRACT)
DONE = [Progress.SENT, Progress.DONE]


class Buyer(Gambler):
    """Wants one thing once, where nobody decides anything meanwhile: an outcome, or (`kind`) a bundle."""

    kind: BundleKind | None = None

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        assert isinstance(desk, Desk)
        if self.calm or desk.now < START + 10 * SECOND:
            return ()
        for subject, wanted in self._wishes(desk):
            legs = [_leg(outcome, side, desk) for outcome, side in wanted]
            if all(legs):
                self.calm = True
                intent = self._intent(tuple(leg for leg in legs if leg is not None), desk, PlanKind.BASKET)
                return (replace(intent, subject=subject),)
        return ()

    def _wishes(self, desk: Desk) -> Iterator[tuple[str, Sequence[tuple[OutcomeId, Side]]]]:
        if self.kind is None:
            for market in sorted(self._markets.values(), key=lambda market: market.id):
                yield market.id, [(market.yes, Side.BUY)]
            return
        for question in sorted(desk.catalogue.questions(), key=lambda question: question.id):
            for bundle in bundles_of(question, desk.catalogue):
                if bundle.kind is self.kind:
                    yield bundle.id, [(leg.outcome, leg.side) for leg in bundle.legs]


def _leg(outcome: OutcomeId, side: Side, desk: Desk) -> Leg | None:
    """An order that trades at once; None where there is not enough, or somebody decides it soon."""
    market, levels = desk.catalogue.market_of(outcome), desk.depth(outcome, side)
    if market is None or market.venue is not HERE or not _lasts(market, desk.now):
        return None
    if market.status is not MarketStatus.OPEN or not levels or levels[0].size < SIZE:
        return None
    return Leg(outcome, market.id, side, levels[0].price, SIZE, levels[0].price, TimeInForce.FOK)


@pytest.fixture(autouse=True)
def _buys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "Gambler", Buyer)


class Story:
    """A desk that has bought something at Polymarket, and wants nothing any more."""

    until = ""
    """A kind of journal lines: its first ends the wait."""
    lives: int | None = None
    """Behind so many lines the desk dies, as it buys."""

    def __init__(self, home: Path, settings: Settings | None = None) -> None:
        spec = read_document(VILLAGE, ScenarioSpec)
        self.stage = Stage(5, home, spec, FaultPlan(), settings or torture_settings())
        self.truth = Truth(self.stage.sandbox.world.exchanges, self.stage.accounts)
        if self.lives is not None:
            self.live(9)
            self.die_and_rise(self.lives)
            return
        while self.stage.loop.now() < START + 60 * SECOND and not (self.until and self.lines(self.until)):
            self.live(0.05 if self.until else 60)
        self.stage.calm()
        winners = self._winners()
        if winners:
            self.market, self.outcome, self.wins = winners[0]

    def live(self, seconds: float) -> None:
        self.stage.live(Nanos(self.stage.loop.now() + round(seconds * SECOND)))

    def decide(self) -> None:
        """The market is decided, for what we hold."""
        self.before = self.truth.cash(HERE)
        self.worth = notional_down(ONE, self.truth.holdings(HERE)[self.outcome])
        self.inside(lambda exchange: exchange.resolve(self.market, self.wins))

    def inside(self, work: Callable[[Exchange], object]) -> None:
        """Do something at the venue, past its servers."""

        async def done() -> None:
            work(self.stage.sandbox.world.exchanges[HERE])

        self.stage.loop.run_until_complete(done())

    def trouble(self, **fields: object) -> None:
        """A fault from now on."""
        self.stage.sandbox.switchboard.turn_on(FaultPlan.model_validate({"faults": [fields]}).faults[0])

    def lines(self, kind: str) -> list[JournalLine]:
        return [line for line in journal_lines(self.stage.home, None) if line.kind == kind]

    def reports(self) -> list[Progress]:
        return [msgspec.json.decode(line.body, type=OperationReported).progress for line in self.lines("operated")]

    def holds(self) -> bool:
        positions = self.stage.desk.parts.desk.positions().values()
        return any(position.market == self.market for position in positions)

    def die_and_rise(self, lines: int) -> None:
        """The desk dies behind so many lines more, if it writes so many, and is started again."""
        self.stage.die_behind(lines)
        try:
            self.live(60)
        except DeskStopped as stopped:
            if not isinstance(stopped.__cause__, Died):
                raise
        self.stage.crash()
        assert self.stage.restarted()
        self.live(300)

    def deeds(self) -> list[OperationKind]:
        """What the venue was asked for, in order."""
        return [msgspec.json.decode(line.body, type=Ordered).operation.kind for line in self.lines("operate")]

    def agrees(self) -> bool:
        """Whether books and venue say the same of cash and of contracts, to the last unit."""
        desk, theirs = self.stage.desk.parts.desk, self.truth.holdings(HERE)
        ours = {o: p.size for o, p in desk.positions().items() if venue_of(p.market) is HERE}
        return desk.cash_at(HERE) == self.truth.cash(HERE) and ours == theirs

    def check_paid(self) -> None:
        """The position is gone, here and there, and cash is the same here and there, to the micro-dollar."""
        assert not self.holds()
        assert self.truth.holdings(HERE).get(self.outcome, 0) == 0
        assert self.stage.desk.parts.desk.cash_at(HERE) == self.truth.cash(HERE) >= self.before + self.worth

    def _winners(self) -> Sequence[tuple[MarketId, OutcomeId, Price]]:
        desk, found = self.stage.desk.parts.desk, []
        for outcome in sorted(desk.positions()):
            market = desk.catalogue.market_of(outcome)
            if market is not None and market.venue is HERE and market.payout is None and _lasts(market, desk.now):
                found.append((market.id, outcome, ONE if outcome == market.yes else Price(0)))
        return found


def _lasts(market: Market, now: Nanos) -> bool:
    """Whether nobody else decides it while the story is told."""
    return market.settles is not None and market.settles > now + 7_200 * SECOND


def _accounts_with(kind: str) -> Callable[[int], SandboxAccounts]:
    def accounts(seed: int) -> SandboxAccounts:
        made = seeded_accounts(seed)
        [mine] = made.polymarket
        funder = checksummed(WALLETS[kind](mine.address.lower()))
        wallet = replace(mine, funder=funder, signature_type=list(WALLETS).index(kind))
        return SandboxAccounts((wallet,), made.kalshi)

    return accounts


@pytest.mark.parametrize("kind", WALLETS)
def test_what_won_is_redeemed_and_booked_once_it_is_paid(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "seeded_accounts", _accounts_with(kind))
    story = Story(tmp_path)
    equity = story.stage.desk.parts.desk.valuation().low
    story.decide()
    story.live(0.5)
    assert story.holds()  # not booked before it is paid
    [row] = [row for row in position_rows(story.stage.desk.parts.desk) if row.outcome == story.outcome]
    assert (row.state in ("redeemable", "redeeming"), row.bid) == (True, ONE)
    assert story.stage.desk.parts.desk.valuation().low >= equity  # and worth what it will pay
    story.live(20)
    assert story.reports() == DONE
    story.check_paid()
    assert story.stage.desk.parts.desk.halt_reason is None
    story.stage.close()


def test_a_slow_and_failing_relayer_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "seeded_accounts", _accounts_with("deposit"))
    story = Story(tmp_path)
    relayer = {"venue": "polymarket", "path": "/v1/account/transactions/*", "method": "GET"}
    story.trouble(name="slow", fault="http_status", status=503, **relayer)
    story.decide()
    story.live(60)
    assert story.holds()
    assert story.reports() == [Progress.FAILED]  # its nonce was not to be had: nothing left
    assert b"not sent" in bytes(story.lines("alert")[-1].body)
    seen = story.stage.desk.picture()
    assert seen.alerts[0].text == msgspec.json.decode(story.lines("alert")[-1].body, type=Alert).text
    assert seen.alerts_total == len(story.lines("alert"))
    story.stage.sandbox.switchboard.turn_off("slow")
    story.live(200)
    assert story.reports() == [Progress.FAILED, *DONE]
    story.check_paid()
    story.stage.close()


def test_a_lost_answer_of_the_relayer_is_settled_by_what_the_account_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "seeded_accounts", _accounts_with("safe"))
    story = Story(tmp_path)
    story.trouble(name="lost", fault="timeout_after_accept", hangs="5s", venue="polymarket", path="/submit")
    story.decide()
    story.live(300)
    assert story.reports()[0] is Progress.UNKNOWN
    assert b"nobody knows whether it happened" in b"".join(bytes(line.body) for line in story.lines("alert"))
    story.check_paid()
    assert story.lines("done") == []  # nobody reported it done: the account did
    story.stage.close()


def test_a_desk_that_died_with_a_redemption_under_way_finds_out_what_became_of_it(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.decide()
    while not story.reports():
        story.live(0.05)
    assert story.reports() == [Progress.SENT]
    story.stage.crash()
    assert story.stage.restarted()
    story.live(120)
    assert story.reports() == [Progress.DONE]
    story.check_paid()
    story.stage.close()


def test_a_desk_that_died_before_it_knew_asks_the_account_and_redeems_again(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.decide()
    while not story.lines("operate"):
        story.live(0.01)
    assert story.reports() == []
    story.stage.crash()
    assert story.stage.restarted()
    story.live(300)
    assert story.reports()[0] is Progress.UNKNOWN
    story.check_paid()
    story.stage.close()


def test_a_desk_that_was_away_at_the_decision_redeems_at_its_start(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.stage.crash()
    story.decide()
    story.stage.wait(Nanos(60 * SECOND))
    assert story.stage.restarted()
    story.live(900)
    assert story.reports() == DONE
    story.check_paid()
    story.stage.close()


def test_without_redeeming_shares_stay_until_somebody_redeems_them(tmp_path: Path) -> None:
    settings = torture_settings()
    execution = settings.execution.model_copy(update={"redeem": Redeem.OFF})
    story = Story(tmp_path, settings.model_copy(update={"execution": execution}))
    story.decide()
    story.live(200)
    assert story.holds()
    assert story.lines("operate") == []
    assert story.stage.desk.parts.desk.cash_at(HERE) == story.truth.cash(HERE)
    story.inside(lambda exchange: exchange.redeem(story.truth.account(HERE).id, story.market))
    story.live(200)
    story.check_paid()
    assert story.stage.desk.parts.desk.ledger.adopted == 20_000 * DOLLAR  # what both venues stated at first
    story.stage.close()


@pytest.mark.parametrize("wallet", ["own", "deposit"])
@pytest.mark.parametrize(
    ("kind", "deeds"),
    [
        (BundleKind.BUY_BOTH, [OperationKind.MERGE]),
        (BundleKind.SPLIT_SELL, [OperationKind.SPLIT]),
        (BundleKind.ALL_NO, [OperationKind.CONVERT]),
    ],
)
def test_bundles_are_split_merged_and_converted_at_the_venue(
    kind: BundleKind, deeds: list[OperationKind], wallet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "seeded_accounts", _accounts_with(wallet))
    monkeypatch.setattr(Buyer, "kind", kind)
    story = Story(tmp_path)
    assert story.deeds()[: len(deeds)] == deeds
    assert story.reports()[:2] == DONE
    story.live(120)
    assert story.agrees()
    assert not story.stage.desk.parts.desk.execution.working()
    story.stage.close()


def test_a_desk_that_died_with_a_split_under_way_gets_its_dollars_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Buyer, "kind", BundleKind.SPLIT_SELL)
    monkeypatch.setattr(Story, "until", "operated")
    story = Story(tmp_path)
    assert (story.deeds(), story.reports()) == ([OperationKind.SPLIT], [Progress.SENT])
    story.stage.crash()
    assert story.stage.restarted()
    story.live(200)
    assert story.deeds() == [OperationKind.MERGE]
    assert story.reports() == [Progress.DONE, *DONE]
    assert story.agrees()
    assert story.truth.cash(HERE) == 10_000 * DOLLAR
    assert story.stage.desk.parts.desk.ledger.adopted == 20_000 * DOLLAR
    story.stage.close()


@pytest.mark.parametrize("lines", range(1, 15, 4))
def test_a_desk_that_dies_between_any_two_lines_of_a_redemption_is_paid(lines: int, tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.decide()
    story.die_and_rise(lines)
    assert story.agrees()
    assert story.truth.cash(HERE) >= story.before + story.worth
    story.stage.close()


@pytest.mark.parametrize("lines", [1, 3, 6, 10, 15, 24])
@pytest.mark.parametrize("kind", [BundleKind.SPLIT_SELL, BundleKind.ALL_NO])
def test_a_desk_that_dies_between_any_two_lines_of_a_bundle_is_true_in_the_end(
    kind: BundleKind, lines: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Buyer, "kind", kind)
    monkeypatch.setattr(Story, "lives", lines)
    story = Story(tmp_path)
    story.live(400)
    assert story.agrees()
    assert not story.stage.desk.parts.desk.execution.working()
    story.stage.close()
