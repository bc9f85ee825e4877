"""Whether an intent can be read at all: whatever a strategy hands in, rules and exposure must be able to count it."""

from collections.abc import Iterator

from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import Intent, Leg, PlanKind
from dutchbook.domain.units import ONE
from dutchbook.risk.ports import Refusal, RiskView

RULE = "sound_intent"


def flaws(intent: Intent, view: RiskView) -> tuple[Refusal, ...]:
    """Everything that is wrong with an intent in itself, whatever the limits."""
    found = [*_intent_flaws(intent, view)]
    for leg in intent.legs:
        market = view.market(leg.market)
        problem = "its market is not in the catalogue" if market is None else _leg_flaw(leg, market)
        if problem:
            found.append(f"leg {leg.side} {leg.outcome}: {problem}")
    return tuple(Refusal(RULE, f"{problem} - nothing can be sent", "", problem) for problem in found)


def _intent_flaws(intent: Intent, view: RiskView) -> Iterator[str]:
    if not intent.legs:
        yield "it has no legs"
    if intent.plan is not PlanKind.BASKET and len(intent.legs) > 1:
        yield f"a plan of kind {intent.plan} works one leg, not {len(intent.legs)}"
    if len(intent.legs) > 1 and len({leg.outcome for leg in intent.legs}) != len(intent.legs):
        yield "it names an outcome twice"
    if not (_is_count(intent.cost) and _is_count(intent.max_loss)):
        yield f"cost {intent.cost!r} or worst loss {intent.max_loss!r} is no amount of at least 0"
    if not (_is_count(intent.at) and _is_count(intent.oldest)) or intent.at > view.now:
        yield f"it was made at {intent.at!r} from books of {intent.oldest!r}, now is {view.now}"
    if view.in_flight(intent.id):
        yield f"intent {intent.id} is being worked on already"


def _leg_flaw(leg: Leg, market: Market) -> str | None:
    if leg.outcome not in (market.yes, market.no):
        return f"not an outcome of market {market.id}"
    if market.status is not MarketStatus.OPEN:
        return f"market {market.id} is {market.status}"
    if not _is_count(leg.size) or leg.size == 0:
        return f"size {leg.size!r} is no size"
    if not _is_count(leg.limit) or not market.grid.contains(leg.limit):
        return f"limit {leg.limit!r} is not on the price grid of {market.id}"
    if not _is_count(leg.expected) or leg.expected > ONE:
        return f"expected price {leg.expected!r} is not between 0 and 1 dollar"
    return None


def _is_count(value: object) -> bool:
    """Whether it is an integer of at least 0: no float, no NaN, no boolean."""
    return type(value) is int and value >= 0
