"""A desk as a service: tells systemd that it works, with every step that it really does."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from dutchbook.interfaces.service_notify import ServiceManager

if TYPE_CHECKING:
    from dutchbook.evaluation.snapshot import DeskSnapshot


class StepsAndPictures(Protocol):
    """What is passed on of a desk."""

    @property
    def over(self) -> bool: ...

    def step(self) -> int: ...
    def seconds_until_due(self) -> float: ...
    def picture(self) -> "DeskSnapshot": ...


class ServiceDesk:
    """A desk whose steps are signs of life: one that hangs gives none, and is restarted."""

    def __init__(self, desk: StepsAndPictures, manager: ServiceManager) -> None:
        self._desk = desk
        self._manager = manager

    @property
    def over(self) -> bool:
        """Whether it should end."""
        return self._desk.over

    def step(self) -> int:
        """Do what is due."""
        done = self._desk.step()
        self._manager.alive()
        return done

    def seconds_until_due(self) -> float:
        """How long nothing is due."""
        return self._desk.seconds_until_due()

    def picture(self) -> "DeskSnapshot":
        """How it stands."""
        return self._desk.picture()


def as_service[D: StepsAndPictures](desk: D, environ: Mapping[str, str], status: str) -> "D | ServiceDesk":
    """The desk itself, or one that tells systemd of its life, where systemd wants to know; it is ready now."""
    manager = ServiceManager(environ, os.getpid())
    if not manager.listening:
        return desk
    manager.ready(status)
    return ServiceDesk(desk, manager)
