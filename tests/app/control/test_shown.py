"""What a running desk shows beyond its orders: markets, books, bundles, limits, venues; and pictures for many."""

import pytest

from dutchbook.app.control.shared_picture import KEPT, REST, SharedPicture
from dutchbook.app.control.standing import venue_rows
from dutchbook.app.control.wire import (
    Pause,
    ShowBook,
    ShowBundle,
    ShowMarkets,
    ShowRisk,
    ShowSnapshot,
    ShowStrategies,
    ShowVenues,
    encode,
)
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.evaluation.desk_rows import RateRow
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.strategies.index import Standing
from dutchbook.venues.budget import Filling
from tests.app.control.test_a_steered_desk import START, Stage, stage

__all__ = ["stage"]


def test_a_picture_over_the_socket_is_the_one_that_the_desk_draws(stage: Stage) -> None:
    stage.pass_seconds(30)
    shown = stage.ask(ShowSnapshot()).snapshot
    assert shown is not None
    drawn = stage.desk.picture()
    assert (shown.run, shown.bankroll, shown.books_total) == (drawn.run, drawn.bankroll, drawn.books_total)


def test_many_askers_share_a_picture_and_one_that_took_long_is_kept_longer() -> None:
    clock, took = VirtualClock(START), 1 * MILLISECOND
    counted = 0
    drawn = 0

    def counter() -> int:
        nonlocal counted
        counted += took
        return counted

    def draw() -> DeskSnapshot:
        nonlocal drawn
        drawn += 1
        return object()  # type: ignore[return-value]  # it is handed on, never looked at

    picture = SharedPicture(draw, clock, counter)
    first = picture()
    assert all(picture() is first for _ in range(100))
    clock.advance(Nanos(START + KEPT))
    assert picture() is not first
    took = 40 * MILLISECOND
    clock.advance(Nanos(START + 2 * KEPT))
    slow = picture()
    clock.advance(Nanos(START + 2 * KEPT + REST * took - 1))
    assert picture() is slow
    assert drawn == 3


def test_markets_are_found_by_any_part_of_their_names_and_ours_come_first(stage: Stage) -> None:
    stage.pass_seconds(60)
    desk = stage.desk.parts.desk
    every = stage.ask(ShowMarkets(limit=1_000))
    assert every.markets is not None
    assert every.total == len(every.markets) == len(desk.catalogue.markets())
    ours = {position.market for position in desk.ledger.positions.values()}
    assert ours
    assert {row.id for row in every.markets[: len(ours)]} == ours
    wanted = every.markets[-1]
    by_id = stage.ask(ShowMarkets(search=wanted.id.upper(), limit=5))
    assert [row.id for row in by_id.markets or ()] == [wanted.id]
    assert stage.ask(ShowMarkets(search="no such thing")).total == 0
    assert stage.ask(ShowMarkets(venue="kalshi")).total == 0


def test_both_books_of_a_market_are_shown_as_deep_as_asked(stage: Stage) -> None:
    stage.pass_seconds(10)
    market = next(iter(stage.desk.parts.desk.catalogue.markets()))
    answer = stage.ask(ShowBook(market.id, depth=2))
    assert answer.books is not None
    yes, no = answer.books
    assert (yes.outcome, no.outcome) == (market.yes, market.no)
    view = stage.desk.parts.desk.book(market.yes)
    assert view is not None
    assert yes.bids == tuple(view.bids())[:2]
    assert len(yes.asks) <= 2
    with pytest.raises(UsageError, match="no market nothing is known"):
        stage.ask(ShowBook("nothing"))


def test_the_first_level_of_each_leg_is_what_the_bundle_counts_with(stage: Stage) -> None:
    stage.pass_seconds(20)
    for tracked in list(stage.desk.parts.strategy.index)[:12]:
        shown = stage.ask(ShowBundle(tracked.bundle.id, depth=3)).bundle
        assert shown is not None
        if tracked.standing is Standing.UNPRICED:
            assert shown.cost is None
            continue
        assert shown.cost == tracked.cost
        for leg in shown.legs:
            assert leg.levels[0].price == leg.top
    with pytest.raises(UsageError, match="no bundle nothing is watched"):
        stage.ask(ShowBundle("nothing"))


def test_limits_are_told_with_what_is_used_of_them_and_pauses_as_locks(stage: Stage) -> None:
    stage.pass_seconds(60)
    stage.ask(Pause("bundle", by="web:ann", why="to look"))
    answer = stage.ask(ShowRisk())
    desk = stage.desk.parts.desk
    rows = {(row.rule, row.about): row for row in answer.limits or ()}
    assert rows["deployed_limit", ""].used == desk.exposure.deployed()
    assert rows["deployed_limit", ""].limit == desk.drawdown.bankroll
    assert rows["venue_limit", "polymarket"].limit == desk.drawdown.bankroll // 2
    assert any(rule == "position_limit" for rule, _ in rows)
    [lock] = answer.locks or ()
    assert (lock.about, lock.reason) == ("bundle", "paused by web:ann")
    strategies = {row.name: row.paused for row in stage.ask(ShowStrategies()).strategies or ()}
    assert strategies["bundle"] == "paused by web:ann"
    assert "lost books" not in strategies


def test_a_venue_tells_how_much_of_it_is_known_and_what_its_connections_said(stage: Stage) -> None:
    stage.pass_seconds(5)
    stage.desk._showcase.said("polymarket feed 1: connected")
    answer = stage.ask(ShowVenues())
    [venue] = answer.venues or ()
    assert (venue.venue, venue.state, venue.denied) == ("polymarket", "up", "")
    assert 0 < venue.books_usable <= venue.books <= venue.markets
    assert answer.lines == ("polymarket feed 1: connected",)


def test_a_picture_is_small_enough_to_be_sent_four_times_a_second(stage: Stage) -> None:
    stage.pass_seconds(60)
    assert len(encode(stage.ask(ShowSnapshot()))) < 64 << 10


def test_what_is_left_of_a_venues_rates_is_told_where_orders_really_leave(stage: Stage) -> None:
    class Broker:
        def fillings(self) -> tuple[Filling, ...]:
            return (Filling("orders", 7.5, 20),)

    stage.pass_seconds(5)
    [venue] = venue_rows(stage.desk.parts, {Venue.POLYMARKET: 3}, {Venue.POLYMARKET: Broker()})
    assert venue.rates == (RateRow(name="orders", left=7.5, capacity=20),)
    assert venue.losses == 3
    [on_paper] = stage.ask(ShowVenues()).venues or ()
    assert on_paper.rates == ()
