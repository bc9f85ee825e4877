"""All sources of keys in the order in which they are asked. The first that has a value gives it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from dutchbook.app.accounts.dotenv import DotEnv
from dutchbook.app.accounts.keystore import Keystore
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import read_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.accounts.secret_files import SecretFiles
from dutchbook.app.accounts.system_keyring import SystemKeyring
from dutchbook.config.account_settings import AccountSettings
from dutchbook.domain.errors import ConfigError
from dutchbook.storage.home import Home


class KeySource(Protocol):
    """Where keys may be kept."""

    def place(self, name: KeyName) -> str | None:
        """Where the value is, in words for the user; None if it is not here. Asks for no password."""
        ...

    def read(self, name: KeyName) -> Secret:
        """The value of a name that has a place."""
        ...


class Environment:
    """The environment of the process. An empty variable counts as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def place(self, name: KeyName) -> str | None:
        """See `KeySource.place`."""
        return "environment" if self._environ.get(name, "").strip() else None

    def read(self, name: KeyName) -> Secret:
        """See `KeySource.read`."""
        return Secret(self._environ[name])


class Found(msgspec.Struct, frozen=True):
    """A value, its name and where it was."""

    name: KeyName
    value: Secret
    place: str

    @property
    def text(self) -> str:
        """The value without the spaces and line ends around it."""
        return self.value.reveal().strip()


class KeyChain:
    """Sources of keys, the first to be asked first."""

    def __init__(self, sources: Sequence[KeySource]) -> None:
        self._sources = tuple(sources)

    def find(self, *names: KeyName) -> Found | None:
        """The value of a name, or of the one among several that stand for the same thing.

        Raises ConfigError if one source has two of those, or cannot be read.
        """
        for source in self._sources:
            there = [(name, place) for name in names if (place := source.place(name)) is not None]
            if len(there) > 1:
                both = " and ".join(name for name, _ in there)
                raise ConfigError(f"{there[0][1]}: {both} are both set - keep one of them")
            if there:
                name, place = there[0]
                return Found(name, source.read(name), place)
        return None

    def place(self, name: KeyName) -> str | None:
        """Where the value that counts is, without opening anything."""
        return next((place for source in self._sources if (place := source.place(name)) is not None), None)


def key_chain(
    home: Path, settings: AccountSettings, environ: Mapping[str, str], folder: Path, ask: Callable[[str], Secret]
) -> KeyChain:
    """The sources of a desk: environment, `.env` here, `.env` in the home folder, secret files, keystore, keyring.

    `folder` is the working directory; `ask` asks a person for a password, and raises ConfigError if nobody is there.
    """
    layout = Home(home)

    def password() -> Secret:
        if settings.keystore_unlock_file is not None:
            return Secret(read_private(Path(settings.keystore_unlock_file).expanduser()).strip("\r\n"))
        return ask(f"Password of {layout.keystore}")

    sources: list[KeySource] = [
        Environment(environ),
        *(DotEnv(path) for path in dict.fromkeys((folder / ".env", layout.dotenv))),
        SecretFiles(layout.secrets),
        Keystore(layout.keystore, password),
    ]
    if settings.keyring:
        sources.append(SystemKeyring())
    return KeyChain(sources)
