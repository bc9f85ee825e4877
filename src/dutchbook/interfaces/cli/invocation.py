"""What every command needs of its surroundings: the environment, the home folder, the settings."""

import os
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dutchbook.app.accounts.chain import KeyChain
    from dutchbook.app.accounts.secret import Secret
    from dutchbook.config.account_settings import AccountSettings
    from dutchbook.config.load import Loaded


class Invocation:
    """One call of the program. Settings are read when a command asks for them, not before."""

    def __init__(self, environ: Mapping[str, str], config_file: Path | None) -> None:
        self.environ = environ
        self.config_file = config_file
        self.password: Secret | None = None
        """That of the keystore, if it was typed before."""
        self._keys: KeyChain | None = None

    @property
    def home(self) -> Path:
        """The home folder. Raises ConfigError if the variable names no absolute path."""
        from dutchbook.config.home import home_folder

        return home_folder(self.environ)

    @property
    def by(self) -> str:
        """Who gives this command, as the record calls them: `cli:ann`."""
        from getpass import getuser

        try:
            return f"cli:{getuser()}"
        except OSError:  # a user without a name, in a container
            return f"cli:{os.getuid()}"

    def load(self) -> "Loaded":
        """The settings in force. Raises ConfigError in one line."""
        from dutchbook.config.load import load_settings

        return load_settings(self.home, self.config_file, self.environ)

    def keys(self, settings: "AccountSettings") -> "KeyChain":
        """Where keys of accounts are looked for; the same at each call, so that a password is asked for once.

        It is asked for when a value from behind it is wanted.
        """
        if self._keys is not None:
            return self._keys
        from dutchbook.app.accounts.chain import key_chain
        from dutchbook.interfaces.cli.asking import ask_secret

        # What is left of a process that crashed is a file with everything it held.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        folder = Path.cwd()
        self._keys = key_chain(
            self.home, settings, self.environ, folder, lambda what: self.password or ask_secret(what)
        )
        return self._keys


def invocation(ctx: typer.Context) -> Invocation:
    """The invocation that a command belongs to."""
    found = ctx.find_object(Invocation)
    return found if found is not None else Invocation(os.environ, None)
