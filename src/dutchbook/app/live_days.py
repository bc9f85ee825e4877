"""When each account was first armed for live trading: its first day has small limits, so it must be remembered."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from dutchbook.app.accounts.private_files import write_private
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import Nanos
from dutchbook.storage.home import Home


def began(home: Path, accounts: Sequence[str], now: Nanos) -> tuple[Nanos, ...]:
    """When each account's first live day began; for one that is not remembered, now, which is remembered.

    Raises ConfigError if the memory is damaged.
    """
    path = Home(home).live_days
    days = _remembered(path)
    fresh = {account.lower(): now for account in accounts if account.lower() not in days}
    if fresh:
        days |= fresh
        write_private(path, msgspec.json.format(msgspec.json.encode(days)).decode() + "\n")
    return tuple(Nanos(days[account.lower()]) for account in accounts)


def _remembered(path: Path) -> dict[str, int]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except FileNotFoundError:
        return {}
    except (msgspec.MsgspecError, OSError) as error:
        raise ConfigError(f"{path}: damaged - remove it: the small limits of a first day then begin anew") from error
