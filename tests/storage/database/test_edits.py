"""What people keep: every change says who, when and why; what happened cannot be edited away."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.units import Money, Nanos, Price
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.database.edits.notes import Watch, add_note, delete_note, unwatch, watch
from dutchbook.storage.database.edits.strategies import (
    StrategyChange,
    StrategyDraft,
    bind,
    create_strategy,
    delete_strategy,
    unbind,
    update_strategy,
)
from dutchbook.storage.database.edits.wallets import (
    WalletChange,
    WalletDraft,
    create_wallet,
    delete_wallet,
    update_wallet,
)
from dutchbook.storage.database.location import Location, location
from dutchbook.storage.database.queries.actions import actions
from dutchbook.storage.database.queries.kept import notes, watchlist
from dutchbook.storage.database.queries.strategies import overview
from dutchbook.storage.database.queries.wallets import bindings, wallets
from dutchbook.storage.database.rows import WalletStatus
from dutchbook.storage.database.schema import upgrade
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.database.tables import FILLS, STRATEGY_RUNS

ALICE = Author("web:alice", Nanos(7), "spring cleaning")
MAIN = WalletDraft(name="Main", mode="live", venue=Venue.KALSHI)


@pytest.fixture
def database(place: Location) -> Iterator[Database]:
    with Database.to_write(place) as opened:
        opened.change(upgrade)
        yield opened


def test_a_wallet_is_named_changed_and_forgotten_on_record(database: Database) -> None:
    made = database.change(create_wallet, ALICE, MAIN)
    assert (made.id, made.name, made.status) == ("live-kalshi", "Main", WalletStatus.ACTIVE)
    wanted = WalletChange(name="Spare", status=WalletStatus.PAUSED, opening=Money(5_000_000))
    changed = database.change(update_wallet, ALICE, "Main", wanted)
    assert (changed.name, changed.status, changed.opening) == ("Spare", WalletStatus.PAUSED, 5_000_000)
    database.change(delete_wallet, ALICE, "live-kalshi")
    assert database.query(wallets) == ()
    told = database.query(actions)
    assert [each.action for each in told] == ["delete wallet", "update wallets", "create wallet"]
    assert {(each.place, each.by, each.why) for each in told} == {("database", "web:alice", "spring cleaning")}


def test_there_is_one_wallet_for_each_mode_and_venue_and_names_are_not_shared(database: Database) -> None:
    database.change(create_wallet, ALICE, MAIN)
    with pytest.raises(UsageError, match="change that one"):
        database.change(create_wallet, ALICE, MAIN)
    with pytest.raises(UsageError, match="choose another"):
        database.change(create_wallet, ALICE, WalletDraft(name="Main", mode="paper", venue=Venue.KALSHI))
    assert len(database.query(actions)) == 1, "what was refused left no line"


def test_a_wallet_with_trades_cannot_be_forgotten(database: Database) -> None:
    database.change(create_wallet, ALICE, MAIN)

    def trade(connection: Connection) -> None:
        numbers = {"seq": 1, "at": 1, "price": 1, "size": 1, "fee": 0}
        connection.execute(insert(FILLS).values(run="r", wallet="live-kalshi", maker=False, state="settled", **numbers))

    database.change(trade)
    with pytest.raises(UsageError, match="retired"):
        database.change(delete_wallet, ALICE, "Main")
    assert database.query(wallets)[0].trades == 1


def test_a_strategy_that_was_run_cannot_be_forgotten(database: Database) -> None:
    database.change(create_strategy, ALICE, StrategyDraft(name="bundle", title="Bundles"))
    run = {"run": "r", "strategy": "bundle", "mode": "paper", "intents": 3, "refused": 1}
    database.change(lambda connection: connection.execute(insert(STRATEGY_RUNS).values(run)))
    with pytest.raises(UsageError, match="retired"):
        database.change(delete_strategy, ALICE, "bundle")
    changed = database.change(update_strategy, ALICE, "bundle", StrategyChange(status=WalletStatus.RETIRED))
    assert (changed.status, changed.title, changed.intents, changed.known) == (WalletStatus.RETIRED, "Bundles", 3, True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for many examples, each with names of its own."""
    with Database.to_write(location(tmp_path_factory.mktemp("shared"), DatabaseSettings())) as opened:
        opened.change(upgrade)
        yield opened


