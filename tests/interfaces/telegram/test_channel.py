"""Alerts over the bot: to every chat, with a button that acknowledges on all surfaces."""

from pathlib import Path

import pytest

from dutchbook.interfaces.alerts.channels import DeliveryFailed, Message, message_of
from dutchbook.interfaces.telegram.channel import TelegramChannel
from dutchbook.storage.alert_book import Raised
from dutchbook.storage.alert_words import Occasion, Tier
from tests.interfaces.alerts.rig import NOON
from tests.interfaces.telegram.bot_server import BotServer
from tests.interfaces.telegram.rig import GROUP, OPERATOR, VIEWER, Rig


def raised(rig: Rig) -> Message:
    draft = Raised(id="", at=NOON, occasion=Occasion.HALT, tier=Tier.EMERGENCY, mode="live", title="The stop was hit")
    return message_of(rig.book.find(rig.book.raise_alert(draft).id), silent=False, again=0)


async def test_a_press_of_the_button_acknowledges_for_everybody(tmp_path: Path, telegram: BotServer) -> None:
    rig = Rig(tmp_path, telegram.host)
    async with rig.api:
        await TelegramChannel(rig.api, [OPERATOR, GROUP]).send(raised(rig))
        assert [each["chat_id"] for each in telegram.said] == [OPERATOR, GROUP]
        assert telegram.texts[0].startswith("[LIVE] EMERGENCY: The stop was hit")
        [button] = telegram.buttons(0)
        telegram.press(button, VIEWER)
        await rig.poller.round(0)
        assert rig.book.find("a1").waits  # who may only look acknowledges nothing
        telegram.press(button, OPERATOR)
        await rig.poller.round(0)
    seen = rig.book.find("a1").acknowledged
    assert seen is not None
    assert seen.by == f"telegram:{OPERATOR}"


async def test_a_silent_message_makes_no_sound_and_has_no_button(tmp_path: Path, telegram: BotServer) -> None:
    rig = Rig(tmp_path, telegram.host)
    async with rig.api:
        await TelegramChannel(rig.api, [OPERATOR]).send(
            Message(title="[PAPER] x", text="", tier=Tier.ROUTINE, silent=True)
        )
    assert telegram.said[0]["disable_notification"] is True
    assert telegram.buttons() == []


async def test_a_chat_that_does_not_take_it_is_a_failure_to_be_tried_again(tmp_path: Path, telegram: BotServer) -> None:
    rig = Rig(tmp_path, telegram.host)
    telegram.refuse["sendMessage"] = [(429, {"ok": False, "error_code": 429, "description": "Too Many Requests"})]
    async with rig.api:
        channel = TelegramChannel(rig.api, [OPERATOR])
        with pytest.raises(DeliveryFailed, match="Too Many Requests"):
            await channel.send(raised(rig))
        await channel.send(raised(rig))
    assert len(telegram.said) == 1
