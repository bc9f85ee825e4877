"""A sandbox in a process of its own, beside a desk: started, read for its addresses, ended."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from dutchbook.app.sandbox.addresses import SandboxAddresses
from dutchbook.domain.errors import DutchbookError

_GOODBYE_S = 5.0


class SandboxProcess:
    """`dutchbook sandbox --json` as a child. Use as a context: it ends with it, whatever happens.

    A session of its own keeps Ctrl-C from it: it ends after the desk that reads it, not before.
    """

    def __init__(self, home: Path, options: Sequence[str]) -> None:
        """Raises DutchbookError, with what the child said, if it does not start."""
        command = [sys.executable, "-m", "dutchbook.interfaces.cli.main", "sandbox", "--json", "--alone", *options]
        self._child = subprocess.Popen(
            command,
            env={**os.environ, "DUTCHBOOK_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.addresses = self._told()

    def close(self) -> None:
        """End it, politely first."""
        self._child.terminate()
        try:
            self._child.communicate(timeout=_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.communicate()

    def _told(self) -> SandboxAddresses:
        line = self._child.stdout.readline() if self._child.stdout else b""
        try:
            return msgspec.json.decode(line, type=SandboxAddresses)
        except msgspec.MsgspecError as error:
            self._child.terminate()
            _, said = self._child.communicate()
            why = said.decode(errors="replace").strip().removeprefix("error: ") or line.decode(errors="replace")
            raise DutchbookError(why or "sandbox: ended at once and said nothing - run `dutchbook sandbox`") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
