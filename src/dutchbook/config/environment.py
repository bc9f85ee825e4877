"""Settings from environment variables: DUTCHBOOK_RISK__DAILY_LOSS=5% is risk.daily_loss."""

from collections.abc import Mapping

from dutchbook.config.home import HOME_VARIABLE
from dutchbook.config.layers import Layer, Tree
from dutchbook.domain.errors import ConfigError

PREFIX = "DUTCHBOOK_"
ENABLE, CONFIRM = "DUTCHBOOK_ENABLE_LIVE_TRADING", "DUTCHBOOK_LIVE_CONFIRM"
"""The second gate of live trading, and the third where nobody can type."""
NOT_SETTINGS = frozenset({HOME_VARIABLE, "DUTCHBOOK_DATA", ENABLE, CONFIRM})
"""Variables with the prefix that mean something else: the home folder, the tests' data, the gates of live trading."""


def variable_of(key: str) -> str:
    """The variable that sets a dotted key.

    >>> variable_of("risk.daily_loss")
    'DUTCHBOOK_RISK__DAILY_LOSS'
    """
    return PREFIX + key.upper().replace(".", "__")


def read_environment(environ: Mapping[str, str]) -> Layer:
    """The layer that the environment says. An empty variable counts as not set. Raises ConfigError for a mix-up."""
    values: Tree = {}
    places: dict[str, str] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS or not environ[name].strip():
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        _put(values, path, environ[name], name)
        for depth in range(1, len(path) + 1):
            places[".".join(path[:depth])] = f"environment {name}"
    return Layer("environment", values, places)


def _put(values: Tree, path: list[str], text: str, name: str) -> None:
    tree = values
    for section in path[:-1]:
        inner = tree.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(
                f"environment {name}: {section} is set as a value and as a section - unset one of the two variables"
            )
        tree = inner
    tree[path[-1]] = text
