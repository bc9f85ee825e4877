"""One private file for each value, named like it: what container platforms and secret managers mount."""

from collections.abc import Mapping
from pathlib import Path

from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import read_private, write_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError


class SecretFiles:
    """A folder of such files as a source of keys."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, name: KeyName) -> str | None:
        """See `KeySource.place`."""
        path = self._folder / name
        return str(path) if path.exists() else None

    def read(self, name: KeyName) -> Secret:
        """See `KeySource.read`. Raises ConfigError for a file that others may read."""
        return Secret(read_private(self._folder / name))


def write_secret_files(folder: Path, values: Mapping[KeyName, Secret]) -> None:
    """Write one file for each value. Raises ConfigError, before anything is written, if one of them is there."""
    for name in values:
        if (folder / name).exists():
            raise ConfigError(f"{folder / name}: is there already - remove it first, if it is no longer needed")
    for name, value in values.items():
        write_private(folder / name, value.reveal())
