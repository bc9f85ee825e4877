"""A text that shows itself nowhere by accident: not printed, formatted, logged, pickled, or made JSON of."""

from hmac import compare_digest
from typing import NoReturn

HIDDEN = "(not shown)"
"""What stands where a secret would."""


class Secret:
    """Holds one secret text. Only `reveal` gives it, so every use of it can be found by that word."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, specification: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash of a secret is something of it

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not copied or pickled")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not copied or pickled")
