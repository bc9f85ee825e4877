"""Where an alert goes, and how loudly: tiers of channels, what the user said of its occasion, and quiet hours."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dutchbook.config.alert_settings import AlertSettings, parse_exception
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.storage.alert_words import ChannelKind, Loudness, Occasion, Tier

_HOUR = 3_600 * SECOND


class ChannelName(NamedTuple):
    """A channel that has an address: `telegram`, or `email-2` for the second of its kind."""

    name: str
    kind: ChannelKind


class Routing:
    """The user's choices, applied."""

    def __init__(self, settings: AlertSettings, channels: Sequence[ChannelName]) -> None:
        self._settings = settings
        self._channels = tuple(channels)
        self._exceptions = {(occasion, kind): how for occasion, kind, how in map(parse_exception, settings.exceptions)}

    def routes(self, notice: Notice) -> Mapping[str, Loudness]:
        """For each channel what becomes of the notice; where nothing does, it is not named.

        Emergencies go everywhere and loudly, whatever the hour, unless the occasion is off there.
        """
        found = {name: self._how(notice, kind) for name, kind in self._channels}
        return {name: how for name, how in found.items() if how is not Loudness.OFF}

    def kept(self, notice: Notice) -> bool:
        """Whether a notice belongs into the book: not where the user wants to hear nothing of its occasion anywhere."""
        if said_of(self._settings, notice.occasion) is not Loudness.OFF:
            return True
        return any(
            occasion is notice.occasion and how is not Loudness.OFF for (occasion, _), how in self._exceptions.items()
        )

    def quiet(self, at: Nanos) -> bool:
        """Whether quiet hours are on."""
        begin, end = self._settings.quiet_from, self._settings.quiet_until
        hour = at // _HOUR % 24
        return begin <= hour < end if begin <= end else hour >= begin or hour < end

    def _how(self, notice: Notice, kind: ChannelKind) -> Loudness:
        exception = self._exceptions.get((notice.occasion, kind))
        if exception is not None:
            return exception
        how = said_of(self._settings, notice.occasion)
        if how is Loudness.OFF:
            return how
        if notice.tier is Tier.EMERGENCY:
            return Loudness.ON
        least: Tier = getattr(self._settings.channels, kind)
        if notice.tier.rank < least.rank:
            return Loudness.OFF
        if self.quiet(notice.at) and notice.tier.rank < Tier.CRITICAL.rank:
            return Loudness.DIGEST
        return how


def said_of(settings: AlertSettings, occasion: Occasion) -> Loudness:
    """What the settings say of an occasion on all channels."""
    how: Loudness = getattr(settings.occasions, occasion)
    return how
