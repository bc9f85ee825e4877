"""Logs of the processes beside the desk: structlog, in JSON, without secrets, in the same dated files by room."""

import logging
from collections.abc import Callable, MutableMapping
from pathlib import Path

import structlog

from dutchbook.domain.ports import Clock
from dutchbook.storage.home import Home
from dutchbook.storage.log_settings import Level, LogSettings
from dutchbook.storage.logs import LogFiles
from dutchbook.storage.redaction import Redactor

_LEVELS = {
    "debug": Level.DEBUG,
    "info": Level.INFO,
    "warning": Level.WARNING,
    "error": Level.ERROR,
    "critical": Level.ERROR,
    "exception": Level.ERROR,
}


class StructuredLogs:
    """One for each process; `room` names its files. What other libraries log from warnings on goes there too."""

    def __init__(self, home: Path, room: str, settings: LogSettings, clock: Clock, redactor: Redactor) -> None:
        self.mode: Callable[[], str] = lambda: ""
        """The mode of the desk that this process serves: every line carries it."""
        self._room = room
        self._clock = clock
        self._redactor = redactor
        self._files = LogFiles(Home(home).logs, settings, {})
        self._bridge = _Bridge(self)
        self.logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            None,
            processors=[structlog.processors.format_exc_info, self._write],
            wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
            cache_logger_on_first_use=False,
        )
        logging.getLogger().addHandler(self._bridge)

    def say(self, event: str, fields: dict[str, object]) -> None:
        """A line at the level `info`."""
        self.logger.info(event, **fields)

    def close(self) -> None:
        """Write what waits, and listen no more."""
        logging.getLogger().removeHandler(self._bridge)
        self._files.close()

    def _write(self, _logger: object, method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
        """The last processor: into the file, without secrets. Nothing is left to print."""
        fields = self._redactor.fields(event)
        name = str(fields.pop("event", "said"))
        self._files.write(
            self._room, _LEVELS.get(method, Level.INFO), name, self._clock.now(), {"mode": self.mode(), **fields}
        )
        self._files.flush()
        raise structlog.DropEvent


class _Bridge(logging.Handler):
    """What libraries log, as lines of ours. Their debugging may name addresses and is left out."""

    def __init__(self, logs: StructuredLogs) -> None:
        super().__init__(logging.WARNING)
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        say = self._logs.logger.error if record.levelno >= logging.ERROR else self._logs.logger.warning
        say("library", name=record.name, said=record.getMessage())
