"""The guardian's rules. Limits on opening let through what only reduces risk; a refusal names the tightest limit."""

from collections.abc import Callable, Iterable
from operator import attrgetter

import msgspec

from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.orders import EXIT, WAY_HOME, Intent
from dutchbook.domain.units import Money, dollars
from dutchbook.risk.closing import before_close
from dutchbook.risk.drawdown import floor_below
from dutchbook.risk.ports import Refusal, RiskView, Rule
from dutchbook.risk.prices import price_age, slippage_guard
from dutchbook.risk.reduction import only_reduces
from dutchbook.risk.sending import can_be_sent
from dutchbook.risk.settings import RiskSettings, percent
from dutchbook.risk.venue_cash import venue_cash

__all__ = ["Cap", "Refusal", "Rule", "book_rules", "guardian_rules", "momentary_rules", "tightest", "time_rules"]

_MILLION = 1_000_000
_amount = attrgetter("amount")


class Cap(msgspec.Struct, frozen=True):
    """An upper limit, and what it is called."""

    name: str
    amount: Money


def guardian_rules(settings: RiskSettings) -> tuple[Rule, ...]:
    """All rules of the guardian, in the order in which they are reported."""
    return (
        halted,
        can_be_sent,
        paused,
        position_limit(settings),
        venue_limit(settings),
        deployed_limit(settings),
        venue_cash,
        high_water_mark(settings),
        ratcheting_stop(settings),
        daily_loss(settings),
        price_age(settings),
        slippage_guard(settings),
        before_close(settings),
    )


def time_rules(settings: RiskSettings) -> tuple[Rule, ...]:
    """Those of the guardian's rules whose answer time can change, and the worth of what is held."""
    return (
        halted,
        paused,
        high_water_mark(settings),
        ratcheting_stop(settings),
        daily_loss(settings),
        before_close(settings),
    )


def book_rules(settings: RiskSettings) -> tuple[Rule, ...]:
    """Those of the guardian's rules that ask what the books of an intent show, and when they were heard."""
    return (price_age(settings), slippage_guard(settings))


def momentary_rules(settings: RiskSettings) -> tuple[Rule, ...]:
    """Those of the guardian's rules whose answer time or books alone can change: what was approved ahead passes them
    again, with the books of its own legs as they were foreseen."""
    return (*time_rules(settings), price_age(settings))


def tightest(caps: Iterable[Cap]) -> Cap:
    """Of several limits on one thing the one that holds."""
    return min(caps, key=_amount)


def halted(intent: Intent, view: RiskView) -> Refusal | None:
    """A halted desk opens nothing."""
    reason = view.halted()
    if reason is None or only_reduces(intent, view):
        return None
    return Refusal("halted", f"the desk is halted: {reason} - check, then `dutchbook resume --i-checked`", "", reason)


def paused(intent: Intent, view: RiskView) -> Refusal | None:
    """While a person has paused a strategy it gets no orders, but for ways home and exits of what it began."""
    reason = view.paused_by(intent.strategy)
    if reason is None or intent.kind in {WAY_HOME, EXIT}:
        return None
    return Refusal("paused", f"{reason} - `dutchbook resume` goes on", "", reason)


def position_limit(settings: RiskSettings) -> Rule:
    """Refuse what could put more than the limit into one market."""

    limit = _limit("position_limit", settings.position_limit, settings.position_limit_dollars)

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        cap = limit(view)
        over = [
            (market, total)
            for market, added in view.needed(intent).items()
            if added and (total := view.market_exposure(market) + added) > cap.amount
        ]
        if not over:
            return None
        market, total = max(over, key=lambda item: item[1])
        more = f" and {len(over) - 1} more" if len(over) > 1 else ""
        return _too_much("position_limit", f"market {market}{more}", total, cap)

    return rule


def venue_limit(settings: RiskSettings) -> Rule:
    """Refuse what could put more than the limit at one venue."""

    limit = _limit("venue_limit", settings.venue_limit, settings.venue_limit_dollars)

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        cap = limit(view)
        added: dict[Venue, int] = {}
        for market, needed in view.needed(intent).items():
            venue = _venue(market, view)
            added[venue] = added.get(venue, 0) + needed
        for venue, amount in added.items():
            total = view.venue_exposure(venue) + amount
            if amount and total > cap.amount:
                return _too_much("venue_limit", f"venue {venue}", total, cap)
        return None

    return rule


