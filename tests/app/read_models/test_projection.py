"""What the database says is what the desk knew: money, contracts, orders, across deaths and in any portions."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from dutchbook.app.read_models import projector as projecting
from dutchbook.app.read_models.maintenance import open_to_write, rebuild
from dutchbook.app.read_models.projector import Projector
from dutchbook.app.torture.ordeal import VILLAGE
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Stage
from dutchbook.config.documents import read_document
from dutchbook.domain.errors import DatabaseError
from dutchbook.domain.identity import Venue, venue_of
from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.database.edits.notes import add_note
from dutchbook.storage.database.filters import MOST, Page, Scope, TradeFilter
from dutchbook.storage.database.forgetting import count_entries, forget_entries, forgotten_before
from dutchbook.storage.database.queries.actions import actions
from dutchbook.storage.database.queries.equity import equity_curve
from dutchbook.storage.database.queries.kept import notes
from dutchbook.storage.database.queries.order_detail import order_detail
from dutchbook.storage.database.queries.runs import runs
from dutchbook.storage.database.queries.trading import closed_trades, fills, orders, positions_now, trade_summary
from dutchbook.storage.database.queries.wallets import wallets
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.database.tables import DERIVED
from dutchbook.storage.database.writer import Writer
from tests.conftest import ROOT

NOW = Nanos(START + 1)
ALL = Page(limit=MOST)


class Past:
    """A home in which a desk traded in the sandbox, was killed, and went on; and what it knew at its end."""

    def __init__(self, home: Path) -> None:
        self.home = home
        stage = Stage(11, home, read_document(VILLAGE, ScenarioSpec), FaultPlan(), torture_settings())
        stage.live(Nanos(START + 240 * SECOND))
        self.first = stage.desk.run
        stage.crash()
        assert stage.restarted()
        stage.live(Nanos(stage.loop.now() + 240 * SECOND))
        desk = stage.desk.parts.desk
        self.run = stage.desk.run
        self.cash, self.realised, self.fees = desk.ledger.cash, desk.ledger.realised, desk.ledger.fees
        self.cash_at = {venue: desk.venue_cash.at(venue) for venue in Venue}
        self.positions = {name: (held.size, held.cost) for name, held in desk.ledger.positions.items()}
        self.orders = {order.id: (str(order.status), order.filled) for order in desk.execution.orders}
        stage.close()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    return Past(tmp_path_factory.mktemp("past"))


@pytest.fixture
def home(past: Past, tmp_path: Path) -> Path:
    """The same journals, in a home of one's own."""
    shutil.copytree(past.home / "runs", tmp_path / "runs")
    return tmp_path


@pytest.fixture
def read(home: Path, settings: DatabaseSettings) -> Iterator[Database]:
    """Its database, with all that the journals say."""
    database, _ = open_to_write(home, settings, NOW)
    with database:
        Projector(home, database.writer).catch_up()
        yield database


