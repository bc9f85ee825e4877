"""What every command needs of its surroundings: the environment, the home folder, the settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dutchbook.config.load import Loaded


class Invocation:
    """One call of the program. Settings are read when a command asks for them, not before."""

    def __init__(self, environ: Mapping[str, str], config_file: Path | None) -> None:
        self.environ = environ
        self.config_file = config_file

    @property
    def home(self) -> Path:
        """The home folder. Raises ConfigError if the variable names no absolute path."""
        from dutchbook.config.home import home_folder

        return home_folder(self.environ)

    def load(self) -> "Loaded":
        """The settings in force. Raises ConfigError in one line."""
        from dutchbook.config.load import load_settings

        return load_settings(self.home, self.config_file, self.environ)


def invocation(ctx: typer.Context) -> Invocation:
    """The invocation that a command belongs to."""
    found = ctx.find_object(Invocation)
    return found if found is not None else Invocation(os.environ, None)
