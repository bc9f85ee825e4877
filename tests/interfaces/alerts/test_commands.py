"""The commands about alerts and the messenger, as a user types them."""

import json

from dutchbook.domain.units import Nanos
from dutchbook.storage.alert_book import AlertBook, Delivered, Raised
from dutchbook.storage.alert_words import Loudness, Occasion, Tier
from dutchbook.storage.home import Home
from tests.interfaces.cli import Terminal


def raised(terminal: Terminal, tier: Tier = Tier.CRITICAL) -> str:
    book = AlertBook(Home(terminal.home).alerts)
    draft = Raised(
        id="",
        at=Nanos(1_790_000_000 * 10**9),
        occasion=Occasion.HALT,
        tier=tier,
        mode="live",
        title="The desk is halted",
        routes={"email": Loudness.ON, "sms": Loudness.ON},
    )
    name = book.raise_alert(draft).id
    book.delivered(Delivered(id=name, at=Nanos(1), channel="email"))
    return name


def test_alerts_are_listed_with_their_mode_and_what_became_of_them(terminal: Terminal) -> None:
    raised(terminal)
    printed = terminal("alerts", "list")
    assert printed.code == 0
    for words in ("a1", "LIVE", "critical", "email", "sms"):
        assert words in printed.out


def test_the_list_as_json_is_whole(terminal: Terminal) -> None:
    name = raised(terminal)
    [row] = json.loads(terminal("alerts", "list", "--json").out)
    assert (row["alert"], row["mode"], row["told"], row["waits_for"]) == (name, "live", ["email"], ["sms"])
    assert row["acknowledged_by"] is None


def test_what_waits_and_what_did_not_arrive_can_be_asked_for(terminal: Terminal) -> None:
    raised(terminal, Tier.ROUTINE)
    name = raised(terminal)
    assert [row["alert"] for row in json.loads(terminal("alerts", "list", "--waiting", "--json").out)] == [name]
    assert len(json.loads(terminal("alerts", "list", "--undelivered", "--json").out)) == 2


def test_an_acknowledgement_says_who_and_is_kept(terminal: Terminal) -> None:
    name = raised(terminal)
    assert f"{name} acknowledged by cli:" in terminal("alerts", "ack", name).out
    assert terminal("alerts", "ack", "all").out.strip() == "nothing waits to be acknowledged"
    assert AlertBook(Home(terminal.home).alerts).find(name).acknowledged is not None


def test_an_unknown_alert_is_one_line(terminal: Terminal) -> None:
    printed = terminal("alerts", "ack", "a99")
    assert printed.code == 2
    assert printed.err.count("\n") == 1


def test_without_channels_a_trial_says_how_to_have_some(terminal: Terminal) -> None:
    assert "docs/alerts.md" in terminal("alerts", "test").out


def test_a_messenger_that_nobody_wants_ends_at_once(terminal: Terminal) -> None:
    printed = terminal("messenger", "--if-wanted")
    assert printed.code == 0
    assert "no messenger is wanted" in printed.out


def test_without_a_token_the_bot_cannot_be_tried(terminal: Terminal) -> None:
    printed = terminal("telegram", "test")
    assert printed.code == 5
    assert "TELEGRAM_BOT_TOKEN" in printed.err
