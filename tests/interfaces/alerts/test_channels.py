"""Messages over real protocols to servers of our own: what arrives, what does not, and what never may."""

import logging
from pathlib import Path

import pytest

from dutchbook.app.accounts.names import KeyName
from dutchbook.domain.errors import ConfigError, DutchbookError
from dutchbook.domain.units import Nanos
from dutchbook.interfaces.alerts.channel_keys import MessageKey, MessageKeys, kind_of
from dutchbook.interfaces.alerts.channels import AppriseChannel, DeliveryFailed, Message
from dutchbook.interfaces.alerts.courier import Courier
from dutchbook.interfaces.alerts.harmless import harmless, one_line
from dutchbook.interfaces.alerts.routing import ChannelName
from dutchbook.storage.alert_words import ChannelKind, Occasion, Tier
from dutchbook.storage.home import Home
from tests.interfaces.alerts.post_offices import HookServer, MailServer
from tests.interfaces.alerts.rig import CHANNELS, NOON, ListChannel, Office, notice

PASSWORD = "canary-smtp-password-71f0"  # noqa: S105 - a test value
MESSAGE = Message(title="[PAPER] Halted", text="because\nof this", tier=Tier.CRITICAL)
OTHER = ChannelName("other", ChannelKind.OTHER)


async def test_a_letter_arrives_with_its_mode_first() -> None:
    async with MailServer() as mail:
        address = f"mailto://127.0.0.1:{mail.port}?to=desk@example.org&from=bot@example.org"
        await AppriseChannel(CHANNELS[1], address).send(MESSAGE)
    [letter] = mail.letters
    assert "Subject: =?utf-8?" in letter or "Subject: [PAPER] Halted" in letter
    assert "because" in letter


async def test_a_webhook_gets_title_and_text() -> None:
    async with HookServer() as hook:
        await AppriseChannel(OTHER, f"json://127.0.0.1:{hook.port}/alert").send(MESSAGE)
    assert (hook.bodies[0]["title"], hook.bodies[0]["message"]) == (MESSAGE.title, MESSAGE.text)


async def test_what_a_server_refuses_failed_and_the_reason_holds_no_password() -> None:
    async with HookServer(status=503) as hook:
        channel = AppriseChannel(OTHER, f"json://user:{PASSWORD}@127.0.0.1:{hook.port}/")
        with pytest.raises(DeliveryFailed) as caught:
            await channel.send(MESSAGE)
    assert PASSWORD not in str(caught.value)


async def test_a_server_that_hangs_is_given_up_in_time() -> None:
    async with HookServer() as hook:
        hook.hangs = True
        channel = AppriseChannel(OTHER, f"json://127.0.0.1:{hook.port}/", patience_s=0.2)
        with pytest.raises(DeliveryFailed, match=r"no answer within 0\.2 s"):
            await channel.send(MESSAGE)


def test_an_address_that_nobody_knows_is_refused_without_being_shown() -> None:
    with pytest.raises(DutchbookError, match="none that Apprise knows") as caught:
        AppriseChannel(OTHER, f"nonsense://{PASSWORD}@host")
    assert PASSWORD not in str(caught.value)


async def test_no_log_of_a_library_names_an_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with MailServer(refuses=True) as mail:
        address = f"mailto://bot:{PASSWORD}@127.0.0.1:{mail.port}?to=desk@example.org&from=bot@example.org"
        channel = AppriseChannel(CHANNELS[1], address)
        with pytest.raises(DeliveryFailed):
            await channel.send(MESSAGE)
    assert PASSWORD not in caplog.text


async def test_a_courier_keeps_what_did_not_arrive_and_delivers_it_later(tmp_path: Path) -> None:
    office, channel = Office(tmp_path), ListChannel()
    clock = Hand(NOON)
    courier = Courier(office.center, channel, clock, lambda _event, _fields: None)
    office.center.tell(notice())
    channel.broken = "no route"
    assert await courier.round() == 0
    channel.broken = ""
    assert await courier.round() == 0  # its pause is not over
    clock.at += 11 * 10**9
    assert await courier.round() == 1
    assert channel.taken[0].title.startswith("[PAPER] CRITICAL: ")


