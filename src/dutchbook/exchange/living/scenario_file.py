"""The scenarios that come with the package, as files."""

from importlib.resources import files
from pathlib import Path

from dutchbook.domain.errors import ConfigError

_FOLDER = Path(str(files("dutchbook.exchange.living"))) / "scenarios"


def built_in(name: str) -> Path:
    """The file of a packaged scenario. Raises ConfigError that lists them, if there is none of this name."""
    path = _FOLDER / f"{name}.yaml"
    if path.parent != _FOLDER or not path.is_file():
        raise ConfigError(f"scenario {name}: there is none of this name - write one of {', '.join(built_ins())}")
    return path


def built_ins() -> list[str]:
    """The names of all packaged scenarios."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))
