"""dutchbook dashboard: the screens of this home, in a browser and as an API."""

import logging
import os
import time
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dutchbook.config.settings import Settings
    from dutchbook.storage.redaction import Redactor

TO_ACT = "to act there, sign in: dutchbook users code prints a code, dutchbook users add NAME makes a user"
_ROOM = "screens"
"""Of its log files. What it prints goes to `dashboard-DATE.log` where a desk started it."""
_NICENESS = 5
"""Screens yield to the desk that they belong to."""


def dashboard(
    ctx: typer.Context,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65_535, help="In place of web.port.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="In place of web.host.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Say every request.")] = False,
    companion: Annotated[bool, typer.Option("--companion", hidden=True, help="What `run --dashboard` starts.")] = False,
) -> None:
    """Serve the dashboard and its API, whether a desk runs here or not.

    It listens on this machine alone unless you say otherwise.
    """
    from importlib.metadata import version

    from dutchbook.engine.clocks import RealClock
    from dutchbook.interfaces.alerts.channel_keys import MessageKeys
    from dutchbook.interfaces.structured_logs import StructuredLogs
    from dutchbook.interfaces.web.context import ENVIRONMENT_KEY, Surroundings, new_context
    from dutchbook.interfaces.web.serving import serve

    call = invocation(ctx)
    settings = _listening(call.load().settings, host, port)
    around = Surroundings(
        environ=_with_key(call.environ, call.home),
        clock=RealClock(),
        monotonic=time.monotonic,
        version=version("dutchbook"),
        config_file=call.config_file,
    )
    context = new_context(call.home, settings, around)
    if companion:
        os.nice(_NICENESS)
    somebody = bool(context.doorman.users.read().users)

    def ready(address: str) -> None:
        show(f"dashboard: {address}", *([] if somebody else [TO_ACT]))

    redactor = MessageKeys(call.home, around.environ).redactor
    redactor.learn(filter(None, [around.environ.get(ENVIRONMENT_KEY)]))
    logs = StructuredLogs(call.home, _ROOM, settings.logs, around.clock, redactor)
    logs.mode = lambda: context.mode
    aloud = _Aloud(logs.mode, redactor)
    logging.getLogger().addHandler(aloud)
    try:
        serve(context, ready, with_input=companion, debug=debug)
    finally:
        logging.getLogger().removeHandler(aloud)
        logs.close()


class _Aloud(logging.StreamHandler[TextIO]):
    """What goes into the log, for whoever sits at the terminal: the mode comes first, secrets are left out."""

    def __init__(self, mode: "Callable[[], str]", redactor: "Redactor") -> None:
        super().__init__()
        self.setLevel(logging.WARNING)
        self._mode = mode
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """One record in words."""
        said = self._redactor.text(super().format(record))
        return f"[{self._mode().upper()}] {record.levelname.lower()}: {said}"


def _with_key(environ: "Mapping[str, str]", home: "Path") -> "Mapping[str, str]":
    """The environment, with the key of the API that stands in the home folder's `.env` if it has none itself.

    Raises ConfigError if others may read that file.
    """
    from dutchbook.app.accounts.dotenv import parse
    from dutchbook.app.accounts.private_files import read_private
    from dutchbook.interfaces.web.context import ENVIRONMENT_KEY
    from dutchbook.storage.home import Home

    path = Home(home).dotenv
    if ENVIRONMENT_KEY in environ or not path.exists():
        return environ
    found = parse(read_private(path), str(path)).get(ENVIRONMENT_KEY)
    return environ if found is None else {**environ, ENVIRONMENT_KEY: found}


def _listening(settings: "Settings", host: str | None, port: int | None) -> "Settings":
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return settings.model_copy(update={"web": settings.web.model_copy(update=chosen)}) if chosen else settings
