"""Why a market with rewards is not quoted: each filter is a named rule that gives its threshold and what it found."""

from collections.abc import Callable, Iterable

import msgspec

from dutchbook.catalogue.reward_settings import RewardFilters
from dutchbook.domain.book import BookView
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import DAY, Nanos, Price, decimal_text, dollars


class Unfit(msgspec.Struct, frozen=True):
    """A rule that a market, or a quote there, does not satisfy: `limit` is the setting with its value."""

    rule: str
    limit: str
    found: str

    def line(self) -> str:
        """For people."""
        return f"{self.rule}: {self.found} ({self.limit})"


class Limits[T: int](msgspec.Struct, frozen=True):
    """The two ends of a range; None is no end."""

    least: T | None
    most: T | None
    text: Callable[[T], str]

    def unfit(self, rule: str, value: T | None) -> Unfit | None:
        """What is wrong with a value; one that the venue does not tell fits only where there is no limit."""
        least, most = self.least, self.most
        if least is None and most is None:
            return None
        if value is None:
            return Unfit(rule, self._ends(), "not told")
        if (least is not None and value < least) or (most is not None and value > most):
            return Unfit(rule, self._ends(), self.text(value))
        return None

    def _ends(self) -> str:
        least = "" if self.least is None else f"from {self.text(self.least)}"
        most = "" if self.most is None else f"up to {self.text(self.most)}"
        return f"{least} {most}".strip()


class FilterRules:
    """The filters of these settings, made ready once for many markets."""

    def __init__(self, filters: RewardFilters) -> None:
        self._spread = Limits(filters.spread_range.min, filters.spread_range.max, price_text)
        self._volume = Limits(filters.volume_24hr_range.min, filters.volume_24hr_range.max, dollars)
        self._size = Limits(filters.rewards_min_size_range.min, filters.rewards_min_size_range.max, size_text)
        self._rate = Limits(filters.rate_per_day_range.min, filters.rate_per_day_range.max, dollars)
        self._days = filters.min_days_until_end
        self._words = [(word, word.casefold()) for word in filters.question_blacklist if word]

    def of_market(self, market: Market, now: Nanos) -> tuple[Unfit, ...]:
        """What its description says against a market."""
        return _found((_closed(market), self._blacklisted(market), self._ends_soon(market, now)))

    def of_offer(self, offer: RewardOffer, now: Nanos) -> tuple[Unfit, ...]:
        """What the reward's terms say against it: known before anything is read of the market."""
        terms = offer.terms
        return _found(
            (
                self._volume.unfit("volume_24hr_range", offer.volume_24h),
                self._size.unfit("rewards_min_size_range", terms.min_size),
                self._rate.unfit("rate_per_day_range", terms.daily),
                _not_running(offer, now),
            )
        )

    def of_book(self, book: BookView) -> tuple[Unfit, ...]:
        """What the book of YES, which has bids and asks, says against a market."""
        bid, ask = book.best_bid, book.best_ask
        return _found((self._spread.unfit("spread_range", None if bid is None or ask is None else Price(ask - bid)),))

    def _blacklisted(self, market: Market) -> Unfit | None:
        title = market.title.casefold()
        word = next((word for word, folded in self._words if folded in title), None)
        return None if word is None else Unfit("question_blacklist", word, market.title)

    def _ends_soon(self, market: Market, now: Nanos) -> Unfit | None:
        if not self._days:
            return None
        limit = f"at least {self._days} days"
        ends = market.settles if market.closes is None else market.closes
        if ends is None:
            return Unfit("min_days_until_end", limit, "no end told")
        if ends - now >= self._days * DAY:
            return None
        return Unfit("min_days_until_end", limit, f"{max(0, ends - now) / DAY:.1f} days")


def price_text(price: Price) -> str:
    """A price in dollars for people."""
    return decimal_text(price, 4)


def size_text(size: int) -> str:
    """Contracts for people."""
    return decimal_text(size, 6)


def _closed(market: Market) -> Unfit | None:
    if market.status is MarketStatus.OPEN and not market.placeholder:
        return None
    return Unfit("status", "open", "a placeholder" if market.placeholder else market.status)


def _not_running(offer: RewardOffer, now: Nanos) -> Unfit | None:
    since, until = offer.terms.since, offer.terms.until
    if since is not None and now < since:
        return Unfit("programme", "running", "not begun")
    if until is not None and now >= until:
        return Unfit("programme", "running", "over")
    return None


def _found(rules: Iterable[Unfit | None]) -> tuple[Unfit, ...]:
    return tuple(unfit for unfit in rules if unfit is not None)
