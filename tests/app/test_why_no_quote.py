"""What stood in the way of quotes is told of a market, with how long it did."""

from collections.abc import Sequence

import msgspec

from dutchbook.app.told import Told
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.journal_reader import JournalLine
from dutchbook.strategies.reward_maker.observations import (
    HedgeFailed,
    MarketsChosen,
    QuoteAllowed,
    QuoteRefused,
)

A, B, YES = MarketId("a"), MarketId("b"), OutcomeId("a+")


def told(*seen: msgspec.Struct) -> Told:
    """A journal of these observations, as far as it concerns market a."""
    found = Told(A)
    for seq, one in enumerate(seen, 1):
        found.line(JournalLine(seq, Nanos(seq), "observation", None, msgspec.Raw(msgspec.json.encode(one)), ""))
    return found


def words(found: Told) -> Sequence[tuple[str, int, str]]:
    return [(row.reason, row.count, row.latest) for row in found.rows()]


def test_a_check_that_refused_is_told_with_its_limit_what_was_found_and_how_long_it_lasted() -> None:
    refused = QuoteRefused(A, YES, "volatility", "volatility_threshold 3%", "4.20%", Nanos(1))
    allowed = QuoteAllowed(A, YES, "volatility", Nanos(90 * SECOND), Nanos(2))
    found = told(refused, allowed, refused, allowed)
    assert words(found) == [("no quote: volatility", 2, "a+: 4.20% against volatility_threshold 3%")]
    assert [row.lasted for row in found.rows()] == [180 * SECOND]


def test_a_check_that_still_refuses_has_no_end_yet() -> None:
    [row] = told(QuoteRefused(A, YES, "price_cliff", "0.05", "1 bids behind", Nanos(1))).rows()
    assert row.lasted is None


def test_a_hedge_that_failed_is_told_and_other_markets_are_not() -> None:
    failed = HedgeFailed(A, YES, 11, "refused each time", Nanos(9), Nanos(1))
    elsewhere = QuoteRefused(B, OutcomeId("b+"), "book", "", "", Nanos(1))
    chosen = MarketsChosen((A, B), (), 2, {}, Nanos(1))
    assert words(told(failed, elsewhere, chosen)) == [("hedge failed", 1, "a+: 11 times, refused each time")]
