"""Reading all layers of settings: shipped files, the user's files, the environment."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

import msgspec
from pydantic import ValidationError

from dutchbook.config.environment import read_environment
from dutchbook.config.keys import Unit, all_keys, sections, value_at, written
from dutchbook.config.layers import Layer, merged, under
from dutchbook.config.problems import problem_lines, summary
from dutchbook.config.settings import Settings
from dutchbook.config.yaml_file import read_file, read_text
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue

LOCAL_FILE = "dutchbook.yaml"


class Setting(msgspec.Struct, frozen=True):
    """One setting as it is in force: its value as a user would write it, and where it was said."""

    key: str
    value: str | None
    unit: Unit
    source: str


class Loaded(msgspec.Struct, frozen=True):
    """The settings in force, each with its source. `remarks` name limits that can never bind."""

    settings: Settings
    values: tuple[Setting, ...]
    files: tuple[Path, ...]
    remarks: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all values, wherever they come from: the same settings have the same one on any machine."""
        return fingerprint(self.settings)


def fingerprint(settings: Settings) -> str:
    """SHA-256 of all values of the settings."""
    lines = (f"{key.path}={written(key.unit, value_at(settings, key.path))}\n" for key in all_keys())
    return sha256("".join(lines).encode()).hexdigest()


def local_file(home: Path) -> Path:
    """The user's own settings file of a home folder."""
    return home / "config" / LOCAL_FILE


def load_settings(home: Path, config_file: Path | None, environ: Mapping[str, str]) -> Loaded:
    """The settings in force. `config_file` replaces the file of the home folder.

    Raises ConfigError in one line: file, line, key, what is wrong and what to write.
    """
    user_files = tuple(_user_files(home, config_file))
    layers = [*shipped_layers(), *(layer for _, layer in user_files), read_environment(environ)]
    return _validated(merged(layers, sections()), tuple(path for path, _ in user_files))


def shipped_settings() -> Settings:
    """What is in force when nobody chose anything."""
    return _validated(merged(shipped_layers(), sections()), ()).settings


def settings_of(content: bytes, name: str) -> Settings:
    """What would be in force if a file called `name` had this content. Raises ConfigError like `load_settings`."""
    return _validated(merged([*shipped_layers(), read_text(content, name)], sections()), ()).settings


def find_problems(home: Path, config_file: Path | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every problem of the settings, one line each; a file that is no YAML hides those behind it."""
    try:
        layers = [*shipped_layers(), *(layer for _, layer in _user_files(home, config_file)), read_environment(environ)]
        whole = merged(layers, sections())
        Settings.model_validate(whole.values)
    except ConfigError as error:
        return (str(error),)
    except ValidationError as error:
        return problem_lines(error, whole.places)
    return ()


def shipped_layers() -> Iterator[Layer]:
    """The files that come with the program."""
    with as_file(files("dutchbook.config") / "shipped") as folder:
        yield read_file(folder / "base.yaml", "base.yaml")
        for venue in Venue:
            yield _venue_layer(folder / "venues" / f"{venue}.yaml", venue)


def _user_files(home: Path, config_file: Path | None) -> Iterator[tuple[Path, Layer]]:
    for venue in Venue:
        path = home / "config" / "venues" / f"{venue}.yaml"
        if path.exists():
            yield path, _venue_layer(path, venue)
    if config_file is not None:
        yield config_file, read_file(config_file, str(config_file))
    elif local_file(home).exists():
        yield local_file(home), read_file(local_file(home), LOCAL_FILE)


def _venue_layer(path: Path, venue: Venue) -> Layer:
    section = f"venues.{venue}"
    return under(section, read_file(path, f"venues/{venue}.yaml", section))


def _validated(layer: Layer, user_files: tuple[Path, ...]) -> Loaded:
    try:
        settings = Settings.model_validate(layer.values)
    except ValidationError as error:
        raise ConfigError(summary(problem_lines(error, layer.places))) from None
    values = tuple(
        Setting(
            key.path,
            written(key.unit, value_at(settings, key.path)),
            key.unit,
            layer.places.get(key.path, "default"),
        )
        for key in all_keys()
    )
    return Loaded(settings, values, user_files, settings.risk.remarks())
