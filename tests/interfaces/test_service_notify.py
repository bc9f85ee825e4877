"""The service manager's socket: what it is told, how often, and that nobody depends on it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dutchbook.engine.clocks import VirtualClock
from dutchbook.interfaces.cli.service_desk import ServiceDesk, as_service
from dutchbook.interfaces.service_notify import ServiceManager
from tests.interfaces.alerts.walk import START, a_desk


class Listener:
    """Listens as systemd does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self._socket.recv(4_096).decode())
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Listener]:
    listener = Listener(tmp_path / "notify")
    yield listener
    listener.close()


def manager(systemd: Listener, clock: list[float], **more: str) -> ServiceManager:
    environ = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "30000000", **more}
    return ServiceManager(environ, 42, lambda: clock[0])


def test_ready_status_and_the_end_are_told(systemd: Listener) -> None:
    told = manager(systemd, [0.0])
    told.ready("live\nREADY=0 run 1")
    told.stopping()
    assert systemd.heard() == ["READY=1\nSTATUS=live READY=0 run 1", "STOPPING=1"]


def test_signs_of_life_come_twice_in_the_watchdogs_time_however_often_they_are_given(systemd: Listener) -> None:
    clock = [0.0]
    told = manager(systemd, clock)
    for tenth in range(600):
        clock[0] = tenth / 10
        told.alive()
    assert systemd.heard() == ["WATCHDOG=1"] * 4


def test_a_watchdog_of_another_process_hears_nothing_of_us(systemd: Listener) -> None:
    told = manager(systemd, [0.0], WATCHDOG_PID="41")
    told.alive()
    assert systemd.heard() == []


def test_outside_of_systemd_and_after_its_end_nothing_happens(systemd: Listener) -> None:
    nobody = ServiceManager({}, 42)
    assert not nobody.listening
    nobody.ready("x")
    told = manager(systemd, [0.0])
    systemd.close()
    systemd.path.unlink()
    told.ready("x")


def test_a_desk_is_ready_once_it_works_and_each_step_is_a_sign_of_life(tmp_path: Path, systemd: Listener) -> None:
    environ = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "1", "WATCHDOG_PID": str(os.getpid())}
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        watched = as_service(desk, environ, f"{desk.mode} {desk.run}")
        assert isinstance(watched, ServiceDesk)
        assert systemd.heard() == [f"READY=1\nSTATUS=paper {desk.run}"]
        watched.step()
        assert systemd.heard() == ["WATCHDOG=1"]
        assert as_service(desk, {}, "") is desk
