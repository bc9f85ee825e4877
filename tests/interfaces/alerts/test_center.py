"""What is told once, again, later or together; and that a restart forgets none of it."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import Nanos
from dutchbook.interfaces.alerts.channels import message_of
from dutchbook.storage.alert_words import Loudness, Occasion, Tier
from tests.interfaces.alerts.rig import MINUTE, NOON, Office, alert_settings, notice

HOUR = 60 * MINUTE


def test_a_critical_alert_goes_to_every_channel_that_takes_its_tier(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice())
    assert len(office.send_all(NOON)) == 3
    assert office.send_all(NOON + 1) == []


def test_the_most_urgent_leaves_first(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice(Occasion.FILL, Tier.ROUTINE, title="fill"))
    office.center.tell(notice(Occasion.DAILY_SUMMARY, Tier.IMPORTANT, title="day"))
    office.center.tell(notice(title="halt"))
    assert office.send_all(NOON, "telegram") == ["telegram: halt", "telegram: day", "telegram: fill"]


def test_an_important_one_costs_no_sms(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice(Occasion.DAILY_SUMMARY, Tier.IMPORTANT))
    assert [each.split(":")[0] for each in office.send_all(NOON)] == ["telegram", "email"]


def test_the_same_trouble_is_told_once_in_its_window_and_then_with_a_count(tmp_path: Path) -> None:
    office = Office(tmp_path)
    for second in range(5):
        office.center.tell(notice(at=NOON + second))
    assert len(office.center.book.alerts()) == 1
    office.center.tell(notice(at=NOON + 11 * MINUTE))
    assert "4 times more" in list(office.center.book.alerts().values())[-1].raised.text


def test_the_same_trouble_in_a_worse_tier_is_told_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice(Occasion.DRAWDOWN, Tier.IMPORTANT))
    assert office.center.tell(notice(Occasion.DRAWDOWN, Tier.CRITICAL, NOON + 1)) is not None


def test_a_second_halt_after_a_resume_is_news(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice())
    office.center.tell(notice(Occasion.RESUMED, Tier.IMPORTANT, NOON + 1))
    assert office.center.tell(notice(at=NOON + 2)) is not None


def test_a_restart_does_not_tell_the_same_trouble_again(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice())
    office.send_all(NOON)
    center = office.again()
    assert center.tell(notice(at=NOON + MINUTE)) is None
    assert office.send_all(NOON + MINUTE) == []


def test_a_restart_sends_what_was_not_sent(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice())
    office.send_all(NOON, "telegram")
    office.again()
    assert [each.split(":")[0] for each in office.send_all(NOON + MINUTE)] == ["email", "sms"]


def test_what_a_channel_does_not_take_is_kept_and_tried_again_more_and_more_seldom(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice())
    tries = [second for second in range(3_600) if office.send_all(NOON + second * 10**9, "email", error="no answer")]
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[:4] == [10, 20, 40, 80]
    assert max(pauses) == 600
    [alert] = [one for one in office.center.book.alerts().values() if one.raised.occasion is Occasion.HALT]
    assert "email" in alert.pending
    office.send_all(NOON + 2 * HOUR, "email")
    assert "email" not in office.center.book.find(alert.raised.id).pending


def test_a_channel_that_is_down_is_told_over_the_others(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice())
    for second in range(0, 100, 10):
        office.send_all(NOON + second * 10**9, "email", error="smtp://user:hunter22@host refused")
    [down] = [one for one in office.center.book.alerts().values() if one.raised.occasion is Occasion.CHANNEL_DOWN]
    assert "email" not in down.raised.routes
    assert "telegram" in down.raised.routes
    assert "hunter22" not in down.raised.text


def test_what_is_too_old_is_given_up(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.center.tell(notice())
    assert office.send_all(NOON + 25 * HOUR, "email") == []


def test_an_emergency_is_repeated_until_somebody_acknowledges_it_anywhere(tmp_path: Path) -> None:
    office = Office(tmp_path)
    raised = office.center.tell(notice(Occasion.STOP_HIT, Tier.EMERGENCY))
    assert raised is not None
    times = [minute for minute in range(30) if office.send_all(NOON + minute * MINUTE, "email")]
    assert times == [0, 5, 10, 15, 20, 25]
    office.again()  # a restart changes nothing in that
    assert office.send_all(NOON + 30 * MINUTE, "email")
    Office(tmp_path).center.book.acknowledge(raised.id, "web:alice", Nanos(NOON + 31 * MINUTE))  # another process
    assert [m for m in range(32, 90) if office.send_all(NOON + m * MINUTE, "email")] == []
    found = office.center.book.find(raised.id)
    assert found.response == 31 * MINUTE
    assert found.acknowledged is not None
    assert found.acknowledged.by == "web:alice"


def test_what_somebody_saw_before_it_left_is_not_sent_any_more(tmp_path: Path) -> None:
    office = Office(tmp_path)
    raised = office.center.tell(notice())
    assert raised is not None
    office.center.book.acknowledge(raised.id, "cli:ann", Nanos(NOON + 1))
    assert office.send_all(NOON + 2) == []


def test_quiet_hours_keep_what_is_not_critical_for_one_digest_at_their_end(tmp_path: Path) -> None:
    office = Office(tmp_path, alert_settings(quiet_from=11, quiet_until=14, digest_every="1h"))
    for number in range(3):
        said = {"title": f"Note {number}", "subject": f"s{number}"}
        office.center.tell(notice(Occasion.DAILY_SUMMARY, Tier.IMPORTANT, NOON + number, **said))
    office.center.tell(notice())
    assert office.send_all(NOON + 5, "email") == ["email: The desk is halted"]
    for minute in range(0, 119, 10):
        assert office.center.digest(Nanos(NOON + minute * MINUTE), "paper") == []
    digests = office.center.digest(Nanos(NOON + 125 * MINUTE), "paper")
    assert {name for each in digests for name in each.routes} == {"telegram", "email"}
    assert "Note 2" in digests[0].text
    assert office.send_all(NOON + 126 * MINUTE, "email") == ["email: 3 things since the last digest"]
    office.again()
    office.center.digest(Nanos(NOON + 126 * MINUTE), "paper")
    assert office.center.digest(Nanos(NOON + 190 * MINUTE), "paper") == []


def test_a_flood_waits_for_the_digest_but_critical_ones_pass(tmp_path: Path) -> None:
    office = Office(tmp_path, alert_settings(per_hour=5, occasions={"fill": "on"}))
    for number in range(20):
        office.center.tell(notice(Occasion.FILL, Tier.ROUTINE, NOON + number, subject=f"o{number}"))
        office.send_all(NOON + number, "telegram")
    office.center.tell(notice(at=NOON + 30))
    assert office.send_all(NOON + 31, "telegram") == ["telegram: The desk is halted"]
    sent = [one for one in office.center.book.alerts().values() if "telegram" in one.delivered]
    assert len(sent) == 6


def test_an_exception_beats_tier_and_occasion(tmp_path: Path) -> None:
    office = Office(tmp_path, alert_settings(exceptions="fill@sms=on, halt@email=off"))
    office.center.tell(notice(Occasion.FILL, Tier.ROUTINE, subject="o1", title="Filled"))
    office.center.tell(notice())
    assert office.send_all(NOON, "sms", "email") == ["sms: The desk is halted", "sms: Filled"]


def test_what_is_off_is_not_even_in_the_book_unless_a_channel_wants_it(tmp_path: Path) -> None:
    office = Office(tmp_path)
    assert office.center.tell(notice(Occasion.ORDER_PLACED, Tier.ROUTINE)) is None
    office = Office(tmp_path, alert_settings(exceptions="order_placed@telegram=silent"))
    raised = office.center.tell(notice(Occasion.ORDER_PLACED, Tier.ROUTINE))
    assert raised is not None
    assert raised.routes == {"telegram": Loudness.SILENT}


def test_every_message_begins_with_the_mode_and_says_how_to_acknowledge(tmp_path: Path) -> None:
    office = Office(tmp_path)
    for mode in ("paper", "sandbox", "live", ""):
        raised = office.center.tell(notice(at=NOON, mode=mode, subject=mode or "none"))
        assert raised is not None
        message = message_of(office.center.book.find(raised.id), silent=False, again=0)
        assert message.title.startswith(f"[{mode.upper() or 'NO DESK'}] CRITICAL: ")
        assert f"alerts ack {raised.id}" in message.text


@pytest.mark.parametrize("secret", ["hunter-2-canary", "123456789:AAH-canary-telegram-token-000000000000"])
def test_no_secret_enters_the_book(tmp_path: Path, secret: str) -> None:
    office = Office(tmp_path, secrets=(secret,))
    office.center.tell(notice(title=f"a {secret}", text=f"b {secret}", subject=f"c {secret}"))
    assert secret not in office.path.read_text()


texts = st.text(max_size=300)


@given(title=texts, text=texts, subject=texts)
def test_any_text_of_a_venue_makes_one_line_of_title_and_survives_a_restart(
    tmp_path_factory: pytest.TempPathFactory, title: str, text: str, subject: str
) -> None:
    office = Office(tmp_path_factory.mktemp("home"))
    raised = office.center.tell(notice(title=title, text=text, subject=subject))
    assert raised is not None
    assert "\n" not in raised.title
    assert "\r" not in raised.title
    assert "@everyone" not in raised.title
    assert office.again().book.find(raised.id).raised == raised
