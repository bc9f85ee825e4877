"""Settings of alerts: what a person hears of, where, how loudly and when. Addresses of channels are keys."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from dutchbook.domain.quantities import Contracts, Dollars, Duration, Multiple, RoomSettings, Share, Words
from dutchbook.storage.alert_words import ChannelKind, Loudness, Occasion, Tier

_EXCEPTION = re.compile(r"([a-z_]+)@([a-z]+)=([a-z]+)")


def _exceptions(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words:
        parse_exception(word)
    return words


def parse_exception(word: str) -> tuple[Occasion, ChannelKind, Loudness]:
    """What an exception says. Raises ValueError for what is none."""
    found = _EXCEPTION.fullmatch(word)
    if found is not None:
        occasion, channel, how = found.groups()
        if occasion in set(Occasion) and channel in set(ChannelKind) and how in set(Loudness):
            return Occasion(occasion), ChannelKind(channel), Loudness(how)
    raise ValueError(
        f"{word!r} must be an occasion, a channel and how loud, for example fill@telegram=on or halt@email=off"
    )


def _some(value: int) -> int:
    if value <= 0:
        raise ValueError("must be more than 0")
    return value


Hour = Annotated[int, Field(ge=0, le=23)]
Positive = Annotated[Duration, AfterValidator(_some)]
SomeShare = Annotated[Share, AfterValidator(_some)]
Exceptions = Annotated[Words, AfterValidator(_exceptions)]

_ON, _SILENT, _OFF, _DIGEST = Loudness.ON, Loudness.SILENT, Loudness.OFF, Loudness.DIGEST


def _how(default: Loudness, what: str) -> Any:  # as pydantic's `Field` gives it
    return Field(default=default, description=f"{what}: `on`, `silent`, `digest` or `off`.")


class OccasionSettings(RoomSettings):
    """What becomes of each occasion, on every channel that takes its tier. All screens show each that is not off."""

    desk_started: Loudness = _how(_ON, "A desk began to work")
    desk_stopped: Loudness = _how(_ON, "A desk ended in good order")
    desk_died: Loudness = _how(_ON, "A desk is gone without a last line in its journal")
    desk_silent: Loudness = _how(_ON, "A desk runs and does not answer")
    halt: Loudness = _how(_ON, "The desk was halted, or one venue")
    resumed: Loudness = _how(_ON, "A person lifted the halt")
    paused: Loudness = _how(_SILENT, "A pause began or ended")
    unknown_order: Loudness = _how(_ON, "Nobody knows whether an order lives, for 10 s")
    mismatch: Loudness = _how(_ON, "The desk and a venue differ on orders, fills or balances")
    trouble: Loudness = _how(_ON, "Anything else that the desk wants a person to hear of")
    venue_down: Loudness = _how(_ON, "A venue takes no orders, or not all")
    venue_up: Loudness = _how(_ON, "It takes them again")
    stale_data: Loudness = _how(_ON, "No market data arrives")
    limit_breach: Loudness = _how(_ON, "A limit refused an intent")
    drawdown: Loudness = _how(_ON, "Equity came near the ratcheting stop")
    stop_hit: Loudness = _how(_ON, "The ratcheting stop was hit")
    daily_loss: Loudness = _how(_ON, "The loss of the day reached its limit")
    big_move: Loudness = _how(_ON, "A basket ended with a large profit or loss")
    journal: Loudness = _how(_ON, "The journal is damaged")
    fill: Loudness = _how(_SILENT, "An order traded")
    resolution: Loudness = _how(_SILENT, "A market in which something is held was decided")
    order_placed: Loudness = _how(_OFF, "An order was sent")
    order_cancelled: Loudness = _how(_OFF, "An order ended without trading")
    opportunity: Loudness = _how(_OFF, "A bundle could be executed at a profit")
    unusual_volume: Loudness = _how(_DIGEST, "A market trades far more than it did")
    large_trade: Loudness = _how(_DIGEST, "Somebody traded much at once")
    depth_change: Loudness = _how(_DIGEST, "Much of a book came or went")
    flow_imbalance: Loudness = _how(_DIGEST, "Nearly all trades go one way")
    daily_summary: Loudness = _how(_ON, "The results of the day")
    digest: Loudness = _how(_SILENT, "What was kept for a digest")
    channel_down: Loudness = _how(_ON, "A channel takes no messages")
    test: Loudness = _how(_ON, "`dutchbook alerts test`")


def _least(default: Tier, what: str) -> Any:  # as pydantic's `Field` gives it
    return Field(default=default, description=f"The least tier that goes to {what}.")


class ChannelSettings(RoomSettings):
    """From which tier on a channel of each kind is used. A channel without an address is not there at all."""

    console: Tier = _least(Tier.IMPORTANT, "the messenger's own output and its log")
    telegram: Tier = _least(Tier.ROUTINE, "Telegram")
    discord: Tier = _least(Tier.IMPORTANT, "Discord")
    slack: Tier = _least(Tier.IMPORTANT, "Slack")
    email: Tier = _least(Tier.IMPORTANT, "e-mail")
    push: Tier = _least(Tier.IMPORTANT, "a push service: Pushover, ntfy, Gotify")
    sms: Tier = _least(Tier.CRITICAL, "SMS: Twilio")
    other: Tier = _least(Tier.IMPORTANT, "every other address in `ALERT_URLS`")


class AnomalySettings(RoomSettings):
    """From when on a market counts as unusual. Looked at by the messenger, in the desk's own recording."""

    window: Positive = Field(
        default="5m",  # type: ignore[assignment]
        description="The span of time that is compared with what was before.",
    )
    volume_factor: Multiple = Field(
        default="5",  # type: ignore[assignment]
        gt=1_000_000,
        description="Trades of a window worth so many times those of an average one before it are unusual volume.",
    )
    least_volume: Dollars = Field(
        default="1000",  # type: ignore[assignment]
        description="Windows with trades worth less are never unusual.",
    )
    large_trade: Dollars = Field(
        default="5000",  # type: ignore[assignment]
        gt=0,
        description="One trade worth so many dollars is a large one.",
    )
    depth_change: SomeShare = Field(
        default="80%",  # type: ignore[assignment]
        description="A change of the contracts within 5 cents of the best price, within a window, that is alerted.",
    )
    least_depth: Contracts = Field(
        default="1000",  # type: ignore[assignment]
        description="Books that held fewer contracts there are not watched for it.",
    )
    flow_imbalance: SomeShare = Field(
        default="90%",  # type: ignore[assignment]
        description="abs(bought - sold) / all, in dollars over a window, from which on flow is one-sided.",
    )


