"""What `dutchbook run` starts beside its desk."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dutchbook.interfaces.cli.invocation import Invocation

if TYPE_CHECKING:
    from dutchbook.app.companions import Companion
    from dutchbook.config.settings import Settings

COMPANION = "--companion"
"""Says to a command that it was started beside a desk: it ends when its input does."""


def wanted(call: Invocation, settings: "Settings", *, dashboard: bool, port: int | None) -> tuple["Companion", ...]:
    """What these settings and options ask for. Raises ConfigError for a dashboard that could not be served."""
    from dutchbook.app.companions import Companion

    found = []
    if dashboard:
        found.append(_dashboard(call, settings, port))
    if _messenger_is_wanted(call, settings):
        found.append(Companion("messenger", (*words_before(call), "messenger", COMPANION)))
    return tuple(found)


def _messenger_is_wanted(call: Invocation, settings: "Settings") -> bool:
    """Whether a bot or a channel is configured. Raises ConfigError for keys that others may read."""
    from dutchbook.interfaces.alerts.wanted import messenger_wanted

    return messenger_wanted(call.home, settings, call.environ)


def dashboard_line(settings: "Settings", beside_it: "Sequence[Companion]") -> str:
    """Where the dashboard is, if there is one among them."""
    for each in beside_it:
        if each.name == "dashboard":
            return _where(settings, int(each.arguments[each.arguments.index("--port") + 1]))
    return ""


def _where(settings: "Settings", port: int) -> str:
    from dutchbook.interfaces.web.listening import address

    return f"dashboard: {address(settings.web, port)}"


@contextmanager
def beside(call: Invocation, companions: "Sequence[Companion]") -> Iterator[None]:
    """Let them live while the context lasts."""
    if not companions:
        yield
        return
    from dutchbook.app.companions import Companions

    with Companions(call.home, dict(call.environ), _tell) as at_work:
        at_work.start(companions)
        yield


def words_before(call: Invocation) -> tuple[str, ...]:
    """What stands before a command's name, so that it reads the same settings."""
    return () if call.config_file is None else ("--config", str(call.config_file))


def _dashboard(call: Invocation, settings: "Settings", port: int | None) -> "Companion":
    from dutchbook.app.accounts.names import KeyName
    from dutchbook.app.companions import Companion
    from dutchbook.interfaces.cli.dashboard import TO_ACT
    from dutchbook.interfaces.web.listening import door_of, listening
    from dutchbook.storage.home import Home
    from dutchbook.storage.users_file import UsersFile

    web = settings.web if port is None else settings.web.model_copy(update={"port": port})
    users = UsersFile(Home(call.home).users).read()
    door_of(web, users)
    with listening(web.host, web.port) as found:  # taken or not is said now, in one line
        chosen = found.getsockname()[1]
    _tell(_where(settings, chosen))
    if not users.users:
        _tell(TO_ACT)
    words = (*words_before(call), "dashboard", "--port", str(chosen), COMPANION)
    return Companion("dashboard", words, withheld=frozenset(name for name in KeyName if name.secret))


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
