"""A venue's published list decides from where orders are taken; doubt means no."""

import pytest

from dutchbook.app.accounts.regions import Standing, judge_region
from dutchbook.domain.identity import Venue


@pytest.mark.parametrize(
    ("venue", "region", "standing"),
    [
        (Venue.POLYMARKET, "CH", Standing.OPEN),
        (Venue.POLYMARKET, "US", Standing.CLOSE_ONLY),
        (Venue.POLYMARKET, "US-NY", Standing.CLOSE_ONLY),
        (Venue.POLYMARKET, "IR", Standing.BLOCKED),
        (Venue.POLYMARKET, "CA-ON", Standing.CLOSE_ONLY),
        (Venue.POLYMARKET, "CA-NS", Standing.OPEN),
        (Venue.POLYMARKET, "CA", Standing.UNSURE),
        (Venue.POLYMARKET, "UA-43", Standing.BLOCKED),
        (Venue.POLYMARKET, "UA", Standing.UNSURE),
        (Venue.POLYMARKET, "JP", Standing.OPEN),
        (Venue.POLYMARKET, None, Standing.UNDECLARED),
        (Venue.KALSHI, "US", Standing.OPEN),
        (Venue.KALSHI, "CH", Standing.BLOCKED),
        (Venue.KALSHI, "CA-NS", Standing.BLOCKED),
        (Venue.KALSHI, "DE", Standing.OPEN),
        (Venue.KALSHI, None, Standing.UNDECLARED),
    ],
)
def test_a_region_is_judged(venue: Venue, region: str | None, standing: Standing) -> None:
    judged = judge_region(venue, region)
    assert judged.standing is standing
    assert judged.may_open is (standing is Standing.OPEN)
    assert bool(judged.fix) is not judged.may_open


@pytest.mark.parametrize("region", ["US", "IR", "CA", "CH"])
def test_a_judgement_names_its_source_and_date(region: str) -> None:
    found = judge_region(Venue.POLYMARKET, region).found
    assert "https://docs.polymarket.com/api-reference/geoblock" in found
    assert "read 2026-" in found


def test_a_website_that_refuses_alone_is_mentioned() -> None:
    assert "its website refuses JP" in judge_region(Venue.POLYMARKET, "JP").found
