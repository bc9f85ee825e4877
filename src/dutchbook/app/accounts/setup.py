"""Setting a desk up: writes what a newcomer answered, into places that are his alone, over nothing that is there."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from dutchbook.app.accounts.dotenv import write_dotenv
from dutchbook.app.accounts.keystore import Cost, write_keystore
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import write_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.accounts.secret_files import write_secret_files
from dutchbook.app.accounts.system_keyring import write_keyring
from dutchbook.config.load import local_file, settings_of
from dutchbook.config.modes import Mode
from dutchbook.domain.errors import ConfigError
from dutchbook.storage.home import Home


class Store(StrEnum):
    """Where keys are put."""

    KEYSTORE = "keystore"
    """One encrypted file with a password."""
    DOTENV = "dotenv"
    """A `.env` in the home folder: legible for whoever can read your files."""
    FILES = "files"
    """One file for each value, in the folder `secrets`."""
    KEYRING = "keyring"
    """The operating system's."""
    NONE = "none"
    """Nowhere: they stay in the environment."""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody chose. `settings` is False where only keys are to be stored."""

    mode: Mode
    bankroll: str
    region: str | None = None
    store: Store = Store.NONE
    keys: Mapping[KeyName, Secret] = {}
    password: Secret | None = None
    unlock_file: Path | None = None
    settings: bool = True


def write_setup(home: Path, answers: Answers, cost: Cost = Cost()) -> tuple[Path, ...]:  # noqa: B008 - a frozen value
    """Write settings and keys; the files that were written.

    Raises ConfigError, before anything is written, for an answer that is none and for what would be overwritten.
    """
    text = settings_text(answers)
    settings_of(text.encode(), "the new settings")
    written: list[Path] = []
    refuse_overwriting(home, settings=answers.settings)
    if answers.keys:
        written += _stored(Home(home), answers, cost)
    if answers.settings:
        write_private(local_file(home), text)
        written.append(local_file(home))
    return tuple(written)


def refuse_overwriting(home: Path, *, settings: bool) -> None:
    """Raises ConfigError if settings are to be written and there are some."""
    target = local_file(home)
    if settings and target.exists():
        raise ConfigError(f"{target}: is there already - edit it, or store keys alone: dutchbook init --keys-only")


def settings_text(answers: Answers) -> str:
    """The settings file of these answers."""
    lines = [
        "# Written by `dutchbook init`. `dutchbook config show` lists every setting, `config check` finds mistakes.",
        f"mode: {answers.mode}",
        "portfolio:",
        f"  bankroll: {_quoted(answers.bankroll)}",
    ]
    if answers.region:
        lines += ["live:", f"  region: {_quoted(answers.region)}"]
    accounts = []
    if answers.store is Store.KEYRING:
        accounts.append("  keyring: true")
    if answers.store is Store.KEYSTORE and answers.unlock_file is not None:
        accounts.append(f"  keystore_unlock_file: {_quoted(str(answers.unlock_file))}")
    return "\n".join([*lines, *(["accounts:", *accounts] if accounts else [])]) + "\n"


def _stored(home: Home, answers: Answers, cost: Cost) -> list[Path]:
    match answers.store:
        case Store.KEYSTORE:
            if answers.password is None:
                raise ConfigError("keystore: it needs a password - type one, or name a file with --password-file")
            write_keystore(home.keystore, answers.keys, answers.password, cost)
            return [home.keystore]
        case Store.DOTENV:
            write_dotenv(home.dotenv, answers.keys)
            return [home.dotenv]
        case Store.FILES:
            write_secret_files(home.secrets, answers.keys)
            return [home.secrets / name for name in answers.keys]
        case Store.KEYRING:
            write_keyring(answers.keys)
    return []


def _quoted(text: str) -> str:
    """A YAML scalar of any text: JSON's strings are YAML's."""
    return msgspec.json.encode(text).decode()
