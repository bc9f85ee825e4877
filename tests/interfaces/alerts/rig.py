"""Centers, books and channels for tests: time is a number, channels are lists."""

from pathlib import Path

from dutchbook.config.alert_settings import AlertSettings
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.alerts.center import AlertCenter
from dutchbook.interfaces.alerts.channels import DeliveryFailed, Message
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.alerts.routing import ChannelName, Routing
from dutchbook.storage.alert_book import AlertBook
from dutchbook.storage.alert_words import ChannelKind, Occasion, Tier
from dutchbook.storage.redaction import Redactor

NOON = Nanos(20_000 * 86_400 * SECOND + 43_200 * SECOND)
MINUTE = Nanos(60 * SECOND)
CHANNELS = (
    ChannelName("telegram", ChannelKind.TELEGRAM),
    ChannelName("email", ChannelKind.EMAIL),
    ChannelName("sms", ChannelKind.SMS),
)


def alert_settings(**chosen: object) -> AlertSettings:
    return AlertSettings.model_validate(chosen)


def notice(occasion: Occasion = Occasion.HALT, tier: Tier = Tier.CRITICAL, at: int = NOON, **chosen: str) -> Notice:
    facts = {"mode": "paper", "title": "The desk is halted", "text": "because", "subject": "desk", **chosen}
    return Notice(at=Nanos(at), occasion=occasion, tier=tier, **facts)


class Office:
    """A center over a book on disk. `again` is what a restart would make of it."""

    def __init__(self, home: Path, chosen: AlertSettings | None = None, secrets: tuple[str, ...] = ()) -> None:
        self.path = home / "alerts.jsonl"
        self.settings = chosen or alert_settings()
        self.secrets = secrets
        self.center = self.again()

    def again(self) -> AlertCenter:
        self.center = AlertCenter(
            AlertBook(self.path), Routing(self.settings, CHANNELS), self.settings, Redactor(self.secrets)
        )
        return self.center

    def send_all(self, now: int, *channels: str, error: str | None = None) -> list[str]:
        """Let channels take what is due; the titles of what they took."""
        titles = []
        for channel in channels or ("telegram", "email", "sms"):
            for sending in self.center.due(channel, Nanos(now)):
                self.center.went(sending, Nanos(now), error)
                titles.append(f"{channel}: {sending.alert.raised.title}")
        return titles


class ListChannel:
    """A channel that keeps what it is given, or fails as long as `broken` says why."""

    def __init__(self, name: ChannelName = CHANNELS[1]) -> None:
        self.name = name
        self.taken: list[Message] = []
        self.broken = ""

    async def send(self, message: Message) -> None:
        if self.broken:
            raise DeliveryFailed(self.broken)
        self.taken.append(message)
