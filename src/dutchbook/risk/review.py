"""The verdict on an intent. Only this module makes an `Approved`, and execution takes nothing else."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from dutchbook.domain.orders import Intent
from dutchbook.domain.units import Nanos
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


def confirm(ahead: Approved, at: Nanos, oldest: Nanos, view: RiskView, momentary: Iterable[Rule]) -> Verdict:
    """Approve now what was reviewed ahead, on a desk that has not changed since but for its books and the time.

    `momentary` are the rules that those can change; they judge the intent as of `at`, from books as old as `oldest`.
    """
    intent = replace(ahead.intent, at=at, oldest=oldest)
    refusals = tuple(refusal for rule in momentary if (refusal := rule(intent, view)))
    return Refused(intent, refusals) if refusals else Approved(intent)


def still_passes(ahead: Approved, until: Nanos, oldest: Nanos, later: RiskView, momentary: Iterable[Rule]) -> bool:
    """Ask the momentary rules as of `until`, over the desk as it is then if nothing happens before.

    Time alone turns their yes into no and never their no into yes: who passes then passes at all times before.
    """
    return isinstance(confirm(ahead, until, oldest, later, momentary), Approved)
