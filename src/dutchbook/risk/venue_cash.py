"""The rule of cash by venue: what an intent needs at a venue must lie there."""

from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Intent
from dutchbook.domain.units import Money, dollars
from dutchbook.risk.ports import Refusal, RiskView


def venue_cash(intent: Intent, view: RiskView) -> Refusal | None:
    """Refuse what needs more at a venue than lies there unreserved. In force only where a venue's cash is known."""
    needed: dict[Venue, int] = {}
    for market_id, added in view.needed(intent).items():
        market = view.market(market_id)
        if market is not None:
            needed[market.venue] = needed.get(market.venue, 0) + added
    for venue, amount in needed.items():
        free = view.venue_cash(venue)
        if free is not None and amount > free:
            limit, found = f"${dollars(free)} free at {venue}", f"${dollars(Money(amount))}"
            return Refusal(
                "venue_cash", f"{found} is needed at {venue}, {limit} - take less, or move cash there", limit, found
            )
    return None
