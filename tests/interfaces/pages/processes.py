"""A desk and its dashboard as the processes that a user starts, in a home of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

PROGRAM = Path(sys.executable).with_name("dutchbook")
_PATIENCE_S = 60.0


class Process:
    """The program with some arguments. Always ended by `end`."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._log = (home / f"{arguments[0]}.log").open("ab")
        self._process = subprocess.Popen(
            [PROGRAM, *arguments],
            env={**os.environ, "DUTCHBOOK_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, what: signal.Signals) -> None:
        self._process.send_signal(what)

    def end(self, what: signal.Signals = signal.SIGTERM) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(what)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


class Dashboard:
    """The dashboard of a home at one port, through its restarts."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = self._started()

    def restart(self) -> None:
        self.process = self._started()

    def _started(self) -> Process:
        process = Process(self.home, "dashboard", "--port", str(self.port))
        wait_for(lambda: _answers(f"{self.address}/api/v1/health"), "the dashboard")
        return process

    def sign_in_code(self) -> str:
        """A code that lets an administrator in."""
        done = subprocess.run(
            [PROGRAM, "users", "code", "--role", "admin", "--json"],
            env={**os.environ, "DUTCHBOOK_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=True,
            timeout=_PATIENCE_S,
        )
        return str(json.loads(done.stdout)["code"])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
            return True
    except HTTPError as error:
        error.close()
        return True
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> None:
    """Look until a condition of another process holds."""
    until = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < until, f"waited {patience_s:g} s for {what}"
        time.sleep(0.05)
