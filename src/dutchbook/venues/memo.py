"""Venue texts that come again and again, read once: a price, a size or a ticker means the same every time."""

from collections.abc import Callable

LIMIT = 65_536
"""Texts kept by one memo. Prices never come near it; sizes and signed changes do, and start again."""


class Memo[V](dict[str, V]):
    """What each text means, by a reader that is asked once a text. Empties itself when full."""

    __slots__ = ("_limit", "_read")

    def __init__(self, read: Callable[[str], V], limit: int = LIMIT) -> None:
        super().__init__()
        self._read = read
        self._limit = limit

    def __missing__(self, text: str) -> V:
        value = self._read(text)
        if len(self) >= self._limit:
            self.clear()
        self[text] = value
        return value
