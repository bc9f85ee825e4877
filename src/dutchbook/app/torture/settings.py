"""The settings of a desk under torture: those that are shipped, but for limits that bind and a pace that fits."""

from dutchbook.config.load import shipped_settings
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.units import DOLLAR, SECOND, Money
from dutchbook.storage.settings import FlushPolicy


def torture_settings() -> Settings:
    """Small limits, so that they are met. Nobody cuts the power: the journal need not wait for a disk."""
    shipped = shipped_settings()
    tight = {
        "position_limit_dollars": Money(120 * DOLLAR),
        "venue_limit_dollars": Money(800 * DOLLAR),
        "deployed_limit_dollars": Money(1_400 * DOLLAR),
    }
    changed = {
        "storage": shipped.storage.model_copy(update={"journal_flush": FlushPolicy.MANUAL}),
        "venues": shipped.venues.model_copy(update={"look_again": 300 * SECOND}),
        "execution": shipped.execution.model_copy(update={"reconcile_every": 120 * SECOND}),
        "risk": shipped.risk.model_copy(update=tight),
    }
    return shipped.model_copy(update=changed).in_mode(Mode.SANDBOX)
