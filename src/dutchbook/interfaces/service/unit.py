"""The unit file of a desk: restarted whenever it ends by itself, watched by a watchdog, locked into its home folder."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from dutchbook.domain.errors import ConfigError

EXIT_CODES_THAT_STAY = (2, 5, 6)
"""Wrong usage, wrong settings, another desk in this home: a restart would end the same way."""
RESTART_S = 5
WATCHDOG_S = 30
STOP_S = 60
"""A desk waits for its cancels, and then for what it takes leave of."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit file is made of. `program` is the interpreter, `arguments` follow `dutchbook`.

    `user` is None for a unit of a user's own service manager, which needs no name.
    """

    name: str
    program: Path
    home: Path
    arguments: Sequence[str]
    user: str | None = None

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.service"


def unit_text(unit: Unit) -> str:
    """The unit file. Raises ConfigError for a name, a path or an argument that systemd would read otherwise."""
    command = " ".join(
        _word(part) for part in (str(unit.program), "-m", "dutchbook.interfaces.cli.main", *unit.arguments)
    )
    log = unit.home / "logs" / "service.log"
    return "\n".join(
        [
            "# Written by `dutchbook service install`; `dutchbook service uninstall` removes it.",
            "[Unit]",
            f"Description=dutchbook trading desk ({_plain(unit.name)})",
            "Wants=network-online.target",
            "After=network-online.target",
            # A desk that cannot start for minutes, because a venue is down, must still be there afterwards.
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            "Type=notify",
            # What runs beside the desk must not give signs of life in its place.
            "NotifyAccess=main",
            f"ExecStart={command}",
            *([f"User={_plain(unit.user)}"] if unit.user else []),
            f"Environment={_word(f'DUTCHBOOK_HOME={unit.home}')}",
            "Environment=PYTHONUNBUFFERED=1",
            "Restart=always",
            f"RestartSec={RESTART_S}",
            f"RestartPreventExitStatus={' '.join(map(str, EXIT_CODES_THAT_STAY))}",
            f"WatchdogSec={WATCHDOG_S}",
            # A desk looks for what it left at the venues before it works: that may take longer than systemd waits.
            "TimeoutStartSec=300",
            f"TimeoutStopSec={STOP_S}",
            "KillSignal=SIGTERM",
            "KillMode=mixed",
            f"StandardOutput=append:{_path(log)}",
            f"StandardError=append:{_path(log)}",
            "UMask=0077",
            *_hardening(unit),
            "",
            "[Install]",
            f"WantedBy={'multi-user.target' if unit.user else 'default.target'}",
            "",
        ]
    )


def _hardening(unit: Unit) -> list[str]:
    """What the desk may not do. It writes to its home alone, gains no rights, dumps no core.

    Some of it only a manager with the rights of root can impose: a user's own would refuse to start the service.
    """
    everywhere = [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        f"ReadWritePaths={_path(unit.home)}",
        "PrivateTmp=yes",
        "RestrictSUIDSGID=yes",
        "RestrictRealtime=yes",
        "RestrictNamespaces=yes",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "LockPersonality=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "LimitCORE=0",
        "LimitNOFILE=65536",
    ]
    by_root = [
        "ProtectHome=read-only",
        "PrivateDevices=yes",
        "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelLogs=yes",
        "ProtectControlGroups=yes",
        "ProtectClock=yes",
        "ProtectHostname=yes",
        "CapabilityBoundingSet=",
    ]
    return everywhere + (by_root if unit.user else [])


def _word(text: str) -> str:
    """A word of a command line, as systemd reads it: quotes, and no expansion of % or $."""
    if any(ord(char) < 32 for char in text):
        raise ConfigError(f"{text!r}: a control character has no place in a unit file - rename it")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if any(char in escaped for char in " '\";#") else escaped


def _path(path: Path) -> str:
    """A path where systemd takes no quotes."""
    text = str(path)
    if any(char.isspace() or ord(char) < 32 or char in "\"'\\" for char in text):
        raise ConfigError(f"{text!r}: systemd takes no such path - use a home folder without spaces and quotes")
    return text.replace("%", "%%")


def _plain(name: str) -> str:
    if not name or not all(char.isascii() and (char.isalnum() or char in "-_.") for char in name):
        raise ConfigError(f"{name!r}: a service or user is named by letters, digits, -, _ and .")
    return name
