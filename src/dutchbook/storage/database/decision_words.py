"""The words of the decision log, for whoever offers them without reading the database."""

from enum import StrEnum


class Stage(StrEnum):
    """Where on the way from looking to holding a decision was made."""

    SCAN = "scan"
    """What is there: near misses, markets chosen, data that cannot be trusted."""
    RESEARCH = "research"
    FORECAST = "forecast"
    EDGE = "edge"
    """What it would be worth after all costs."""
    RISK = "risk"
    """Whether it may be done, and every rule that says no."""
    SIZE = "size"
    """How much of it."""
    EXECUTE = "execute"
    """Orders, what venues answered, and how baskets ended."""
    MONITOR = "monitor"
    """What became of it: settlements, limits, halts, differences with venues."""


class Decision(StrEnum):
    """What was decided."""

    TRADE = "trade"
    NO_TRADE = "no_trade"
    SKIP = "skip"
    ERROR = "error"
    NOTE = "note"
    """Nothing to decide: a fact of the way."""
