"""The venues' own clients trade on an account on which our desk trades: each sees the other, and nobody touches it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dutchbook.app.accounts.chain import KeyChain
from dutchbook.app.live.at_work import Gate, at_work
from dutchbook.app.live.opening import Choice
from dutchbook.app.running import RunningDesk
from dutchbook.app.runs import journal_folder
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.config.load import shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.domain.book import Side
from dutchbook.domain.events import Event
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, Leg, OrderStatus, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, SECOND, Money, Nanos, Price, Size, dollars, notional_up
from dutchbook.storage.journal_reader import read
from dutchbook.strategies.ports import DeskView
from tests.judges.conftest import HERE, PATIENCE_S, Seen, _await_quotes, _hear

QUESTION = "Does the bill pass?"
PRICE, SIZE = Price(4_100), Size(20 * CONTRACT)


class Patient:
    """Wants one order to rest at each venue, far below the market, until there is one."""

    name = "patient"

    def __init__(self, markets: Sequence[Market]) -> None:
        self._wanted = {market.venue: market for market in markets if QUESTION in market.title}

    def outcomes(self) -> Collection[OutcomeId]:
        return {market.yes for market in self._wanted.values()}

    def deep(self) -> Container[OutcomeId]:
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        return self._wishes(desk)

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """It does not look at books."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        return self._wishes(desk)

    def served(self, venue: Venue) -> None:
        self._wanted.pop(venue, None)

    def _wishes(self, desk: DeskView) -> Sequence[Intent]:
        found = []
        for market in self._wanted.values():
            subject = f"rest:{market.id}"
            if not desk.busy(subject):
                leg = Leg(market.yes, market.id, Side.BUY, PRICE, SIZE, PRICE, TimeInForce.GTC)
                found.append(_intent(leg, subject, desk))
        return found


def _intent(leg: Leg, subject: str, desk: DeskView) -> Intent:
    cost = Money(notional_up(leg.limit, leg.size))
    return Intent(
        id=desk.next_intent(), strategy="patient", kind="rest", subject=subject, legs=(leg,), cost=cost, edge=Money(0),
        max_loss=cost, oldest=desk.now, at=desk.now, reason="to be seen", plan=PlanKind.LIMIT,
    )  # fmt: skip


@pytest.fixture
def courtroom(tmp_path: Path) -> Iterator[tuple[Path, Seen]]:
    """A home, and a still sandbox in it that its commands find."""
    command = [sys.executable, "-m", "dutchbook.interfaces.cli.main", "sandbox", "--json", "--scenario"]
    environ = {**os.environ, "DUTCHBOOK_HOME": str(tmp_path)}
    with subprocess.Popen([*command, str(HERE / "courtroom.yaml")], env=environ, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        addresses = json.loads(running.stdout.readline())
        accounts = msgspec.to_builtins(sandbox_accounts(tmp_path))
        by_name = {venue: {account["name"]: account for account in rows} for venue, rows in accounts.items()}
        _await_quotes(addresses["kalshi"]["rest"])
        yield tmp_path, {**addresses, "accounts": by_name, "account": "alice"}
        running.terminate()


@pytest.mark.parametrize(
    ("script", "venue", "bought"),
    [
        ("beside_clob_v2", Venue.POLYMARKET, 50),
        ("beside_polymarket", Venue.POLYMARKET, 50),
        ("beside_kalshi", Venue.KALSHI, 20),
    ],
)
def test_an_official_client_beside_our_desk(
    script: str, venue: Venue, bought: int, courtroom: tuple[Path, Seen], judges_python: str
) -> None:
    home, told = courtroom
    shipped = shipped_settings()
    still = shipped.risk.model_copy(update={"stale_price": Nanos(3_600 * SECOND)})  # nothing moves here
    settings = shipped.model_copy(update={"risk": still}).in_mode(Mode.SANDBOX)
    with at_work(Choice(), settings, home, KeyChain(()), lambda _: None, Gate(asked=False, environ={})) as work:
        patient = Patient(work.source.markets)
        with RunningDesk(settings, home, work.source, more=(patient,)) as desk, ThreadPoolExecutor(1) as pool:
            step_until(desk, lambda: resting(desk, patient) == set(Venue), "our orders rest")
            ours = {order.venue_id for order in desk.parts.desk.execution.orders.working()}
            judging: Future[Seen] = pool.submit(_hear, judges_python, script, told)
            step_until(desk, judging.done, f"{script} is done")
            saw = judging.result()
            step_until(desk, lambda: agreed(desk, told["control"]), "desk and venues agree")
            left = {order.venue_id for order in desk.parts.desk.execution.orders.working()}
            run = desk.run
    assert left == ours
    assert len(saw["open before"]) == 1
    assert set(saw["open before"]) < ours, "the client sees our order, by our name for it"
    assert len(saw["open after"]) == 2, "ours and the one that it left, which we did not touch"
    assert saw["cancelled"]
    assert float(saw["bought"]) == bought
    kinds = [line.kind for line in read(journal_folder(home, run))]
    assert "foreign_fill" in kinds
    assert "cancel" not in kinds
    assert [row["open_orders"] for row in rows_of(told["control"], venue)][:1] == [2]


def resting(desk: RunningDesk, patient: Patient) -> set[Venue]:
    found = set()
    for order in desk.parts.desk.execution.orders.working():
        market = desk.parts.desk.market(order.leg.market)
        if market is not None and order.status is OrderStatus.OPEN:
            found.add(market.venue)
            patient.served(market.venue)
    return found


def agreed(desk: RunningDesk, control: str) -> bool:
    """Whether cash and contracts are here what they are there, to the cent."""
    for venue in Venue:
        there = rows_of(control, venue)[0]
        if abs(float(dollars(desk.parts.desk.cash_at(venue))) - float(there["cash"])) >= 0.01:
            return False
        held = {outcome: size for outcome, size in there["holdings"].items() if size}
        ours = {
            outcome: position.size
            for outcome, position in desk.parts.desk.positions().items()
            if (market := desk.parts.desk.market(position.market)) is not None and market.venue is venue
        }
        if held != {outcome: size for outcome, size in ours.items() if size}:
            return False
    return True


def rows_of(control: str, venue: Venue) -> list[Any]:
    """The test accounts of a venue, as the sandbox has them; the desk's comes first."""
    with urllib.request.urlopen(f"{control}/accounts") as answer:  # noqa: S310 - an address of the sandbox
        found: list[Any] = json.load(answer)[venue]
    return found


def step_until(desk: RunningDesk, done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < end, f"not in time: {what}; {desk.picture()}"
        desk.step()
