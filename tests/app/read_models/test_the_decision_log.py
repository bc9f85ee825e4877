"""The decision log of a minute on paper: its stages, its proofs, its way back to the frame, and lies found out."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from dutchbook.app.journals import journal_lines
from dutchbook.app.read_models.integrity import LogCheck, check_log
from dutchbook.app.read_models.maintenance import open_to_write
from dutchbook.app.read_models.projector import Projector
from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.domain.events import HaltOrdered, JournalRef
from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.decision_words import Decision, Stage
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.database.edits.strategies import bind
from dutchbook.storage.database.edits.wallets import WalletChange, update_wallet
from dutchbook.storage.database.filters import MOST, DecisionFilter, Page, Scope, TradeFilter
from dutchbook.storage.database.queries.actions import actions
from dutchbook.storage.database.queries.decisions import count_decisions, decisions, summary
from dutchbook.storage.database.queries.order_detail import order_detail
from dutchbook.storage.database.queries.runs import latest_run
from dutchbook.storage.database.queries.scanning import near_misses, opportunities, risk_events
from dutchbook.storage.database.queries.strategies import overview
from dutchbook.storage.database.queries.trading import fills, orders
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.database.tables import DECISIONS, JOURNAL_LINES

START = Nanos(1_790_000_000 * SECOND)
ALL = Page(limit=MOST)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a desk traded on paper for a minute, and was halted by a person then."""
    home = tmp_path_factory.mktemp("minute")
    clock = VirtualClock(START)
    with RunningDesk(shipped_settings(), home, WalkSource(7, clock), clock) as desk:
        for _ in range(600):
            clock.advance(Nanos(clock.now() + SECOND // 10))
            desk.step()
        halt = HaltOrdered("looks <b>wrong</b> (by cli:bob)", clock.now())
        desk.parts.loop.dispatch(halt, JournalRef(desk.journal.seq))
    return home


@pytest.fixture(scope="module")
def database(home: Path) -> Iterator[Database]:
    database, _ = open_to_write(home, DatabaseSettings(), START)
    with database:
        Projector(home, database.writer).catch_up()
        yield database


def test_every_stage_that_has_a_room_has_entries(database: Database) -> None:
    figures = database.query(summary)
    assert set(figures.by_stage) == set(Stage) - {Stage.RESEARCH, Stage.FORECAST}
    assert sum(figures.by_stage.values()) == figures.total == database.query(count_decisions)
    assert figures.by_decision[Decision.TRADE] > 0
    assert figures.trade_ppm is not None
    assert 0 < figures.trade_ppm <= 1_000_000


def test_every_entry_carries_a_proof_that_holds(database: Database) -> None:
    entries = database.query(decisions, page=ALL)
    assert entries
    assert all(entry.proven for entry in entries)
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)


def test_filters_and_pages_take_the_log_apart_without_loss(database: Database) -> None:
    total = database.query(count_decisions)
    by_stage = [database.query(count_decisions, DecisionFilter(stages=(stage,))) for stage in Stage]
    assert sum(by_stage) == total
    pages = [database.query(decisions, page=Page(limit=50, offset=n)) for n in range(0, total, 50)]
    seen = [(entry.seq, entry.stage) for page in pages for entry in page]
    assert len(seen) == len(set(seen)) == total
    early = DecisionFilter(scope=Scope(until=Nanos(START + 30 * SECOND)))
    late = DecisionFilter(scope=Scope(since=Nanos(START + 30 * SECOND)))
    assert database.query(count_decisions, early) + database.query(count_decisions, late) == total


def test_searching_finds_a_text_in_any_field(database: Database) -> None:
    order = database.query(orders, page=Page(limit=1))[0]
    for text in (order.id, order.market, order.strategy.upper(), "APPROVED"):
        found = database.query(decisions, DecisionFilter(search=text), Page(limit=5))
        assert found, text
    assert not database.query(decisions, DecisionFilter(search="nothing like this"))
    assert not database.query(decisions, DecisionFilter(search="%_%"))


def test_an_order_is_explained_back_to_a_frame_of_the_recording(database: Database) -> None:
    fill = database.query(fills, page=Page(limit=1))[0]
    found = database.query(order_detail, fill.order)
    assert found is not None
    assert fill in found.fills
    assert [entry.kind for entry in found.chain][:2] == ["order", "verdict"]
    assert found.origin.startswith("frame:")
    assert {"order", "fill"} <= {entry.kind for entry in found.about}
    assert all(entry.proven for entry in (*found.chain, *found.about))
    assert found.edge is not None
    assert found.ending
    assert database.query(order_detail, "no such order") is None


def test_opportunities_know_what_risk_said_and_near_misses_how_they_ended(database: Database) -> None:
    seen = database.query(opportunities)
    assert seen
    assert {each.verdict for each in seen} == {"approved"}
    misses = database.query(near_misses, page=ALL)
    assert misses
    assert all(each.how and each.closed is not None and each.closed >= each.opened for each in misses)
    seen_to_end = [each for each in misses if each.how != "the run ended"]
    assert seen_to_end
    assert all(each.best is not None and each.best <= each.ratio for each in seen_to_end)
    assert database.query(near_misses, open_only=True) == ()


def test_a_person_who_halts_is_named_with_the_reason(database: Database) -> None:
    [done] = [each for each in database.query(actions) if each.action == "halt"]
    assert (done.place, done.by, done.why) == ("journal", "cli:bob", "looks <b>wrong</b>")
    assert done.hash
    [event] = database.query(risk_events, kind="halt")
    assert event.text == "looks <b>wrong</b>"


def test_strategies_and_wallets_of_the_mode_are_known_without_anybody_describing_them(database: Database) -> None:
    seen = database.query(overview, "paper")
    assert {each.name for each in seen.strategies if each.known} >= {"bundle"}
    bundle = next(each for each in seen.strategies if each.name == "bundle")
    assert bundle.orders == len(database.query(orders, TradeFilter(strategy="bundle"), ALL))
    assert [purse.id for purse in seen.wallets] == ["paper-polymarket"]
    run = database.query(latest_run)
    assert run is not None
    assert run.ended is not None
    assert seen.capital == (run.cash or 0) + (run.positions_at_cost or 0) > 0
    assert database.query(overview, "live").profit == 0, "modes are never summed"


def test_a_share_stands_beside_what_its_strategy_holds(home: Path, tmp_path: Path) -> None:
    database, _ = open_to_write(tmp_path, DatabaseSettings(), START)
    ann = Author("cli:ann", START)
    with database:
        (tmp_path / "runs").symlink_to(home / "runs")
        Projector(tmp_path, database.writer).catch_up()
        for name, share in (("bundle", 1), ("atomic-arb", 500_000)):
            database.change(bind, ann, name, "paper-polymarket", share)
        run = database.query(latest_run)
        assert run is not None
        held = run.positions_at_cost
        assert held
        shares = {each.strategy: each for each in database.query(overview, "paper").bindings}
        assert (shares["bundle"].used, shares["atomic-arb"].used) == (held, 0)
        assert shares["bundle"].used_ppm is None, "on paper nobody knows what lies at one venue"
        database.change(update_wallet, ann, "paper-polymarket", WalletChange(opening=Money(10 * held)))
        shares = {each.strategy: each for each in database.query(overview, "paper").bindings}
        assert (shares["bundle"].used_ppm, shares["atomic-arb"].used_ppm) == (100_000, 0)


def checked(home: Path, database: Database) -> LogCheck:
    run = database.query(latest_run)
    assert run is not None
    return database.query(check_log, run.run, journal_lines(home, run.run), run.lines)


def test_the_log_agrees_with_the_journal(home: Path, database: Database) -> None:
    check = checked(home, database)
    assert check.ok
    assert check.entries == database.query(count_decisions)


@pytest.mark.parametrize("lie", ["text", "decision", "body", "gone", "added"])
def test_what_was_changed_in_the_database_is_found(lie: str, home: Path, tmp_path: Path) -> None:
    database, _ = open_to_write(tmp_path, DatabaseSettings(), START)
    with database:
        (tmp_path / "runs").symlink_to(home / "runs")
        Projector(tmp_path, database.writer).catch_up()
        [victim] = database.query(decisions, DecisionFilter(stages=(Stage.SIZE,)), Page(limit=1))
        entry = (DECISIONS.c.seq == victim.seq) & (DECISIONS.c.stage == "size")
        statements = {
            "text": update(DECISIONS).where(entry).values(text="buy 1000000.00 at up to 99¢"),
            "decision": update(DECISIONS).where(entry).values(decision="no_trade"),
            "body": update(JOURNAL_LINES)
            .where(JOURNAL_LINES.c.seq == victim.seq)
            .values(body=victim.body.replace("approved", "Approved")),
            "gone": DECISIONS.delete().where(entry),
            "added": DECISIONS.insert().values(
                run=victim.run, seq=victim.seq, stage="forecast", at=victim.at, mode="paper", decision="trade"
            ),
        }
        database.change(lambda connection: connection.execute(statements[lie]))
        check = checked(home, database)
        assert not check.ok
        assert check.wrong == (victim.seq,)
        if lie == "body":
            found = database.query(decisions, DecisionFilter(scope=Scope(run=victim.run)), ALL)
            assert Counter(entry.proven for entry in found if entry.seq == victim.seq) == {False: 3}
