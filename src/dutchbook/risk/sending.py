"""What cannot be sent now, whatever it costs: its venue takes no such order, or an order like it is unknown."""

from dutchbook.domain.orders import Intent
from dutchbook.risk.ports import Refusal, RiskView


def can_be_sent(intent: Intent, view: RiskView) -> Refusal | None:
    """Refuse what execution would keep back. Also for what only reduces risk: a second order may sell the same twice.

    The refusal is named after what stands in the way: `unknown_order` or `venue_state`.
    """
    for leg in intent.legs:
        block = view.blocked(leg)
        if block is not None:
            return Refusal(
                block.rule, f"{leg.side} {leg.outcome} cannot be sent: {block.reason} - wait", "", block.reason
            )
    return None
