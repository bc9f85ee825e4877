"""Who may be sent into a backtest, against what: strategies, the baselines that they are measured by, and faults."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from dutchbook.app.strategies import Ingredients
from dutchbook.config.documents import read_document
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.strategies.baselines.as_written import AsWritten
from dutchbook.strategies.baselines.at_the_middle import NAME as AT_THE_MIDDLE
from dutchbook.strategies.baselines.at_the_middle import AtTheMiddle
from dutchbook.strategies.names import REWARD_MAKER, STRATEGIES
from dutchbook.strategies.ports import Strategy

TROUBLE = Path(__file__).parent / "trouble.yaml"
"""The fault plan that is built in: a day on which much goes wrong."""
NOTHING = "nothing"
AS_WRITTEN = "as-written"
AS_MEANT = "as-meant"
_EXPOSURE = Money(25 * DOLLAR)
"""What a market maker may have at stake in one market by default (`max_exposure_per_market_usdc`)."""

type Builds = Callable[[Ingredients], Sequence[Strategy]]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What runs under a name: strategies of the desk by `names`, or a baseline that `builds` makes for each run."""

    names: tuple[str, ...] = ()
    builds: Builds | None = None
    exposure_limit: Money = _EXPOSURE


BASELINES: Mapping[str, str] = MappingProxyType(
    {
        AS_WRITTEN: "the classic reward maker by its document, to the letter",
        AS_MEANT: "the same, but markets that stay chosen are quoted again",
        AT_THE_MIDDLE: "rests right beside the middle, merges what it bought of both, and checks nothing",
        NOTHING: "never orders anything",
    }
)
"""What each baseline does, in a few words."""
_BUILDS: Mapping[str, Builds] = MappingProxyType(
    {
        AS_WRITTEN: lambda parts: (AsWritten(parts.desk, parts.rewards, quotes_again=False),),
        AS_MEANT: lambda parts: (AsWritten(parts.desk, parts.rewards, quotes_again=True),),
        AT_THE_MIDDLE: lambda parts: (AtTheMiddle(parts.desk),),
    }
)


def entry_of(name: str, settings: Settings) -> Entry:
    """What runs under a name. Raises UsageError for one that nobody has."""
    if name == NOTHING:
        return Entry()
    if name in _BUILDS:
        return Entry(builds=_BUILDS[name])
    if name == REWARD_MAKER:
        return Entry(names=(name,), exposure_limit=settings.reward_maker.max_exposure_per_market)
    if name in STRATEGIES:
        return Entry(names=(name,))
    known = ", ".join((*STRATEGIES, *BASELINES))
    raise UsageError(f"no strategy is called {name!r} - there are: {known} - name one of them")


def plan_of(name: str) -> FaultPlan:
    """The fault plan that is built in, or one in a file.

    Raises UsageError if it is neither, ConfigError for a mistake in the file.
    """
    path = TROUBLE if name == TROUBLE.stem else Path(name)
    if not path.is_file():
        raise UsageError(f"fault plan {name!r}: neither a file nor {TROUBLE.stem!r} - name one of them")
    return read_document(path, FaultPlan)