class AlertSettings(RoomSettings):
    """What the messenger tells, besides the book of alerts that every surface shows.

    Addresses are keys: `ALERT_URLS`, `DISCORD_WEBHOOK_URL`, `SLACK_WEBHOOK_URL`, `ALERT_EMAIL_URL`, `PUSHOVER_URL`,
    `TWILIO_URL`, in the environment, in `.env` or in `secrets` of the home folder.
    """

    occasions: OccasionSettings = OccasionSettings.model_validate({})
    channels: ChannelSettings = ChannelSettings.model_validate({})
    exceptions: Exceptions = Field(
        default="",  # type: ignore[arg-type]
        description="Where an occasion goes otherwise on a channel, whatever its tier: `fill@telegram=on`.",
    )
    quiet_from: Hour = Field(
        default=0,
        description="The hour (UTC) at which quiet hours begin: critical and emergency alerts are sent, others wait "
        "for the digest at their end. The same as `quiet_until`: no quiet hours.",
    )
    quiet_until: Hour = Field(default=0, description="The hour (UTC) at which they end.")
    daily_summary_hour: Hour = Field(default=18, description="The hour (UTC) at which the results of the day are told.")
    repeat_window: Positive = Field(
        default="10m",  # type: ignore[assignment]
        description="The same trouble is not told again within this time; the next message says how often it came.",
    )
    digest_every: Positive = Field(
        default="1h",  # type: ignore[assignment]
        description="How often what was kept for a digest is told.",
    )
    emergency_every: Positive = Field(
        default="5m",  # type: ignore[assignment]
        description="How often an emergency is sent again until somebody acknowledges it.",
    )
    per_hour: int = Field(
        default=60,
        ge=1,
        description="Messages an hour and channel; beyond that routine and important ones wait for the digest.",
    )
    give_up: Positive = Field(
        default="24h",  # type: ignore[assignment]
        description="How long a channel that is down is tried again for a message.",
    )
    big_move: SomeShare = Field(
        default="2%",  # type: ignore[assignment]
        description="A basket whose profit or loss is this share of the bankroll is a large move.",
    )
    drawdown_warning: SomeShare = Field(
        default="50%",  # type: ignore[assignment]
        description="How much of the way from the high-water mark to the ratcheting stop equity may fall before it is "
        "told.",
    )
    drawdown_critical: SomeShare = Field(
        default="80%",  # type: ignore[assignment]
        description="The same for a second, critical one.",
    )
    stale_data: Positive = Field(
        default="1m",  # type: ignore[assignment]
        description="How long no market data may arrive.",
    )
    silent_desk: Positive = Field(
        default="20s",  # type: ignore[assignment]
        description="How long a running desk may leave the messenger without an answer.",
    )
    anomalies: AnomalySettings = AnomalySettings.model_validate({})
