"""Venues that restart, take only some orders, halt markets, take trades back, or have a wrong clock."""

from pathlib import Path

import pytest

from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.exchange.matching.messages import ExchangeEvent, Settlement, SettlementMoved
from dutchbook.exchange.rules import Mode
from tests.stories.faults.stage import story

RECOVERED_S = 75.0

both = pytest.mark.parametrize("venue", Venue)


@both
@pytest.mark.parametrize("announced", ["0s", "10s"])
def test_a_restart_loses_all_books_until_the_venue_is_back(venue: Venue, announced: str, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        play.arm("restart", announced=announced, after="5s", down="20s", post_only="30s")
        play.live(20)
        assert any("reconnecting" in line for line in play.told)
        assert play.believed_s() < 1
        play.live(60)
        assert play.box.exchange.mode is Mode.NORMAL
        play.until(play.whole, within=RECOVERED_S)
        assert play.believed_s() < 1


@both
@pytest.mark.parametrize("mode", [Mode.CANCEL_ONLY, Mode.POST_ONLY, Mode.DISABLED, Mode.RESTARTING])
def test_modes_change_orders_not_data(venue: Venue, mode: Mode, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        play.arm("venue_mode", mode=mode, lasts="30s")
        play.live(20)
        assert play.box.exchange.mode is mode
        assert play.whole()
        play.live(40)
        assert play.box.exchange.mode is Mode.NORMAL
        assert play.whole()
        assert play.believed_s() < 1


@both
def test_halted_legs_keep_their_true_books(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        play.arm("halt_between_legs", halted="5s")
        paused = 0
        for _ in range(30):
            play.live(1)
            paused += any(market.status is MarketStatus.PAUSED for market in play.box.markets())
            assert play.whole()
        assert paused > 3
        assert play.struck("halt_between_legs") >= 1
        assert play.believed_s() < 1


def test_trades_that_fail_on_their_chain_disturb_no_book(tmp_path: Path) -> None:
    with story(Venue.POLYMARKET, tmp_path) as play:
        failed: list[ExchangeEvent] = []

        def heard(event: ExchangeEvent) -> None:
            if isinstance(event, SettlementMoved) and event.status is Settlement.FAILED:
                failed.append(event)

        play.box.exchange.listen(heard)
        play.arm("failed_settlement", chance="50%")
        play.live(60)
        assert len(failed) > 3
        assert play.whole()
        assert play.believed_s() < 1


@both
@pytest.mark.parametrize("wrong", [{"ahead": "5m"}, {"behind": "5m"}, {"behind": "1s"}, {"ahead": "10s"}])
def test_a_clock_that_jumps_there_and_back_hides_no_change(venue: Venue, wrong: dict[str, str], tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        play.live(3)
        play.arm("clock_skew", **wrong)
        play.live(30)
        play.until(play.whole, within=RECOVERED_S)
        play.disarm("clock_skew")
        play.live(30)
        play.until(play.whole, within=RECOVERED_S)
        assert play.believed_s() <= 3


def test_a_venue_whose_clock_refuses_our_signature_is_tried_until_it_is_right(tmp_path: Path) -> None:
    with story(Venue.KALSHI, tmp_path) as play:
        play.arm("clock_skew", ahead="5m")
        play.arm("disconnect", times=1)
        play.live(20)
        assert len(play.witness.unknown()) == 2 * len(play.box.markets())
        assert any("401" in line for line in play.told)
        play.disarm("clock_skew")
        play.until(play.whole, within=RECOVERED_S)
