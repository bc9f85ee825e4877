"""Rules about prices: how old they may be, and how far a limit may be from them."""

from collections.abc import Iterable

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.orders import Intent, Leg
from dutchbook.domain.units import Nanos, Price, decimal_text
from dutchbook.risk.ports import Refusal, RiskView, Rule
from dutchbook.risk.reduction import only_reduces
from dutchbook.risk.settings import RiskSettings, percent

_MILLION = 1_000_000


def price_age(settings: RiskSettings) -> Rule:
    """Refuse what was decided, or rests on connections that were last heard, too long ago; and books long unchanged."""

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        unchanged = view.now - intent.oldest > settings.unchanged_book
        if unchanged and not only_reduces(intent, view):
            return _too_old("its oldest book", view.now - intent.oldest, "unchanged_book", settings.unchanged_book)
        if view.now - intent.at > settings.stale_price:
            return _too_old("the intent itself", view.now - intent.at, "stale_price", settings.stale_price)
        for leg in intent.legs:
            book, known = view.book(leg.outcome), view.known_at(leg.outcome)
            if book is None or not book.usable or known is None:
                return Refusal("stale_price", f"the book of {leg.outcome} is unknown - wait for it", "a book", "none")
            if view.now - known > settings.stale_price:
                return _too_old(f"the price of {leg.outcome}", view.now - known, "stale_price", settings.stale_price)
            if view.now - book.received > settings.unchanged_book and not only_reduces(intent, view):
                age = view.now - book.received
                return _too_old(f"the book of {leg.outcome}", age, "unchanged_book", settings.unchanged_book)
        return None

    return rule


def slippage_guard(settings: RiskSettings) -> Rule:
    """Refuse a limit much worse than what was expected, or than what the book shows now, whichever is better."""

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        for leg in intent.legs:
            reference = _reference(leg, view.book(leg.outcome))
            slip = leg.limit - reference if leg.side is Side.BUY else reference - leg.limit
            share = max(reference * settings.slippage // _MILLION, settings.slippage_floor)
            if slip <= share:
                continue
            reduces = only_reduces(intent, view)
            allowed = max(share, settings.exit_slippage) if reduces else share
            if slip > allowed:
                limit = "exit_slippage" if reduces else f"slippage {percent(settings.slippage)}"
                return Refusal(
                    "slippage_guard",
                    f"limit {_dollars(leg.limit)} to {leg.side} {leg.outcome} is {_dollars(slip)} worse than "
                    f"{_dollars(reference)} - set a closer limit",
                    f"{limit} = {_dollars(allowed)}",
                    _dollars(slip),
                )
        return None

    return rule


def _reference(leg: Leg, book: BookView | None) -> int:
    """The better for us of what the intent expects and what taking its size would cost on average now."""
    if book is None or not book.usable:
        return leg.expected
    if leg.side is Side.BUY:
        now = _average(book.asks(), leg.size)
        return leg.expected if now is None else min(leg.expected, now)
    now = _average(book.bids(), leg.size)
    return leg.expected if now is None else max(leg.expected, now)


def _average(levels: Iterable[Level], size: int) -> int | None:
    """The average price of the first `size` contracts, or of as many as there are; None where there are none."""
    left, paid = size, 0
    for level in levels:
        taken = min(left, level.size)
        paid += taken * level.price
        left -= taken
        if not left:
            break
    return paid // (size - left) if size > left else None


def _too_old(what: str, age: int, setting: str, limit: Nanos) -> Refusal:
    found = _seconds(age)
    message = f"{what} is {found} old, more than {_seconds(limit)} - wait for fresh books"
    return Refusal("stale_price", message, f"{setting} {_seconds(limit)}", found)


def _dollars(price: int | Price) -> str:
    return "$" + decimal_text(price, 4)


def _seconds(nanos: int) -> str:
    return decimal_text(nanos, 9) + "s"
