"""Journal lines as a desk writes them, and what a person hears of them."""

from pathlib import Path

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import AccountStated, HaltOrdered, PauseOrdered, Resumed, VenueState, VenueStateChanged
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, OrderId
from dutchbook.domain.units import DOLLAR, Money, Nanos, Price, Size
from dutchbook.engine.records import FaultRecord, RunEnded, RunStarted, VerdictRecord
from dutchbook.execution.step import Alert, BasketEnd, Difference, Ending, HaltWanted
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.alerts.triggers import Triggers
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.risk.ports import Refusal
from dutchbook.storage.alert_words import Occasion, Tier
from dutchbook.storage.journal_reader import JournalLine
from tests.interfaces.alerts.rig import alert_settings

STOP = 200_000
MARKET, YES = MarketId("KX-1"), OutcomeId("KX-1:yes")
LEG = Leg(outcome=YES, market=MARKET, side=Side.BUY, limit=Price(4_700), size=Size(10**7), expected=Price(4_600))
INTENT = Intent(
    id=IntentId("i1"),
    strategy="bundle",
    kind="all_yes",
    subject="q1",
    legs=(LEG,),
    cost=Money(4_700_000),
    max_loss=Money(4_700_000),
    edge=Money(120_000),
    oldest=Nanos(0),
    at=Nanos(0),
    reason="cheap",
)


def line(kind: str, body: object, seq: int = 1) -> JournalLine:
    return JournalLine(seq, Nanos(seq), kind, None, msgspec.Raw(msgspec.json.encode(body)), "")


class Desk:
    """A journal that is being told."""

    def __init__(self, mode: str = "paper") -> None:
        self.triggers = Triggers(alert_settings(), STOP)
        started = RunStarted(mode=mode, strategies=("bundle",), settings="", source="x", cash=Money(1_000 * DOLLAR))
        self.seq = 0
        self.told: list[Notice] = []
        self.say("run", started)

    def say(self, kind: str, body: object) -> list[Notice]:
        self.seq += 1
        found = self.triggers.take("paper-1", line(kind, body, self.seq))
        self.told += found
        return found


def only(found: list[Notice]) -> tuple[Occasion, Tier]:
    [notice] = found
    return notice.occasion, notice.tier


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("command", HaltOrdered("someone said so", Nanos(1)), (Occasion.HALT, Tier.CRITICAL)),
        ("command", HaltOrdered("ratcheting stop: equity $1", Nanos(1)), (Occasion.STOP_HIT, Tier.EMERGENCY)),
        ("command", Resumed("dutchbook resume", Nanos(1)), (Occasion.RESUMED, Tier.IMPORTANT)),
        ("command", PauseOrdered("web:ann", Nanos(1), "bundle"), (Occasion.PAUSED, Tier.ROUTINE)),
        ("halt", HaltWanted("unknown order", Venue.KALSHI), (Occasion.HALT, Tier.CRITICAL)),
        ("alert", Alert("i1-1", "order i1-1 is unknown for 10.0 s: nothing"), (Occasion.UNKNOWN_ORDER, Tier.CRITICAL)),
        ("alert", Alert("i1-1", "it traded twice"), (Occasion.TROUBLE, Tier.CRITICAL)),
        ("alert", Alert("kalshi", "kalshi is trusted again: no order"), (Occasion.VENUE_UP, Tier.IMPORTANT)),
        (
            "difference",
            Difference(venue=Venue.KALSHI, subject="cash", ours=10**6, theirs=2 * 10**6, action="taken over"),
            (Occasion.MISMATCH, Tier.CRITICAL),
        ),
        (
            "venue",
            VenueStateChanged(Venue.KALSHI, VenueState.DOWN, Nanos(1), "503"),
            (Occasion.VENUE_DOWN, Tier.CRITICAL),
        ),
        ("venue", VenueStateChanged(Venue.KALSHI, VenueState.UP, Nanos(1)), (Occasion.VENUE_UP, Tier.IMPORTANT)),
        ("fault", FaultRecord("malformed"), (Occasion.TROUBLE, Tier.IMPORTANT)),
        (
            "verdict",
            VerdictRecord(False, INTENT, (Refusal("venue_limit", "too much", "", ""),)),
            (Occasion.LIMIT_BREACH, Tier.IMPORTANT),
        ),
        (
            "basket",
            BasketEnd(
                intents=(IntentId("i1"),), subject="q1", ending=Ending.KEPT, sets=Size(0), result=Money(-25 * DOLLAR)
            ),
            (Occasion.BIG_MOVE, Tier.CRITICAL),
        ),
    ],
)
def test_each_trouble_has_its_occasion_and_tier(kind: str, body: object, expected: tuple[Occasion, Tier]) -> None:
    assert only(Desk().say(kind, body)) == expected


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("alert", Alert("kalshi", "kalshi is down: 503")),  # the line of the venue itself says it
        ("verdict", VerdictRecord(False, INTENT, (Refusal("stale_price", "old", "", ""),))),
        ("verdict", VerdictRecord(True, INTENT)),
        ("command", PauseOrdered("dutchbook stop", Nanos(1), leaving=True)),
        ("halt", HaltWanted("everything", None)),  # the command that follows says it
        ("mark", {"frames": 1}),
        ("something_new", {"x": 1}),
        (
            "basket",
            BasketEnd(
                intents=(IntentId("i1"),), subject="q1", ending=Ending.COMPLETE, sets=Size(1), result=Money(DOLLAR)
            ),
        ),
    ],
)
def test_what_is_ordinary_or_told_elsewhere_is_not_told(kind: str, body: object) -> None:
    assert Desk().say(kind, body) == []