_examples = count(1)


@settings(max_examples=30)
@given(shares=st.lists(st.integers(-10, 1_100_000), min_size=1, max_size=6))
def test_strategies_never_have_more_than_all_of_a_wallet(shared: Database, shares: list[int]) -> None:
    mode = f"mode {next(_examples)}"
    shared.change(create_wallet, ALICE, WalletDraft(name=mode, mode=mode, venue=Venue.KALSHI))
    for number, share in enumerate(shares):
        name = f"{mode} s{number % 4}"
        if number < 4:
            shared.change(create_strategy, ALICE, StrategyDraft(name=name))
        try:
            shared.change(bind, ALICE, name, mode, share)
        except UsageError:
            continue
    kept = [each for each in shared.query(bindings) if each.wallet == f"{mode}-kalshi"]
    assert sum(each.share_ppm for each in kept) <= 1_000_000
    assert all(each.share_ppm > 0 for each in kept)
    if 0 < shares[0] <= 1_000_000:
        assert kept, "the first that is possible is given"


def test_a_binding_is_changed_in_place_and_taken_back(database: Database) -> None:
    database.change(create_wallet, ALICE, MAIN)
    database.change(create_strategy, ALICE, StrategyDraft(name="bundle"))
    database.change(bind, ALICE, "bundle", "Main", 400_000)
    database.change(bind, Author("cli:bob", Nanos(9)), "bundle", "live-kalshi", 700_000)
    [kept] = database.query(bindings)
    assert (kept.share_ppm, kept.created, kept.updated) == (700_000, 7, 9)
    seen = database.query(overview, "live")
    assert seen.mean_share_ppm == 700_000
    assert seen.wallets[0].strategies == ("bundle",)
    database.change(unbind, ALICE, "bundle", "Main")
    assert database.query(bindings) == ()
    with pytest.raises(UsageError, match="not bound"):
        database.change(unbind, ALICE, "bundle", "Main")


def test_notes_and_watched_markets_come_and_go(database: Database) -> None:
    first = database.change(add_note, ALICE, "run", "i1-1", " too late \n")
    assert first.text == "too late"
    assert database.query(notes, search="LATE") == (first,)
    database.change(delete_note, ALICE, first.id)
    with pytest.raises(UsageError):
        database.change(delete_note, ALICE, first.id)
    with pytest.raises(UsageError, match="nothing to keep"):
        database.change(add_note, ALICE, "run", "i1-1", "  ")
    market = Watch(market=MarketId("KX-1"), venue=Venue.KALSHI, title="Rain?", above=Price(9_000))
    database.change(watch, ALICE, market)
    database.change(watch, ALICE, Watch(market=MarketId("KX-1"), venue=Venue.KALSHI, title="Rain?", below=Price(100)))
    [kept] = database.query(watchlist)
    assert (kept.above, kept.below) == (None, 100)
    database.change(unwatch, ALICE, MarketId("KX-1"))
    assert database.query(watchlist) == ()


@pytest.mark.parametrize("text", ["x" * 4_001, "nul \0 byte"])
def test_what_no_database_takes_is_refused_before_it(database: Database, text: str) -> None:
    with pytest.raises(UsageError):
        database.change(add_note, ALICE, "run", "i1-1", text)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_hostile_words_are_kept_and_found_as_they_are(shared: Database, text: str) -> None:
    subject = f"example {next(_examples)}"
    try:
        kept = shared.change(add_note, ALICE, "run", subject, text)
    except UsageError:
        assert not text.strip() or "\0" in text
        return
    assert kept.text == text.strip()
    assert shared.query(notes, subject=subject) == (kept,)
    assert kept in shared.query(notes, subject=subject, search=text.strip()[:20])


@pytest.mark.parametrize("search", ["100%", "a_b", "it's", '"; DROP TABLE trade_notes; --', "\\", "Ünï"])
def test_searching_takes_every_letter_for_itself(database: Database, search: str) -> None:
    kept = database.change(add_note, ALICE, "run", "x", f"before {search} behind")
    database.change(add_note, ALICE, "run", "x", "100 aXb its DROP Unl")
    assert database.query(notes, search=search) == (kept,)
