"""What Polymarket says of a signer's rate, in the heads of its answers to orders and cancels (protocol section 2.4 b).

The tier follows from thirty days of volume, which no client can compute. It is told nowhere else.
"""

from collections.abc import Mapping

import msgspec

from dutchbook.venues.budget import Budget
from dutchbook.venues.polymarket.order_limits import CANCELS, PLACES, Tier, signer_limits
from dutchbook.venues.trading import Exchange

_REMAINING = "poly-ratelimit-remaining"
_TIER = "poly-ratelimit-tier"
_WARNING = "poly-ratelimit-warning"
RATE_HEADERS = frozenset(name.encode() for name in (_REMAINING, _TIER, _WARNING))
"""For `LineTerms.keep`. `-Reset` says nothing that a 429's Retry-After and our own bucket do not say."""

_TOO_MANY = 429


class RateWord(msgspec.Struct, frozen=True):
    """What one answer said. None where it said nothing that can be read."""

    tier: Tier | None = None
    """As named by the venue. One that is not in our table is None: its limits are not known."""
    remaining: int | None = None
    """Tokens left in the bucket that the request billed; below zero where the venue lets it overdraw."""
    warning: bool = False
    """The bucket was empty, and this is not held against anybody yet."""


def rate_word(headers: Mapping[str, str]) -> RateWord:
    """Read the headers of an answer, their names in small letters. What cannot be read counts as not said."""
    tier = headers.get(_TIER, "").strip().lower()
    return RateWord(
        tier=Tier(tier) if tier in _TIERS else None,
        remaining=_number(headers.get(_REMAINING, "").strip()),
        warning=headers.get(_WARNING, "").strip().lower() == "true",
    )


class SignerPace:
    """Keeps the buckets of one signer at what the venue says of them.

    The tier that it names holds, whichever it is. Its count of tokens only ever lowers ours: requests that are under
    way are in ours, and not yet in the venue's.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.tier: Tier | None = None
        """As told last; None before."""

    def answered(self, bucket: str, exchange: Exchange) -> None:
        """An answer to a request that billed `bucket`, one of PLACES and CANCELS."""
        if exchange.status == _TOO_MANY:
            self._budget.cool_down(bucket, exchange.retry_after_s)
        elif exchange.status == 200:
            self._budget.served(bucket)
        if not exchange.headers:
            return
        word = rate_word(exchange.headers)
        if word.tier is not None and word.tier is not self.tier:
            self.tier = word.tier
            limits = signer_limits(word.tier)
            for name in (PLACES, CANCELS):
                self._budget.change(name, limits[name])
        if word.remaining is not None:
            self._budget.lower(bucket, word.remaining)


_TIERS = frozenset(Tier)
_LONGEST = 9


def _number(text: str) -> int | None:
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _LONGEST:
        return None
    return int(text)
