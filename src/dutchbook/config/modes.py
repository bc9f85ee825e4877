"""The modes of a desk: one typed value, shown on every screen and in every report."""

from enum import StrEnum


class Mode(StrEnum):
    """Where market data comes from, whether time is real, and where orders go."""

    BACKTEST = "backtest"
    """Many recordings, virtual time, orders to the fill model."""
    REPLAY = "replay"
    """One recording in the order in which it came, virtual time, orders to the fill model."""
    PAPER = "paper"
    """A market that happens now, real time, orders to the fill model over the observed book."""
    SANDBOX = "sandbox"
    """The exchange in a box: signed orders, play money."""
    LIVE = "live"
    """A venue, real orders, real money."""
