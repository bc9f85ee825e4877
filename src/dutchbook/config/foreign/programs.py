"""The programs whose settings files can be read."""

from collections.abc import Mapping
from types import MappingProxyType

from dutchbook.config.foreign.reward_maker import REWARD_MAKER_FILE
from dutchbook.config.foreign.translation import ForeignProgram
from dutchbook.domain.errors import UsageError

PROGRAMS: Mapping[str, ForeignProgram] = MappingProxyType({REWARD_MAKER_FILE.name: REWARD_MAKER_FILE})
"""By their names."""


def program_named(name: str) -> ForeignProgram:
    """Raises UsageError for a program whose files nobody here can read."""
    found = PROGRAMS.get(name)
    if found is None:
        raise UsageError(f"no settings of {name!r} can be read - there are: {', '.join(PROGRAMS)} - name one of them")
    return found
