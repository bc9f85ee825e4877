"""A fuse that burns at a named point of a desk's work: there the desk dies, as if its process had been killed."""

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

type Label = Callable[..., str]
"""The name of a place, from the arguments of the call; empty where nobody may die."""


class Died(KeyboardInterrupt):
    """The desk is dead. Of the kind that asyncio lets through callbacks and tasks without another word."""


class Place(msgspec.Struct, frozen=True):
    """A method, or a function of a module, whose calls are points: one before it and one after it."""

    owner: Any
    method: str
    label: Label
    mute: bool = False
    """Whether the calls of a dead desk are passed over in silence: it hears nothing."""


class Fuse:
    """Lies along all places. `arm` it for a point; what should happen at a death is told by `on_death`."""

    def __init__(self) -> None:
        self.dead = False
        self.reached: Counter[str] = Counter()
        """How often each point was passed."""
        self.on_death: Callable[[], None] = lambda: None
        self._armed = ""
        self._left = 0

    def arm(self, point: str, nth: int = 1) -> None:
        """Burn when the point is reached for the n-th time from now on."""
        self._armed, self._left = point, nth

    def renew(self) -> None:
        """A living desk again, and no point to die at."""
        self.dead, self._armed = False, ""

    def at(self, point: str) -> None:
        """The desk is at a point. Raises Died if it dies there, and at every later one: the dead do nothing."""
        if self.dead:
            raise Died
        self.reached[point] += 1
        if point == self._armed:
            self._left -= 1
            if self._left <= 0:
                self.dead = True
                self.on_death()
                raise Died

    @contextmanager
    def along(self, places: Sequence[Place]) -> Any:
        """Lay the fuse along these places while the context lasts."""
        with ExitStack() as laid:
            for place in places:
                original = getattr(place.owner, place.method)
                laid.enter_context(patch.object(place.owner, place.method, self._beside(original, place)))
            yield self

    def _beside(self, original: Callable[..., Any], place: Place) -> Callable[..., Any]:
        @functools.wraps(original)
        def called(*args: Any, **options: Any) -> Any:
            if self.dead and place.mute:
                return None
            name = place.label(*args, **options)
            if not name:
                return original(*args, **options)
            self.at(f"before {name}")
            result = original(*args, **options)
            self.at(f"after {name}")
            return result

        return called
