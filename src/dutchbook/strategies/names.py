"""The strategies that a desk can run, by the names that users give, with what each does in a few words."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

BUNDLE = "bundle"
ATOMIC_ARB = "atomic-arb"
LEG_AND_HEDGE = "leg-and-hedge"
REWARD_MAKER = "reward-maker"

STRATEGIES: Mapping[str, str] = MappingProxyType(
    {
        BUNDLE: "sets of outcomes that cost less than they surely pay",
        ATOMIC_ARB: "approved pairs across venues, both legs at once",
        LEG_AND_HEDGE: "approved pairs across venues, the thinner leg first",
        REWARD_MAKER: "quotes that rest for liquidity rewards, given up at once when they fill",
    }
)
BY_DEFAULT = (BUNDLE, ATOMIC_ARB, LEG_AND_HEDGE)
"""Those that run where nobody chose."""

_ALIKE = 0.5
"""How much a word must look like a name to be taken for it."""


def chosen_names(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once, in the order given. Raises ValueError for one that no strategy has, with the nearest that is."""
    chosen = tuple(dict.fromkeys(names))
    for name in chosen:
        if name not in STRATEGIES:
            near = get_close_matches(name, STRATEGIES, n=1, cutoff=_ALIKE)
            meant = f", did you mean {near[0]}?" if near else ""
            raise ValueError(f"no strategy is called {name!r}{meant} - there are: {', '.join(STRATEGIES)}")
    return chosen
