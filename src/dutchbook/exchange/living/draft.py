"""A question before it has identifiers: its truth, its markets, and the hours of its life."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Strike
from dutchbook.domain.units import Nanos
from dutchbook.exchange.living.truths.ports import Truth

RULED_AFTER = 5
"""A market's outcome is said after this part of the time from its close to its payout: a fifth of it."""


class Hours(msgspec.Struct, frozen=True):
    """When a question is listed, when its last market closes, and how long it then takes to pay."""

    listed: Nanos
    closes: Nanos
    settles: Nanos
    """From a close to its payout."""


class MarketDraft(msgspec.Struct, frozen=True, kw_only=True):
    """One market. `code` ends its Kalshi ticker, `label` names it within its question."""

    code: str
    label: str
    title: str
    closes: Nanos
    strike: Strike | None = None
    labels: tuple[str, str] = ("Yes", "No")
    placeholder: bool = False
    catch_all: bool = False


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """`truths` has one entry for each venue: the same object where both settle alike."""

    truths: Mapping[Venue, Truth]
    markets: tuple[MarketDraft, ...]
    partition: bool = False
    """Exactly one market resolves YES."""
    ladder: bool = False
    """Each market's YES implies that of the next one."""
    feed: str | None = None
    opens: Nanos | None = None
    """When the window opens whose start decides."""
    game_start: Nanos | None = None
    taker_waits_silently: bool = True
    """Whether the answer to a delayed order comes only when the delay is over (crypto), not at once (sports)."""
    rules: str = ""
    named: tuple[int, str, Nanos] | None = None
    """Which placeholder gets which name, and when."""
