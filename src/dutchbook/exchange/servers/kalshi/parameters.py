"""Query parameters, read strictly; every fault is a 400 with `msg` (protocol section 7.1)."""

from collections.abc import Mapping, Sequence

from dutchbook.exchange.servers.kalshi.errors import bad_parameter

_TRUE = frozenset({"true", "1", "t", "TRUE", "True", "T"})
_FALSE = frozenset({"false", "0", "f", "FALSE", "False", "F"})
_LARGEST = 1 << 63


class Parameters:
    """The query of one call. Empty values count as absent; parameters that nobody asks for are ignored."""

    def __init__(self, operation: str, given: Mapping[str, Sequence[str]]) -> None:
        self._operation = operation
        self._given = given

    def text(self, name: str) -> str:
        """The first value, or nothing."""
        values = self._given.get(name)
        return values[0] if values else ""

    def one_of(self, name: str, words: Sequence[str]) -> str:
        """One of `words`, or nothing."""
        value = self.text(name)
        if value and value not in words:
            raise self.bad(f"'{name}' must be one of {', '.join(words)}")
        return value

    def names(self, name: str, most: int) -> list[str]:
        """A list: comma separated, repeated, or both."""
        parts = [part.strip() for value in self._given.get(name, ()) for part in value.split(",")]
        found = list(dict.fromkeys(part for part in parts if part))
        if len(found) > most:
            raise self.bad(f"'{name}' takes at most {most} values")
        return found

    def integer(self, name: str) -> int | None:
        """An integer of 64 bits; a float text is a fault."""
        value = self.text(name)
        if not value:
            return None
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or not -_LARGEST <= int(value) < _LARGEST:
            raise self.bad(f"'{name}' must be an integer")
        return int(value)

    def bounded(self, name: str, least: int, most: int, default: int) -> int:
        """An integer in a range."""
        value = self.integer(name)
        if value is None:
            return default
        if not least <= value <= most:
            raise self.bad(f"'{name}' must be between {least} and {most}")
        return value

    def limit(self, most: int, default: int = 100) -> int:
        """The page size; that 0 means the default is an assumption."""
        return self.bounded("limit", 0, most, default) or default

    def flag(self, name: str) -> bool | None:
        value = self.text(name)
        if not value:
            return None
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        raise self.bad(f"'{name}' must be a boolean")

    def needed(self, name: str) -> int:
        """An integer that must be there."""
        value = self.integer(name)
        if value is None:
            raise self.bad(f"'{name}' is required")
        return value

    def bad(self, problem: str) -> Exception:
        return bad_parameter(self._operation, problem)