def contents(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """All that comes from journals, but for how the reader remembers."""
    return {
        table.name: sorted(
            (tuple(row) for row in connection.execute(select(*(c for c in table.c if c.name != "state")))), key=str
        )
        for table in DERIVED
    }


def test_positions_and_cash_are_those_of_the_desk(past: Past, read: Database) -> None:
    held = read.query(positions_now, TradeFilter(scope=Scope(run=past.run)), ALL)
    assert {point.outcome: (point.size, point.cost) for point in held} == past.positions
    kept = {run.run: run for run in read.query(runs)}[past.run]
    assert kept.cash == past.cash
    assert {purse.venue: purse.cash for purse in read.query(wallets)} == past.cash_at
    assert past.positions, "a test without positions proves nothing"


def test_an_order_that_outlived_its_run_is_one_order(past: Past, read: Database) -> None:
    [first] = [run for run in read.query(runs) if run.run == past.first]
    kept = read.query(orders, page=ALL)
    assert len({order.id for order in kept}) == len(kept), "over all runs every order is there once"
    survived = [order for order in kept if order.origin != order.run]
    assert survived, "a test without orders that outlive their run proves nothing"
    for order in survived:
        assert (order.origin, order.run, order.taken_over) == (past.first, past.run, "")
        assert order.sent < first.last
        [left] = read.query(orders, TradeFilter(scope=Scope(run=past.first), search=order.id))
        assert left.taken_over == past.run
        found = read.query(order_detail, order.id)
        assert found is not None
        assert found.order == order
        assert [entry.kind for entry in found.chain][:2] == ["order", "verdict"]
        assert found.about[0].run == past.first
        assert sum(fill.size for fill in found.fills if fill.state != "reversed") == order.filled
    done = read.query(fills, page=ALL)
    assert len({(fill.order, fill.id) for fill in done}) == len(done), "and so is every fill"


def test_orders_end_as_the_desk_knew_them(past: Past, read: Database) -> None:
    kept = read.query(orders, TradeFilter(scope=Scope(run=past.run)), ALL)
    assert {order.id: (str(order.status), order.filled) for order in kept} == past.orders
    assert any(order.status.final for order in kept)
    assert all(order.strategy and order.reason for order in kept)


def test_profit_of_wallets_over_all_runs_is_the_ledgers(past: Past, read: Database) -> None:
    purses = read.query(wallets, "sandbox")
    assert sum(purse.realised for purse in purses) == past.realised
    assert sum(purse.fees for purse in purses) == past.fees
    assert past.realised
    assert past.fees


def test_closed_trades_and_what_is_still_open_add_up_to_the_books(past: Past, read: Database) -> None:
    """Each run's trips: profit of the closed ones, and what parts of the open ones brought, is realised less fees."""
    one_run = TradeFilter(scope=Scope(run=past.first))
    found = read.query(closed_trades, one_run, ALL)
    assert found
    assert all(trade.profit == trade.proceeds - trade.cost - trade.fees for trade in found)
    assert read.query(trade_summary, one_run).profit == sum(trade.profit for trade in found)
    sold = [fill for fill in read.query(fills, one_run, ALL) if fill.side == "sell"]
    assert {trade.outcome for trade in found if trade.closed_by == "sold"} <= {fill.outcome for fill in sold}


def test_every_fill_is_in_the_wallet_of_its_venue(read: Database) -> None:
    kept = read.query(fills, page=ALL)
    assert kept
    assert all(fill.wallet == f"sandbox-{venue_of(fill.market)}" for fill in kept)


def test_the_equity_curve_goes_on_from_run_to_run(past: Past, read: Database) -> None:
    curve = read.query(equity_curve, Scope(mode="sandbox"))
    assert {point.run for point in curve} == {past.first, past.run}
    assert [point.at for point in curve] == sorted(point.at for point in curve)
    assert all(0 <= point.drawdown_ppm <= 1_000_000 for point in curve)
    begun = {run.run: run.bankroll for run in read.query(runs)}
    for name in (past.first, past.run):
        own = [point for point in curve if point.run == name]
        assert own[0].equity == begun[name] > 0
        assert len({point.day_start for point in own}) == 1, "no venue states its cash within the curve"


def test_old_entries_leave_both_kinds_of_databases_and_that_is_on_record(read: Database) -> None:
    later = Nanos(START + 365 * DAY)
    kept = read.query(fills, page=ALL)
    there = read.query(count_entries, later)
    assert read.change(forget_entries, Author("cli:ann", later, "full"), later) == there > 0
    assert (read.query(count_entries, later), read.query(forgotten_before)) == (0, later)
    assert read.query(fills, page=ALL) == kept
    [done] = [each for each in read.query(actions) if each.place == "database"]
    assert (done.by, done.action, done.why) == ("cli:ann", "forget old entries", "full")
    assert read.change(forget_entries, Author("cli:ann", later), later) == 0


@pytest.mark.parametrize("portion", [3, 29, 501])
def test_read_in_any_portions_by_readers_that_die_between_them_it_is_the_same(
    portion: int, home: Path, tmp_path: Path, read: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = read.query(contents)
    monkeypatch.setattr(projecting, "_BATCH", portion)
    other = tmp_path / "other"
    shutil.copytree(home / "runs", other / "runs")
    database, _ = open_to_write(other, DatabaseSettings(), NOW)
    with database:
        while Projector(other, DyingWriter(database.writer, max(3, 900 // portion))).catch_up():
            pass
        assert database.query(contents) == at_once


class DyingWriter:
    """Commits some portions, then no more: whoever reads on begins with what is in the database."""

    def __init__(self, writer: Writer, portions: int) -> None:
        self._writer = writer
        self._left = portions

    def run(self, job: Callable[[Connection], int]) -> int:
        self._left -= 1
        return self._writer.run(job) if self._left >= 0 else 0


@pytest.mark.long
def test_a_reader_that_is_killed_before_and_behind_commits_loses_and_doubles_nothing(
    home: Path, tmp_path: Path, read: Database
) -> None:
    other = tmp_path / "other"
    shutil.copytree(home / "runs", other / "runs")
    for commits, when in ((1, "BEFORE"), (3, "BEHIND"), (4, "BEFORE"), (2, "BEHIND")):
        script = [sys.executable, "-m", "tests.app.read_models.killed_reader", str(other), str(commits), when]
        killed = subprocess.run(script, check=False, cwd=ROOT, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    database, _ = open_to_write(other, DatabaseSettings(), NOW)
    with database:
        assert database.query(runs), "something was read"
        Projector(other, database.writer).catch_up()
        assert database.query(contents) == read.query(contents)


def test_reading_again_changes_nothing(home: Path, read: Database) -> None:
    before = read.query(contents)
    assert Projector(home, read.writer).catch_up() == 0
    assert read.query(contents) == before


def test_rebuilding_gives_the_same_and_keeps_what_people_wrote(
    past: Past, home: Path, settings: DatabaseSettings
) -> None:
    database, _ = open_to_write(home, settings, NOW)
    with database:
        Projector(home, database.writer).catch_up()
        note = database.change(add_note, Author("web:alice", NOW, "for later"), past.run, "x", "why so late?")
        before = database.query(contents)
    lines, problems = rebuild(home, settings, NOW)
    assert lines > 0
    assert problems == ()
    with Database.to_read(database.place) as after:
        assert after.query(contents) == before
        assert after.query(notes) == (note,)


def test_a_full_disk_in_between_loses_nothing(home: Path, read: Database, tmp_path: Path) -> None:
    expected = read.query(contents)
    other = tmp_path / "other"
    shutil.copytree(home / "runs", other / "runs")
    database, _ = open_to_write(other, DatabaseSettings(), NOW)
    with database:
        pages = database.change(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar_one())
        database.change(lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}").scalar_one())
        reader = Projector(other, database.writer)
        with pytest.raises(DatabaseError, match="disk is full"):
            reader.catch_up()
        database.change(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000").scalar_one())
        reader.catch_up()
        assert database.query(contents) == expected


def test_a_damaged_journal_stops_itself_alone_and_says_where(past: Past, home: Path, tmp_path: Path) -> None:
    segment = home / "runs" / past.first / "journal" / "journal-000001.jsonl"
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[40] = lines[40].replace(b'"at":1', b'"at":2', 1)
    segment.write_bytes(b"".join(lines))
    database, _ = open_to_write(home, DatabaseSettings(), NOW)
    with database:
        Projector(home, database.writer).catch_up()
        found = {run.run: run for run in database.query(runs)}
    assert found[past.first].lines == 40
    assert "line 41" in found[past.first].problem
    assert "dutchbook journal verify" in found[past.first].problem
    assert found[past.run].problem == ""
    assert found[past.run].ended is not None


def test_a_journal_that_lost_its_end_in_a_power_cut_is_read_anew(past: Past, home: Path) -> None:
    segment = home / "runs" / past.run / "journal" / "journal-000001.jsonl"
    whole = segment.read_bytes()
    database, _ = open_to_write(home, DatabaseSettings(), NOW)
    with database:
        Projector(home, database.writer).catch_up()
        cut = whole[: whole.rindex(b"\n", 0, len(whole) // 2) + 1]
        segment.write_bytes(cut)
        Projector(home, database.writer).catch_up()
        found = {run.run: run for run in database.query(runs)}[past.run]
    assert found.lines == cut.count(b"\n")
    assert found.ended is None
