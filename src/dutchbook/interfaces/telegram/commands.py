"""The commands of the console: names, roles and words. Help and the menu are made from this table."""

import msgspec

from dutchbook.interfaces.telegram.access import Role


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command. `arguments` shows what may follow it; `confirm` asks for a press of a button first."""

    name: str
    words: str
    arguments: str = ""
    role: Role = Role.VIEWER
    confirm: bool = False


_OPERATOR = Role.OPERATOR

COMMANDS: tuple[Command, ...] = (
    Command(name="status", words="how the desk stands"),
    Command(name="scan", words="what is watched, and the bundles nearest to profit"),
    Command(name="nearmiss", words="the near-miss pool"),
    Command(name="trades", arguments="[n]", words="the latest trades"),
    Command(name="positions", words="what is held"),
    Command(name="orders", words="orders at work, unknown ones marked"),
    Command(name="pnl", arguments="[days]", words="results by day"),
    Command(name="daily", words="the results of today"),
    Command(name="limits", words="how far each risk limit is used"),
    Command(name="locks", words="what keeps the desk from opening"),
    Command(name="health", words="venues, data age, latency"),
    Command(name="alerts", arguments="[n]", words="the latest alerts"),
    Command(name="logs", arguments="[n]", words="the latest warnings of the log"),
    Command(name="ack", arguments="[alert]", words="acknowledge an alert, or all", role=_OPERATOR),
    Command(
        name="halt", arguments="[why]", words="stop everything now, until a person resumes on the host", role=_OPERATOR
    ),
    Command(name="pause", arguments="[strategy]", words="no new orders; what rests stays", role=_OPERATOR),
    Command(name="resume", arguments="[strategy|all]", words="lift a pause, never a halt", role=_OPERATOR),
    Command(name="unlock", arguments="<lock>", words="lift the pause that a lock names", role=_OPERATOR),
    Command(name="stop", words="cancel what opens risk and end the desk", role=_OPERATOR, confirm=True),
    Command(name="version", words="the version of dutchbook"),
    Command(name="help", words="this list"),
)
"""Nothing here reads or writes keys, withdraws, raises a limit or arms live trading: such a command does not exist."""

BY_NAME = {command.name: command for command in COMMANDS}


def menu() -> dict[str, str]:
    """Names and words for Telegram's own menu."""
    return {command.name: command.words for command in COMMANDS}


def help_text(role: Role) -> str:
    """What somebody of this role may say."""
    lines = [
        f"/{command.name}{f' {command.arguments}' if command.arguments else ''} - {command.words}"
        f"{' (asks first)' if command.confirm else ''}"
        for command in COMMANDS
        if role.may(command.role)
    ]
    return "\n".join([f"You are {role}. Commands:", *lines])
