"""The program `dutchbook`: runs a command, and turns every known error into one line and an exit code."""

import os
import sys
from collections.abc import Sequence

import typer
from typer._completion_classes import completion_init

from dutchbook.domain.errors import ConfigError, DeskLocked, DutchbookError, OrdersUnknown, UsageError, VenueError
from dutchbook.interfaces.cli.completion import COMPLETE_VARIABLE
from dutchbook.interfaces.cli.program import PROGRAM

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_ORDER_UNKNOWN = 3
EXIT_VENUE_DOWN = 4
EXIT_CONFIG = 5
EXIT_LOCKED = 6
EXIT_INTERRUPTED = 130

EXIT_CODES: tuple[tuple[type[DutchbookError], int], ...] = (
    (UsageError, EXIT_USAGE),
    (ConfigError, EXIT_CONFIG),
    (DeskLocked, EXIT_LOCKED),
    (VenueError, EXIT_VENUE_DOWN),
    (OrdersUnknown, EXIT_ORDER_UNKNOWN),
)
"""The first class that fits decides; any other error of ours is 1."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Errors of the program itself, and only those, show a traceback."""
    if COMPLETE_VARIABLE in os.environ:
        completion_init()
    try:
        code = typer.main.get_command(PROGRAM).main(
            args=None if arguments is None else list(arguments), prog_name="dutchbook", standalone_mode=False
        )
        sys.stdout.flush()
    except DutchbookError as error:
        return _fail(str(error), next((code for kind, code in EXIT_CODES if isinstance(error, kind)), EXIT_FAILED))
    except typer.TyperException as error:
        return _fail(_usage(error), error.exit_code)
    except BrokenPipeError:
        # The reader has seen enough; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(
            f"{error.filename or 'system'}: {error.strerror} - check the path, its permissions and the disk", 1
        )
    if code == EXIT_INTERRUPTED:
        return _fail("interrupted - what was done so far is kept - run the command again", EXIT_INTERRUPTED)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"error: {' '.join(message.split())}\n")
    return code


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "dutchbook"
    said = " ".join(error.format_message().split()).rstrip(".")
    return f"{said[:1].lower()}{said[1:]} - run `{command} --help`"


if __name__ == "__main__":
    raise SystemExit(main())
