"""The keyring of the operating system, through the library `keyring`, which is an optional extra."""

from collections.abc import Mapping
from types import ModuleType

from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError

SERVICE = "dutchbook"
"""Under what the keyring files the values; each is a user name of it."""


class SystemKeyring:
    """The keyring as a source of keys."""

    def __init__(self) -> None:
        self._found: dict[KeyName, Secret | None] = {}

    def place(self, name: KeyName) -> str | None:
        """See `KeySource.place`. Raises ConfigError without the library, or without a keyring that answers."""
        return None if self._get(name) is None else "keyring"

    def read(self, name: KeyName) -> Secret:
        """See `KeySource.read`."""
        found = self._get(name)
        if found is None:
            raise ConfigError(f"keyring: {name} is not in it - add it with `keyring set {SERVICE} {name}`")
        return found

    def _get(self, name: KeyName) -> Secret | None:
        if name not in self._found:
            library = _library()
            try:
                text = library.get_password(SERVICE, name)
            except library.errors.KeyringError as error:
                raise _unusable(error) from None
            self._found[name] = None if text is None else Secret(text)
        return self._found[name]


def write_keyring(values: Mapping[KeyName, Secret]) -> None:
    """Put values into the keyring. Raises ConfigError, before anything is written, if one of them is there."""
    library = _library()
    try:
        for name in values:
            if library.get_password(SERVICE, name) is not None:
                raise ConfigError(f"keyring: {name} is there already - `keyring del {SERVICE} {name}`, if it is old")
        for name, value in values.items():
            library.set_password(SERVICE, name, value.reveal())
    except library.errors.KeyringError as error:
        raise _unusable(error) from None


def _library() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise ConfigError(
            "keyring: the library is not installed - pip install keyring (the extra `keyring`), or use another source"
        ) from None
    return keyring


def _unusable(error: Exception) -> ConfigError:
    # Only its kind: what a backend says of a failure may hold what it was given.
    return ConfigError(f"keyring: it does not answer ({type(error).__name__}) - unlock it, or use another source")