def test_the_first_cash_that_a_desk_learns_of_is_no_difference_and_a_later_one_is() -> None:
    desk = Desk("live")
    account = AccountStated(
        venue=Venue.KALSHI, cash=Money(5 * DOLLAR), positions=(), orders=(), asked=Nanos(1), received=Nanos(1)
    )
    found = Difference(venue=Venue.KALSHI, subject="cash", ours=0, theirs=5 * DOLLAR, action="taken over")
    desk.say("account", account)
    assert desk.say("difference", found) == []
    desk.say("account", account)
    [notice] = desk.say("difference", found)
    assert "ours $0.00, theirs $5.00" in notice.text


def test_a_fill_says_what_where_and_why_with_its_place_on_record() -> None:
    desk = Desk("live")
    desk.say("verdict", VerdictRecord(True, INTENT))
    fill = Fill(
        order=OrderId("i1-1"),
        intent=IntentId("i1"),
        outcome=YES,
        market=MARKET,
        side=Side.BUY,
        price=Price(4_650),
        size=Size(10**7),
        fee=Money(17_000),
        at=Nanos(2),
        id="t1",
    )
    [notice] = desk.say("fill", fill)
    assert (notice.mode, notice.ref) == ("live", "paper-1:3")
    for words in ("buy 10", "46.5¢", "bundle (all_yes)", "edge +$0.12", "order i1-1"):
        assert words in notice.text


def test_a_line_of_another_version_is_told_and_the_rest_goes_on() -> None:
    desk = Desk()
    assert only(desk.say("fill", {"order": 1})) == (Occasion.JOURNAL, Tier.IMPORTANT)
    assert only(desk.say("fault", FaultRecord("malformed"))) == (Occasion.TROUBLE, Tier.IMPORTANT)


def test_the_end_of_a_run_is_noticed() -> None:
    desk = Desk("live")
    assert not desk.triggers.ended
    ended = RunEnded(frames=1, events=1, cash=Money(0), equity=Money(0))
    assert only(desk.say("end", ended)) == (Occasion.DESK_STOPPED, Tier.IMPORTANT)
    assert desk.triggers.ended


def drawdown(equity: int, **chosen: object) -> DrawdownState:
    facts: dict[str, object] = {
        "bankroll": 1_000 * DOLLAR,
        "high_water": 1_000 * DOLLAR,
        "day": 1,
        "day_start": 1_000 * DOLLAR,
    }
    return DrawdownState(last_equity=Money(equity * DOLLAR), **{**facts, **chosen})  # type: ignore[arg-type]


def test_a_fall_of_equity_is_told_once_at_each_step_and_again_after_a_recovery() -> None:
    desk = Desk()  # the stop is 20 % below the mark: at 800 dollars
    tiers = []
    for equity in (990, 910, 895, 890, 850, 839, 830, 910, 880, 990, 899, 870):
        found = desk.say("drawdown", drawdown(equity))
        tiers.append([notice.tier for notice in found])
    important, critical = [Tier.IMPORTANT], [Tier.CRITICAL]
    assert tiers == [[], [], important, [], [], critical, [], [], [], [], important, []]


def test_the_loss_of_a_day_is_told_once_a_day() -> None:
    desk = Desk()
    first = desk.say("drawdown", drawdown(960, paused_day=1))
    assert only(first) == (Occasion.DAILY_LOSS, Tier.CRITICAL)
    assert desk.say("drawdown", drawdown(959, paused_day=1)) == []
    assert only(desk.say("drawdown", drawdown(958, paused_day=2, day=2))) == (Occasion.DAILY_LOSS, Tier.CRITICAL)


def test_every_kind_of_a_real_journal_is_understood(tmp_path: Path) -> None:
    """A walk of some seconds, told from its first line to its last: no line that is not understood."""
    from dutchbook.storage.journal_reader import read
    from tests.interfaces.alerts.walk import walked

    journal = walked(tmp_path)
    triggers = Triggers(alert_settings(), STOP)
    found = [notice for each in read(journal) for notice in triggers.take("run", each)]
    assert Occasion.JOURNAL not in {notice.occasion for notice in found}
    assert {Occasion.DESK_STARTED, Occasion.FILL, Occasion.DESK_STOPPED} <= {notice.occasion for notice in found}
    assert all(notice.mode == "paper" for notice in found)
