"""Ladders as a venue really lists them: one event, several players, the same kind of strike for all."""

import json
from typing import Any

from dutchbook.catalogue.relations import relate
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import StrikeKind
from tests.catalogue.makers import NOW, catalogue_of, question, rung
from tests.conftest import protocol_samples


def test_hits_of_one_player_are_a_ladder_and_say_nothing_about_another_player() -> None:
    body = json.loads(protocol_samples("kalshi/rest_demo/markets__page1.json").read_bytes())
    listed: list[dict[str, Any]] = body.get("data", body)["markets"]
    hits = [m for m in listed if m["event_ticker"] == "KXMLBHIT-26JUN111310AZMIA"]
    markets = [
        rung(
            m["ticker"],
            StrikeKind(m["strike_type"]),
            floor=round(m["floor_strike"] * 1_000_000),
            venue=Venue.KALSHI,
            rules=f"{m['rules_primary']}\n{m['rules_secondary']}",
            closes=NOW,
        )
        for m in hits
    ]
    asked = question(markets)
    ladders = [b for b in relate(asked, catalogue_of(asked, markets)).bundles if b.kind is BundleKind.LADDER]
    marte = "KXMLBHIT-26JUN111310AZMIA-AZKMARTE4-"
    assert any("PERDOMO" in m.id for m in markets)
    assert {(b.legs[0].market, b.legs[1].market) for b in ladders} == {
        (f"{marte}{wide}", f"{marte}{narrow}") for narrow in range(1, 5) for wide in range(1, narrow)
    }
