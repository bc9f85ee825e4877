"""Addresses of channels. They hold passwords and tokens, so they are keys: never settings, never in the journal."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import msgspec

from dutchbook.app.accounts.dotenv import parse
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.private_files import read_private
from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.alerts.routing import ChannelName
from dutchbook.storage.alert_words import ChannelKind
from dutchbook.storage.home import Home
from dutchbook.storage.redaction import Redactor


class MessageKey(StrEnum):
    """One value. Looked for in the environment, in `.env` and in `secrets` of the home folder, in this order."""

    TELEGRAM_BOT_TOKEN = "TELEGRAM_BOT_TOKEN"  # noqa: S105 - a name
    TELEGRAM_CHAT_ID = "TELEGRAM_CHAT_ID"
    DISCORD_WEBHOOK_URL = "DISCORD_WEBHOOK_URL"
    SLACK_WEBHOOK_URL = "SLACK_WEBHOOK_URL"
    ALERT_EMAIL_URL = "ALERT_EMAIL_URL"
    EMAIL_SMTP_HOST = "EMAIL_SMTP_HOST"
    EMAIL_SMTP_PORT = "EMAIL_SMTP_PORT"
    EMAIL_SMTP_USER = "EMAIL_SMTP_USER"
    EMAIL_SMTP_PASSWORD = "EMAIL_SMTP_PASSWORD"  # noqa: S105 - a name
    EMAIL_TO = "EMAIL_TO"
    PUSHOVER_URL = "PUSHOVER_URL"
    TWILIO_URL = "TWILIO_URL"
    ALERT_URLS = "ALERT_URLS"
    SENTRY_DSN = "SENTRY_DSN"


_ADDRESSES = (
    MessageKey.DISCORD_WEBHOOK_URL,
    MessageKey.SLACK_WEBHOOK_URL,
    MessageKey.ALERT_EMAIL_URL,
    MessageKey.PUSHOVER_URL,
    MessageKey.TWILIO_URL,
    MessageKey.ALERT_URLS,
)
_PUBLIC = frozenset(
    {
        MessageKey.TELEGRAM_CHAT_ID,
        MessageKey.EMAIL_SMTP_HOST,
        MessageKey.EMAIL_SMTP_PORT,
        MessageKey.EMAIL_SMTP_USER,
        MessageKey.EMAIL_TO,
    }
)
_KINDS: Mapping[ChannelKind, frozenset[str]] = {
    ChannelKind.DISCORD: frozenset({"discord"}),
    ChannelKind.SLACK: frozenset({"slack"}),
    ChannelKind.EMAIL: frozenset({"mailto", "mailtos", "ses", "mailgun", "sendgrid"}),
    ChannelKind.PUSH: frozenset(
        {"pover", "ntfy", "ntfys", "gotify", "gotifys", "prowl", "join", "pbul", "bark", "barks"}
    ),
    ChannelKind.SMS: frozenset({"twilio", "sns", "vonage", "nexmo", "clicksend", "d7sms", "bulksms", "messagebird"}),
    ChannelKind.TELEGRAM: frozenset({"tgram"}),
}


_LONG = 16
"""Characters from which on a part of a path is taken for a token."""


class Address(msgspec.Struct, frozen=True):
    """A channel and where it leads."""

    name: ChannelName
    secret: Secret


class MessageKeys:
    """The keys of messages, of one home."""

    def __init__(self, home: Path, environ: Mapping[str, str]) -> None:
        """Raises ConfigError for a file of keys that others may read, or that is no such file."""
        self._values = {name: value for name in MessageKey if (value := _find(name, Home(home), environ))}
        venue_keys = [environ[name] for name in KeyName if name.secret and environ.get(name)]
        secret = [value for name, value in self._values.items() if name not in _PUBLIC]
        self.redactor = Redactor([*venue_keys, *secret, *(part for value in secret for part in secret_parts(value))])

    def find(self, name: MessageKey) -> Secret | None:
        """One value."""
        value = self._values.get(name)
        return None if value is None else Secret(value)

    def public(self, name: MessageKey) -> str:
        """One value that is no secret. Empty if it is not set."""
        if name not in _PUBLIC:
            raise ValueError(f"{name} is a secret")
        return self._values.get(name, "")

    def addresses(self) -> tuple[Address, ...]:
        """All channels that have an address, besides the console and the bot. Raises ConfigError for half of one."""
        texts = [text for name in _ADDRESSES for text in self._values.get(name, "").split()]
        found: list[Address] = []
        for text in (*texts, *self._mail()):
            kind = kind_of(text)
            number = 1 + sum(address.name.kind is kind for address in found)
            found.append(Address(ChannelName(f"{kind}-{number}" if number > 1 else str(kind), kind), Secret(text)))
        return tuple(found)

    def _mail(self) -> Iterator[str]:
        """An address made of the parts that other programs know."""
        host, to = self._values.get(MessageKey.EMAIL_SMTP_HOST), self._values.get(MessageKey.EMAIL_TO)
        if host is None:
            return
        if to is None:
            raise ConfigError("EMAIL_SMTP_HOST is set and EMAIL_TO is not - name who gets the messages")
        user, password = self._values.get(MessageKey.EMAIL_SMTP_USER), self._values.get(MessageKey.EMAIL_SMTP_PASSWORD)
        port = self._values.get(MessageKey.EMAIL_SMTP_PORT, "587")
        account = f"{quote(user, safe='')}:{quote(password or '', safe='')}@" if user else ""
        # Without a password nothing needs hiding: a relay on this machine.
        scheme = "mailtos" if password else "mailto"
        sender = f"&from={quote(user, safe='')}" if user and "@" in user else ""
        yield f"{scheme}://{account}{host}:{port}?to={quote(to, safe='')}{sender}"


def kind_of(address: str) -> ChannelKind:
    """What kind of channel an address leads to."""
    scheme, _, rest = address.partition("://")
    if scheme.lower() in ("http", "https"):
        if "discord" in rest.partition("/")[0]:
            return ChannelKind.DISCORD
        return ChannelKind.SLACK if rest.startswith("hooks.slack.com") else ChannelKind.OTHER
    return next((kind for kind, schemes in _KINDS.items() if scheme.lower() in schemes), ChannelKind.OTHER)


def secret_parts(addresses: str) -> Iterator[str]:
    """What of addresses is secret by itself, as it is written and as it is meant: passwords, long parts of paths.

    >>> list(secret_parts("json://ann:p%40ssword@host/short"))
    ['p%40ssword', 'p@ssword']
    """
    for address in addresses.split():
        found = urlsplit(address)
        long = [part for part in found.path.split("/") if len(part) >= _LONG]
        for part in filter(None, (found.password, found.username if not found.password else None, *long)):
            yield part
            if (meant := unquote(part)) != part:
                yield meant


def _find(name: MessageKey, home: Home, environ: Mapping[str, str]) -> str:
    if value := environ.get(name, "").strip():
        return value
    if home.dotenv.exists() and (value := _from_dotenv(home.dotenv).get(name, "").strip()):
        return value
    path = home.secrets / name
    return read_private(path).strip() if path.exists() else ""


def _from_dotenv(path: Path) -> Mapping[str, str]:
    return parse(read_private(path), str(path))


def channel_names(addresses: Sequence[Address], *, telegram: bool) -> tuple[ChannelName, ...]:
    """All channels of a messenger: the console, the bot if there is one, and the addresses."""
    bot = (ChannelName("telegram", ChannelKind.TELEGRAM),) if telegram else ()
    return (ChannelName("console", ChannelKind.CONSOLE), *bot, *(address.name for address in addresses))