class Hand:
    """A clock whose hand a test moves."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> Nanos:
        return Nanos(self.at)


def keys(tmp_path: Path, **environ: str) -> MessageKeys:
    return MessageKeys(tmp_path, environ)


def test_addresses_come_from_the_environment_a_private_dotenv_and_secret_files(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.dotenv.write_text("DISCORD_WEBHOOK_URL=https://discord.com/api/webhooks/1/abc\n")
    home.dotenv.chmod(0o600)
    home.secrets.mkdir()
    (home.secrets / "PUSHOVER_URL").write_text("pover://user@token\n")
    (home.secrets / "PUSHOVER_URL").chmod(0o600)
    found = keys(tmp_path, ALERT_URLS="json://127.0.0.1/ ntfy://topic").addresses()
    assert [(each.name.name, each.name.kind) for each in found] == [
        ("discord", ChannelKind.DISCORD),
        ("push", ChannelKind.PUSH),
        ("other", ChannelKind.OTHER),
        ("push-2", ChannelKind.PUSH),
    ]


def test_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    Home(tmp_path).dotenv.write_text(f"ALERT_URLS=json://u:{PASSWORD}@h/\n")
    Home(tmp_path).dotenv.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        keys(tmp_path)
    assert PASSWORD not in str(caught.value)


def test_mail_may_be_given_in_parts(tmp_path: Path) -> None:
    parts = {
        "EMAIL_SMTP_HOST": "mail.example.org",
        "EMAIL_SMTP_USER": "bot@example.org",
        "EMAIL_SMTP_PASSWORD": "p@ss/word",
    }
    [address] = keys(tmp_path, **parts, EMAIL_TO="ann@example.org").addresses()
    assert address.secret.reveal().startswith("mailtos://bot%40example.org:p%40ss%2Fword@mail.example.org:587?")
    with pytest.raises(ConfigError, match="EMAIL_TO"):
        keys(tmp_path, **parts).addresses()


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://hooks.slack.com/services/A/B/C", ChannelKind.SLACK),
        ("https://discord.com/api/webhooks/1/x", ChannelKind.DISCORD),
        ("https://ptb.discord.com/api/webhooks/1/x", ChannelKind.DISCORD),
        ("twilio://SID:token@from/to", ChannelKind.SMS),
        ("pover://user@token", ChannelKind.PUSH),
        ("mailtos://u:p@host", ChannelKind.EMAIL),
        ("matrix://u:p@host", ChannelKind.OTHER),
    ],
)
def test_each_address_has_its_kind(address: str, kind: ChannelKind) -> None:
    assert kind_of(address) is kind


@pytest.mark.parametrize(
    "address",
    [
        "https://discord.com/api/webhooks/123456789012345678/" + "a" * 68,
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "twilio://AC" + "a" * 32 + ":" + "b" * 32 + "@15550001111/15550002222",
        "pover://" + "u" * 30 + "@" + "t" * 30,
        "mailtos://bot:password@example.org?to=ann@example.org",
        "ntfys://topic",
        "tgram://123456789:" + "a" * 35 + "/12345",
    ],
)
def test_addresses_of_the_documented_kinds_are_known(address: str) -> None:
    AppriseChannel(OTHER, address)


def test_the_redactor_knows_every_secret_that_was_found(tmp_path: Path) -> None:
    found = keys(
        tmp_path,
        **{MessageKey.ALERT_URLS: f"json://u:{PASSWORD}@host/", KeyName.POLYMARKET_PASSPHRASE: "canary-passphrase"},
    )
    assert found.redactor.text(f"{PASSWORD} json://u:{PASSWORD}@host/ canary-passphrase").count("canary") == 0


HOSTILE = (
    "@everyone buy now",
    "<!channel> look",
    "<script>alert(1)</script>",
    "a\r\nBcc: thief@example.org",
    "\u202etxet desrever",
    "zero\u200bwidth\u2066",
    "\x1b[2J\x00",
    "x" * 100_000,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_titles_are_tame_on_every_channel(text: str) -> None:
    tame = one_line(text)
    assert len(tame) <= 200
    assert not any(bad in tame for bad in ("@everyone", "<!", "<s", "\r", "\n", "\u202e", "\u200b", "\x1b", "\x00"))
    assert "\n" in harmless("a\nb")


def test_titles_of_markets_of_one_question_stay_different_where_space_is_short() -> None:
    question = "Will the highest temperature in New York City on the twenty-second of November be"
    cut = [one_line(f"{question} {low} to {low + 1} degrees?", 60) for low in (40, 42)]
    assert cut[0] != cut[1]
    assert all(len(each) == 60 and each.startswith("Will the highest") for each in cut)


async def test_a_hostile_title_cannot_add_a_header_to_a_letter(tmp_path: Path) -> None:
    office = Office(tmp_path)
    raised = office.center.tell(notice(Occasion.HALT, title="Halted\r\nBcc: thief@example.org"))
    assert raised is not None
    async with MailServer() as mail:
        channel = AppriseChannel(CHANNELS[1], f"mailto://127.0.0.1:{mail.port}?to=desk@example.org&from=b@example.org")
        await channel.send(Message(title=raised.title, text="x", tier=Tier.CRITICAL))
    assert not any(line.lower().startswith("bcc:") for line in mail.letters[0].splitlines())
