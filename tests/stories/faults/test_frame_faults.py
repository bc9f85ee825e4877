"""Sockets that go wrong: our own client ends with true books, or says that it does not know them."""

from pathlib import Path

import pytest

from dutchbook.domain.identity import Venue
from tests.stories.faults.stage import Story, story

POLYMARKET, KALSHI = Venue.POLYMARKET, Venue.KALSHI
NOTICED_S = 45.0
"""How long a book may at most be believed after a frame of it was lost: what a quiet book's next audits take."""
FREEZE_NOTICED_S = 20.0
"""The same for a socket that carries nothing any more: the data-age watchdog."""
RECOVERED_S = 75.0
"""How long after a fault all books are true again: the longest wait between two tries is half of it."""

both = pytest.mark.parametrize("venue", Venue)


def suffer(play: Story, kind: str, /, **fields: object) -> int:
    """A fault in a market that lives and then rests; how often it struck. Books are honest soon, and stay so."""
    play.arm(kind, **fields)
    play.live(30)
    play.until(play.honest, within=NOTICED_S)
    play.rest(60)
    assert play.honest()
    struck = play.struck(kind)
    play.disarm(kind)
    return struck


def recover(play: Story) -> None:
    play.live(5)
    play.until(play.whole, within=RECOVERED_S)


@both
def test_without_faults_every_book_is_true_at_every_look(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        play.live(60)
        play.rest(70)
        assert play.whole()
        assert play.witness.behind == 0
        assert play.witness.looks > 3_000
        assert len(play.told) == 1


@both
def test_a_frozen_socket_whose_pongs_go_on_is_noticed_by_the_age_of_its_data(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        play.arm("freeze", times=1)
        play.live(30)
        assert play.struck("freeze") == 1
        assert play.believed_s() <= FREEZE_NOTICED_S
        stale = [line for line in play.told if "stale" in line]
        assert len(stale) == 1
        assert "the socket is open and" in stale[0]
        play.until(play.whole, within=RECOVERED_S)


@both
def test_sockets_that_freeze_again_and_again_leave_books_unknown_or_true(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "freeze") >= 2
        assert play.believed_s() <= FREEZE_NOTICED_S
        recover(play)


@both
@pytest.mark.parametrize("chance", ["5%", "40%", "100%"])
def test_dropped_frames_are_missed(venue: Venue, chance: str, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "drop", chance=chance) >= 3
        assert play.believed_s() <= NOTICED_S
        recover(play)


@both
def test_frames_that_come_twice_count_once(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "duplicate", chance="50%") > 20
        assert play.believed_s() < 1
        recover(play)


@both
def test_members_that_nobody_documented_change_nothing(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "extra_frame_fields", chance="100%") > 20
        assert play.believed_s() == 0
        play.until(play.whole, within=RECOVERED_S)


@both
def test_members_that_nobody_knows_are_no_reason_to_doubt_a_frame(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "extra_frame_fields", chance="70%") > 20
        assert play.desk.parts.loop.feed.malformed == 0
        assert play.believed_s() < 1
        assert play.whole()
        assert len(play.told) == 1


@both
def test_frames_in_the_wrong_order_are_told_from_right_ones(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "reorder", chance="30%") > 20
        assert play.believed_s() <= NOTICED_S
        recover(play)


@both
@pytest.mark.parametrize(("delay", "jitter"), [("700ms", "500ms"), ("20s", "0s")])
def test_frames_that_are_overtaken_are_not_taken_for_news(
    venue: Venue, delay: str, jitter: str, tmp_path: Path
) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "delay", delay=delay, jitter=jitter, chance="40%") > 20
        assert play.believed_s() <= NOTICED_S
        play.live(25)  # until the last late frame has come
        play.until(play.whole, within=RECOVERED_S)


@both
@pytest.mark.parametrize("chance", ["20%", "100%"])
def test_a_frame_that_cannot_be_read_makes_unknown_what_it_may_have_told(
    venue: Venue, chance: str, tmp_path: Path
) -> None:
    with story(venue, tmp_path) as play:
        struck = suffer(play, "corrupt", chance=chance)
        assert struck > 20
        assert play.desk.parts.loop.feed.malformed >= struck
        assert play.believed_s() < 1
        recover(play)


@both
def test_a_connection_that_breaks_takes_its_books_with_it(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        assert suffer(play, "disconnect", chance="10%") >= 3
        assert play.believed_s() < 1
        assert any("reconnecting" in line and "unknown" in line for line in play.told)
        recover(play)


def test_numbers_that_jump_are_gaps_though_nothing_was_lost(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        assert suffer(play, "skip_seq", chance="20%", by=3) > 10
        assert play.desk.parts.kalshi.counters.gaps > 10
        assert play.believed_s() < 1
        recover(play)


def test_a_group_without_its_last_frame_fails_its_hash(tmp_path: Path) -> None:
    with story(POLYMARKET, tmp_path) as play:
        assert suffer(play, "omit_group_end", chance="50%") > 20
        assert play.desk.parts.polymarket.counters.gaps > 3
        assert play.believed_s() <= NOTICED_S
        recover(play)


def test_a_buffer_that_ran_over_ends_the_subscription_and_a_new_one_begins(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        assert suffer(play, "overflow", chance="5%") >= 2
        assert any("error 25" in line for line in play.told)
        assert play.believed_s() < 1
        recover(play)
