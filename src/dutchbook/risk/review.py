"""The verdict on an intent. Only `review` makes an `Approved`, and execution takes nothing else."""

from collections.abc import Iterable

import msgspec

from dutchbook.domain.orders import Intent
from dutchbook.risk.ports import Refusal, RiskView, Rule
from dutchbook.risk.soundness import flaws


class Approved(msgspec.Struct, frozen=True, tag="approved"):
    """An intent that no rule refused: the only thing that may become orders."""

    intent: Intent


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """An intent that may not pass, with everything that stands in its way."""

    intent: Intent
    refusals: tuple[Refusal, ...]


type Verdict = Approved | Refused


def review(intent: Intent, view: RiskView, rules: Iterable[Rule]) -> Verdict:
    """Ask all rules. An intent that makes no sense is refused before, since rules could not read it.

    The caller reserves an approved intent before the next one is reviewed.
    """
    refusals = flaws(intent, view) or tuple(refusal for rule in rules if (refusal := rule(intent, view)))
    return Refused(intent, refusals) if refusals else Approved(intent)
