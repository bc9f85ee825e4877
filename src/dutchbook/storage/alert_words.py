"""The words of alerts: how urgent one is, what happened, over which kind of channel it goes, and how loudly."""

from enum import StrEnum


class Tier(StrEnum):
    """How urgent an alert is; each tier goes wherever the ones before it go, and further."""

    ROUTINE = "routine"
    """For whoever looks: trades, plans, near misses."""
    IMPORTANT = "important"
    """Worth a message the same day: daily results, unusual markets, a venue that is back."""
    CRITICAL = "critical"
    """Somebody should look now: a halt, a venue that is down, an order that nobody knows of."""
    EMERGENCY = "emergency"
    """Repeated on all channels until somebody acknowledges it: the desk is gone, or its last stop was hit."""

    @property
    def rank(self) -> int:
        """Its place in the order of urgency, from 0."""
        return _RANKS[self]


_RANKS = {tier: rank for rank, tier in enumerate(Tier)}


class Occasion(StrEnum):
    """What an alert is about. The names are those of the settings."""

    DESK_STARTED = "desk_started"
    DESK_STOPPED = "desk_stopped"
    DESK_DIED = "desk_died"
    DESK_SILENT = "desk_silent"
    HALT = "halt"
    RESUMED = "resumed"
    PAUSED = "paused"
    UNKNOWN_ORDER = "unknown_order"
    MISMATCH = "mismatch"
    TROUBLE = "trouble"
    VENUE_DOWN = "venue_down"
    VENUE_UP = "venue_up"
    STALE_DATA = "stale_data"
    LIMIT_BREACH = "limit_breach"
    DRAWDOWN = "drawdown"
    STOP_HIT = "stop_hit"
    DAILY_LOSS = "daily_loss"
    BIG_MOVE = "big_move"
    JOURNAL = "journal"
    FILL = "fill"
    RESOLUTION = "resolution"
    ORDER_PLACED = "order_placed"
    ORDER_CANCELLED = "order_cancelled"
    OPPORTUNITY = "opportunity"
    UNUSUAL_VOLUME = "unusual_volume"
    LARGE_TRADE = "large_trade"
    DEPTH_CHANGE = "depth_change"
    FLOW_IMBALANCE = "flow_imbalance"
    DAILY_SUMMARY = "daily_summary"
    DIGEST = "digest"
    CHANNEL_DOWN = "channel_down"
    TEST = "test"


class ChannelKind(StrEnum):
    """Kinds of channels. Of each there may be several addresses."""

    CONSOLE = "console"
    TELEGRAM = "telegram"
    DISCORD = "discord"
    SLACK = "slack"
    EMAIL = "email"
    PUSH = "push"
    SMS = "sms"
    OTHER = "other"


class Loudness(StrEnum):
    """What becomes of an occasion on a channel."""

    ON = "on"
    SILENT = "silent"
    """Sent without a sound, where the channel can."""
    DIGEST = "digest"
    """Kept, and told together with others."""
    OFF = "off"
    """Not told; where an occasion is off everywhere, it is not even in the book."""
