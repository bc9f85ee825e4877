"""An order that insists, under faults: it rests at the exchange once, and the journal says how often it was sent."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dutchbook.app.backtest.stage import ACCOUNT, Stage
from dutchbook.app.strategies import Ingredients
from dutchbook.config.documents import document_of
from dutchbook.domain.book import Side
from dutchbook.domain.events import AccountStated, CancelOrdered, Event, FrameRef, HaltOrdered
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, Leg, Order, OrderStatus, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, Money, Price, Size, notional_up
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.storage.journal import Journal
from dutchbook.strategies.ports import DeskView, Strategy
from tests.app.backtest.rig import STILL, Scripted, after, stage_of

SWALLOWED = "fault: timeout_before_accept, method: POST"
BROKEN = "fault: http_status, status: 500, method: POST"


class Bidder(Scripted):
    """Acts when the account is stated: before that nothing may leave."""

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        return ()

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:
        return self._act((), desk) if isinstance(event, AccountStated) else ()


class Play:
    """One bid for YES at 0.40 in a market in which nothing else happens."""

    def __init__(self, journal: Journal, faults: str, *, insists: bool = True, cents: int = 40) -> None:
        self.insists, self.cents = insists, cents
        plan = document_of(f"seed: 1\nfaults: [{{name: it, {faults}}}]".encode(), "plan.yaml", FaultPlan)
        self.sent = False
        self.stage: Stage = stage_of(journal, text=STILL, builds=self._build, plan=plan)
        self.exchange: Exchange = self.stage.venues[Venue.POLYMARKET]

    def _build(self, parts: Ingredients) -> Sequence[Strategy]:
        self.market: Market = next(iter(parts.catalogue.markets()))
        return (Bidder(self._act),)

    def _act(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        if self.sent:
            return ()
        self.sent = True
        price, size = Price(self.cents * 100), Size(20 * CONTRACT)
        leg = Leg(self.market.yes, self.market.id, Side.BUY, price, size, price, TimeInForce.GTC, post_only=True)
        cost = notional_up(price, size)
        return (
            Intent(
                id=desk.next_intent(),
                strategy="scripted",
                kind="bid",
                subject="a bid",
                legs=(leg,),
                cost=cost,
                edge=Money(0),
                max_loss=cost,
                oldest=desk.now,
                at=desk.now,
                reason="a test",
                plan=PlanKind.POST_ONLY,
                insists=self.insists,
            ),
        )

    def live(self, seconds: float) -> "Play":
        self.stage.live(after(seconds))
        return self

    @property
    def order(self) -> Order:
        [order] = self.stage.parts.desk.execution.orders
        return order

    @property
    def resting(self) -> int:
        return len(self.exchange.open_orders(ACCOUNT))


@pytest.fixture
def play(journals: Callable[[], Journal]) -> Callable[..., Play]:
    return lambda *args, **kwargs: Play(journals(), *args, **kwargs)


@pytest.mark.parametrize("fault", [f"{SWALLOWED}, times: 1", f"{BROKEN}, times: 1"])
def test_what_was_lost_once_rests_within_a_second_and_a_half(play: Callable[..., Play], fault: str) -> None:
    stage = play(fault).live(1.5)
    assert stage.order.status is OrderStatus.OPEN
    assert stage.resting == 1


def test_without_insisting_it_stays_unknown(play: Callable[..., Play]) -> None:
    stage = play(f"{BROKEN}, times: 1", insists=False).live(20)
    assert stage.order.status is OrderStatus.UNKNOWN
    assert stage.resting == 0


def written(folder: Path) -> list[bytes]:
    return [line for path in folder.rglob("*.jsonl") for line in path.read_bytes().splitlines()]


def test_a_copy_that_is_lost_too_is_followed_by_another(play: Callable[..., Play], tmp_path: Path) -> None:
    stage = play(f"{BROKEN}, times: 2").live(3)
    assert stage.order.status is OrderStatus.OPEN
    assert stage.resting == 1
    assert sum(b'"kind":"offer"' in line for line in written(tmp_path)) == 2, "each is on record"


def test_what_is_always_lost_is_given_up_after_a_few_and_proven_absent(play: Callable[..., Play]) -> None:
    stage = play(BROKEN).live(20)
    assert stage.order.status is OrderStatus.UNKNOWN
    assert stage.live(100).order.status is OrderStatus.DEAD
    assert stage.resting == 0


def test_a_late_refusal_of_a_copy_ends_no_order_that_rests(play: Callable[..., Play]) -> None:
    """The first copy would cross and is told so late; by then the one that was sent again rests."""
    stage = play("fault: slow_answer, delay: 4s, method: POST, times: 1", cents=90).live(0.5)
    for account in list(stage.exchange.accounts):
        for each in stage.exchange.open_orders(account):
            stage.exchange.cancel(account, each.new.id)
    stage.live(10)
    assert stage.order.status is OrderStatus.OPEN
    assert stage.resting == 1


def test_an_order_that_nobody_wants_any_more_is_not_sent_again(play: Callable[..., Play]) -> None:
    stage = play(f"{SWALLOWED}, times: 1").live(0.5)
    loop = stage.stage.parts.loop
    loop.dispatch(CancelOrdered("a test", loop.desk.now), FrameRef(0, 1))
    stage.live(20)
    assert stage.resting == 0


def test_a_desk_that_is_halted_sends_nothing_again(play: Callable[..., Play]) -> None:
    stage = play(f"{SWALLOWED}, times: 1").live(0.5)
    loop = stage.stage.parts.loop
    loop.dispatch(HaltOrdered("a test", loop.desk.now), FrameRef(0, 1))
    stage.live(20)
    assert stage.resting == 0
