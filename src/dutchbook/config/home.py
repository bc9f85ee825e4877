"""Where a desk keeps its state: the folder that DUTCHBOOK_HOME names, else the platform's user data folder."""

from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_data_path

from dutchbook.domain.errors import ConfigError

HOME_VARIABLE = "DUTCHBOOK_HOME"


def home_folder(environ: Mapping[str, str]) -> Path:
    """The home folder, absolute; nothing is created. Never depends on the current directory.

    Raises ConfigError if the variable holds a relative path.
    """
    named = environ.get(HOME_VARIABLE, "").strip()
    if not named:
        return user_data_path("dutchbook", appauthor=False)
    folder = Path(named).expanduser()
    if not folder.is_absolute():
        raise ConfigError(
            f"environment {HOME_VARIABLE}: {named!r} is a relative path - the state of a desk must not depend on the "
            "folder a command is called from - give an absolute path"
        )
    return folder
