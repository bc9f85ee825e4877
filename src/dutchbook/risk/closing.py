"""Nothing is opened shortly before a market closes: near its resolution a price jumps, and there is no way out."""

from dutchbook.domain.orders import Intent
from dutchbook.domain.units import decimal_text
from dutchbook.risk.ports import Refusal, RiskView, Rule
from dutchbook.risk.reduction import only_reduces
from dutchbook.risk.settings import RiskSettings


def before_close(settings: RiskSettings) -> Rule:
    """Refuse opening in a market that closes within `no_opening_before_close`."""

    def rule(intent: Intent, view: RiskView) -> Refusal | None:
        least = settings.no_opening_before_close
        if not least or only_reduces(intent, view):
            return None
        for leg in intent.legs:
            market = view.market(leg.market)
            if market is not None and market.closes is not None and market.closes - view.now <= least:
                left = f"{decimal_text(max(0, market.closes - view.now), 9)}s"
                message = f"market {leg.market} closes in {left} - nothing is opened there any more"
                limit = f"no_opening_before_close {decimal_text(least, 9)}s"
                return Refusal("before_close", message, limit, left)
        return None

    return rule
