"""Asking a person: questions in a terminal, secrets without an echo. Where nobody sits, an error says what to do."""

import sys
from collections.abc import Sequence
from getpass import getpass
from typing import TYPE_CHECKING

from dutchbook.domain.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from dutchbook.app.accounts.secret import Secret


def somebody_is_there() -> bool:
    """Whether a person can answer: input comes from a terminal."""
    return sys.stdin.isatty()


def ask_secret(what: str) -> "Secret":
    """Something that nobody may read over a shoulder. Raises ConfigError where nobody can type."""
    from dutchbook.app.accounts.secret import Secret

    if not somebody_is_there():
        raise ConfigError(
            f"{what}: nobody can type it here - run it in a terminal, or name a file by accounts.keystore_unlock_file"
        )
    return Secret(getpass(f"{what}: "))


def ask(question: str, default: str = "") -> str:
    """An answer in one line; the default for none. Raises UsageError where nobody can type."""
    if not somebody_is_there():
        raise UsageError(f"{question}: nobody can answer here - run it in a terminal, or give the answer as an option")
    sys.stdout.write(f"{question}{f' [{default}]' if default else ''}: ")
    sys.stdout.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise KeyboardInterrupt
    return answer.strip() or default


def choose(question: str, choices: Sequence[str], default: str) -> str:
    """One of some words; asked again until it is one."""
    while (answer := ask(f"{question} ({', '.join(choices)})", default).lower()) not in choices:
        sys.stdout.write(f"  one of {', '.join(choices)}, please\n")
    return answer
