"""Answers that go wrong while frames are lost too: what REST says is needed, and not had, or not true any more."""

from pathlib import Path

import pytest

from dutchbook.domain.identity import Venue
from tests.stories.faults.stage import story

RECOVERED_S = 75.0
BELIEVED_S = 45.0

REQUEST_FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("http_status", {"status": 425}),
    ("http_status", {"status": 429}),
    ("http_status", {"status": 429, "retry_after": 3}),
    ("http_status", {"status": 500}),
    ("http_status", {"status": 503}),
    ("html_body", {}),
    ("html_body", {"status": 200}),
    ("timeout_before_accept", {}),
    ("timeout_after_accept", {}),
    ("reset_mid_body", {}),
    ("truncated_body", {}),
    ("extra_fields", {}),
    ("slow_answer", {"delay": "3s", "jitter": "6s"}),
    ("slow_answer", {"delay": "40s"}),
    ("stale_balances", {"method": None, "path": "*"}),
)


@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize(
    ("kind", "fields"),
    REQUEST_FAULTS,
    ids=[f"{kind} {' '.join(map(str, more.values()))}" for kind, more in REQUEST_FAULTS],
)
def test_books_that_cannot_be_read_again_stay_unknown_until_they_can(
    venue: Venue, kind: str, fields: dict[str, object], tmp_path: Path
) -> None:
    with story(venue, tmp_path) as play:
        play.arm(kind, name="requests", **fields)
        play.arm("drop", name="lossy", chance="20%", lasts="20s")
        play.live(35)
        play.until(play.honest, within=BELIEVED_S)
        play.rest(65)  # markets are asked for again meanwhile, in vain
        assert play.honest()
        assert play.believed_s() <= BELIEVED_S
        assert play.struck("requests") >= 2
        assert play.struck("lossy") > 10
        play.disarm("requests", "lossy")
        play.live(5)
        play.until(play.whole, within=RECOVERED_S)


@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize(
    ("kind", "fields"),
    REQUEST_FAULTS,
    ids=[f"{kind} {' '.join(map(str, more.values()))}" for kind, more in REQUEST_FAULTS],
)
def test_a_sound_socket_needs_no_answers_and_no_fault_of_requests_ends_a_desk(
    venue: Venue, kind: str, fields: dict[str, object], tmp_path: Path
) -> None:
    with story(venue, tmp_path) as play:
        play.arm(kind, name="requests", **fields)
        play.live(70)
        assert play.struck("requests") >= 1
        assert play.believed_s() < 1
        assert play.whole()


@pytest.mark.parametrize("venue", Venue)
def test_a_handshake_that_is_refused_is_tried_again(venue: Venue, tmp_path: Path) -> None:
    with story(venue, tmp_path) as play:
        play.arm("http_status", status=503, path="*ws*", lasts="20s")
        play.arm("disconnect", times=1)
        play.live(15)
        assert play.struck("disconnect") == 1
        assert len(play.witness.unknown()) == 2 * len(play.box.markets())
        assert any("503" in line for line in play.told)
        play.live(8)
        play.until(play.whole, within=RECOVERED_S)