def deployed_limit(settings: RiskSettings) -> Rule:
    """Refuse what could bind more than the limit in all markets, or more than the cash that is free."""

    limit = _limit("deployed_limit", settings.deployed_limit, settings.deployed_limit_dollars)

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        added = sum(view.needed(intent).values())
        deployed = view.deployed()
        at_hand = Cap("cash at hand", Money(deployed + view.free_cash()))
        cap = tightest((limit(view), at_hand))
        total = deployed + added
        return _too_much("deployed_limit", "all markets", total, cap) if added and total > cap.amount else None

    return rule


def high_water_mark(settings: RiskSettings) -> Rule:
    """Refuse opening while positions without a price leave open whether equity is above the floor under its mark."""

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        unpriced = view.unpriced()
        floor = floor_below(view.high_water(), settings.ratcheting_stop)
        if not unpriced or view.equity() > floor or only_reduces(intent, view):
            return None
        return Refusal(
            "high_water_mark",
            f"{len(unpriced)} positions have no price, without them equity is ${dollars(view.equity())} and the floor "
            f"${dollars(floor)} - wait for their books",
            f"{percent(settings.ratcheting_stop)} below ${dollars(view.high_water())}",
            f"${dollars(view.equity())}",
        )

    return rule


def ratcheting_stop(settings: RiskSettings) -> Rule:
    """Refuse opening at the floor under the high-water mark, and what could take equity there with all in flight."""

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        floor = floor_below(view.high_water(), settings.ratcheting_stop)
        at_worst = Money(view.equity() - view.worst_loss() - intent.max_loss)
        if at_worst > floor or only_reduces(intent, view):
            return None
        return Refusal(
            "ratcheting_stop",
            f"equity ${dollars(view.equity())} could fall to ${dollars(at_worst)} with all in flight, the floor is "
            f"${dollars(floor)} - take less risk",
            f"ratcheting_stop {percent(settings.ratcheting_stop)} below ${dollars(view.high_water())}",
            f"${dollars(at_worst)}",
        )

    return rule


def daily_loss(settings: RiskSettings) -> Rule:
    """Refuse opening while paused, and what could lose more than the day's limit with all in flight."""

    limit = _limit("daily_loss", settings.daily_loss, settings.daily_loss_dollars)

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        cap = limit(view)
        at_worst = Money(view.equity_at_day_start() - view.equity() + view.worst_loss() + intent.max_loss)
        paused = view.paused()
        if (paused is None and at_worst <= cap.amount) or only_reduces(intent, view):
            return None
        message = paused or f"today could lose ${dollars(at_worst)} of ${dollars(cap.amount)} with all in flight"
        return Refusal("daily_loss", f"{message} - opening is refused", _shown(cap), f"${dollars(at_worst)}")

    return rule


def _limit(name: str, share: int, amount: Money | None) -> Callable[[RiskView], Cap]:
    """The tighter of a share of the bankroll and an amount. Its words are made once: each review asks for it."""
    of_bankroll = f"{name} {percent(share)} of bankroll"
    fixed = None if amount is None else Cap(f"{name}_dollars", amount)

    def limit(view: RiskView) -> Cap:
        cap = Cap(of_bankroll, Money(view.bankroll * share // _MILLION))
        return cap if fixed is None else tightest((cap, fixed))

    return limit


def _too_much(rule: str, where: str, total: int, cap: Cap) -> Refusal:
    found = f"${dollars(Money(total))}"
    return Refusal(rule, f"{where} could hold {found}, more than {_shown(cap)} - take less", _shown(cap), found)


def _shown(cap: Cap) -> str:
    return f"{cap.name} = ${dollars(cap.amount)}"


def _venue(market: MarketId, view: RiskView) -> Venue:
    known = view.market(market)
    if known is None:
        raise LookupError(f"{market} passed as sound without being in the catalogue")
    return known.venue
