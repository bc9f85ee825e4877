"""Operations that are sent and reported: what waits for them, what is booked when, and what a failure leaves."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.events import OperationReported
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.operations import OperationId, OperationKind, Progress
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.execution.settings import ExecutionSettings, Redeem
from dutchbook.execution.step import Ending, Ordered, Step
from dutchbook.portfolio.entries import Adopted, Convert, Merge, Settlement, Split
from tests.execution.rig import HERE, Rig
from tests.execution.stage import Stage, no, yes

TWO_SIDED = [({53: 100}, {54: 100})]
THREE = [({45: 50}, {50: 50}), ({35: 50}, {40: 50}), ({30: 50}, {32: 50})]
SPLIT_SELL = (BundleKind.SPLIT_SELL, [(0, 53), (0, 46)], 20)


class Desk(Rig):
    """A rig at a venue that has to be asked."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.operators = {HERE}

    def moving(self, venue: Venue) -> bool:
        return self.execution.operations.moving(venue)

    def tells(self, ordered: Ordered, progress: Progress, detail: str = "", reference: str = "") -> Step:
        event = OperationReported(ordered.operation.id, progress, Nanos(self.now), detail, reference)
        return self.hear(event)

    def decide(self, i: int, payout: Price) -> Step:
        self.markets[i] = replace(self.markets[i], payout=payout, status=MarketStatus.RESOLVED)
        return self._done(self.execution.resolved(self.markets[i], Nanos(self.now)))

    def given(self, outcome: OutcomeId, contracts: int) -> None:
        """Bought, here and there, for half a dollar each."""
        market = next(one for one in self.markets if outcome in (one.yes, one.no))
        size = Size(contracts * CONTRACT)
        self.ledger.apply(Adopted(outcome, market.id, size, Money(size // 2), "a test"))
        self.venue.sizes[outcome] = size

    def stated(self, seconds: float = 1) -> Step:
        self.now = Nanos(self.now + round(seconds * SECOND))
        return self.hear(self.statement())

    def pays(self, i: int) -> None:
        """The venue redeems a market."""
        market = self.markets[i]
        assert market.payout is not None
        self.venue.cash += self.venue.sizes.pop(market.yes, 0) * market.payout // ONE
        self.venue.cash += self.venue.sizes.pop(market.no, 0) * (ONE - market.payout) // ONE


def test_a_split_is_waited_for_and_then_sold() -> None:
    desk = Desk(TWO_SIDED)
    step = desk.begin(*SPLIT_SELL)
    assert (step.orders, step.operations, step.done) == ((), (), ())
    [ordered] = step.ordered
    assert (ordered.operation.kind, ordered.operation.size) == (OperationKind.SPLIT, 20 * CONTRACT)
    assert desk.execution.operations.moving(HERE)
    assert desk.tells(ordered, Progress.SENT, reference="0x1").orders == ()
    assert desk.ledger.cash == 1_000 * DOLLAR
    step = desk.tells(ordered, Progress.DONE)
    [split] = step.done
    assert isinstance(split, Split)
    assert [order.leg.outcome for order in step.orders] == [yes(0), no(0)]
    assert desk.ledger.cash == 980 * DOLLAR
    assert not desk.execution.operations.moving(HERE)
    assert HERE in step.sweeps


@pytest.mark.parametrize("progress", [Progress.FAILED, Progress.UNKNOWN])
def test_without_its_split_nothing_is_sold_and_nothing_is_booked(progress: Progress) -> None:
    desk = Desk(TWO_SIDED)
    [ordered] = desk.begin(*SPLIT_SELL).ordered
    step = desk.tells(ordered, progress, "reverted")
    assert (step.orders, step.operations, step.done, step.ordered) == ((), (), (), ())
    assert step.ended[0].ending is Ending.NOTHING
    [alert] = step.alerts
    assert "reverted" in alert.text
    assert desk.ledger.cash == 1_000 * DOLLAR
    assert not desk.execution.busy("split_sell:[0, 0]")


def test_what_was_split_in_vain_is_merged_and_booked_once_that_is_done() -> None:
    desk = Desk(TWO_SIDED)
    [ordered] = desk.begin(*SPLIT_SELL).ordered
    one, two = desk.tells(ordered, Progress.DONE).orders
    desk.miss(one)
    step = desk.miss(two)
    [merge] = step.ordered
    assert isinstance(merge.entry, Merge)
    assert step.ended
    assert desk.held() == {yes(0): 20, no(0): 20}
    assert desk.execution.operations.bound(yes(0)) == 20 * CONTRACT
    assert desk.tells(merge, Progress.DONE).done == (merge.entry,)
    assert desk.held() == {}
    assert (desk.ledger.cash, desk.execution.operations.bound(yes(0))) == (1_000 * DOLLAR, 0)


def test_a_conversion_on_the_way_home_is_waited_for_before_its_yes_are_sold() -> None:
    desk = Desk(THREE)
    one, two, three = desk.begin(BundleKind.ALL_NO, [(0, 55), (1, 65), (2, 70)], 20).orders
    desk.fill(one)
    desk.fill(two)
    views = desk.depth
    desk.depth = lambda outcome, side: [] if outcome == no(2) else views(outcome, side)  # type: ignore[method-assign]
    step = desk.miss(three)
    [ordered] = step.ordered
    assert isinstance(ordered.entry, Convert)
    assert (step.orders, step.intents) == ((), ())
    step = desk.tells(ordered, Progress.DONE)
    assert step.done == (ordered.entry,)
    [home] = step.intents
    assert [leg.outcome for leg in home.legs] == [yes(2)]
    assert desk.held() == {yes(2): 20}


def test_after_a_failed_conversion_another_way_home_is_taken() -> None:
    desk = Desk(THREE)
    one, two, three = desk.begin(BundleKind.ALL_NO, [(0, 55), (1, 65), (2, 70)], 20).orders
    desk.fill(one)
    desk.fill(two)
    views = desk.depth
    desk.depth = lambda outcome, side: [] if outcome == no(2) else views(outcome, side)  # type: ignore[method-assign]
    [ordered] = desk.miss(three).ordered
    step = desk.tells(ordered, Progress.FAILED, "no allowance")
    assert (step.ordered, step.done) == ((), ())
    [home] = step.intents
    assert {leg.outcome for leg in home.legs} & {no(0), no(1), yes(0), yes(1)}
    assert desk.held() == {no(0): 20, no(1): 20}


def test_a_late_or_repeated_report_changes_nothing() -> None:
    desk = Desk(TWO_SIDED)
    [ordered] = desk.begin(*SPLIT_SELL).ordered
    desk.tells(ordered, Progress.FAILED)
    step = desk.tells(ordered, Progress.DONE)
    assert (step.done, step.orders) == ((), ())
    assert step.notes
    stranger = OperationReported(OperationId("op-9"), Progress.DONE, Nanos(desk.now))
    assert desk.hear(stranger).done == ()
    assert desk.ledger.cash == 1_000 * DOLLAR


def test_where_nobody_has_to_be_asked_it_is_done_at_once() -> None:
    stage = Stage(TWO_SIDED)
    step = stage.begin(*SPLIT_SELL)
    assert step.ordered == ()
    assert isinstance(step.operations[0], Split)
    assert len(step.orders) == 2


# Redemption.


def test_what_won_is_redeemed_once_the_account_states_it_and_booked_once_it_is_paid() -> None:
    desk = Desk(TWO_SIDED)
    desk.given(yes(0), 20)
    desk.stated()
    step = desk.decide(0, ONE)
    assert (step.ordered, step.operations, step.sweeps) == ((), (), (HERE,))
    [ordered] = desk.stated().ordered
    assert (ordered.operation.kind, ordered.operation.size, ordered.operation.no) == (
        OperationKind.REDEEM,
        20 * CONTRACT,
        0,
    )
    assert desk.stated().ordered == ()  # it is under way
    assert desk.held() == {yes(0): 20}
    desk.pays(0)
    assert isinstance(desk.tells(ordered, Progress.DONE).done[0], Settlement)
    step = desk.stated()
    assert (step.differences, step.operations, step.ordered) == ((), (), ())
    assert desk.agrees()


def test_what_lost_is_settled_at_once_and_never_redeemed() -> None:
    desk = Desk(TWO_SIDED)
    desk.given(yes(0), 20)
    desk.stated()
    [settlement] = desk.decide(0, Price(0)).operations
    assert isinstance(settlement, Settlement)
    assert desk.held() == {}
    for _ in range(3):  # the account has it for ever
        step = desk.stated(60)
        assert (step.ordered, step.differences, step.operations) == ((), (), ())


def test_a_failed_redemption_is_tried_again_later_and_later() -> None:
    desk = Desk(TWO_SIDED)
    desk.given(yes(0), 20)
    desk.decide(0, ONE)
    tries = []
    for _ in range(200):
        for ordered in desk.stated(30).ordered:
            tries.append(desk.now)
            desk.tells(ordered, Progress.FAILED, "not received yet")
    pauses = [(b - a) // SECOND for a, b in pairwise(tries)]
    assert pauses == [60, 120, 240, 480, 960, 1_920]
    assert desk.held() == {yes(0): 20}


def test_what_somebody_else_redeemed_is_booked_once_it_stands() -> None:
    desk = Desk(TWO_SIDED, ExecutionSettings(redeem=Redeem.OFF))
    desk.given(yes(0), 20)
    desk.stated()
    desk.decide(0, ONE)
    assert desk.stated(30).ordered == ()
    desk.pays(0)
    assert desk.stated(30).operations == ()
    [settlement] = desk.stated(30).operations
    assert isinstance(settlement, Settlement)
    assert desk.agrees()
    assert desk.ledger.adopted == 10 * DOLLAR  # what the test gave: nothing else was taken over


def test_nothing_is_redeemed_while_the_account_states_something_else() -> None:
    desk = Desk(TWO_SIDED)
    desk.given(yes(0), 20)
    desk.stated()
    desk.decide(0, ONE)
    desk.venue.sizes[yes(0)] = 15 * CONTRACT
    assert desk.stated(30).ordered == ()
    desk.stated(30)
    [ordered] = desk.stated(30).ordered
    assert ordered.operation.size == 15 * CONTRACT


def test_after_a_restart_what_had_left_is_followed_and_the_rest_is_unknown() -> None:
    first = Desk(TWO_SIDED)
    [followed] = first.begin(*SPLIT_SELL).ordered
    sent = OperationReported(followed.operation.id, Progress.SENT, Nanos(first.now), reference="0x1")
    lost = replace(followed, operation=replace(followed.operation, id=OperationId("op-7")))
    second = Desk(TWO_SIDED)
    for line in (followed, sent, lost):
        second.execution.relive(line)
    pending = second.execution.operations.pending
    assert {id_: one.reference for id_, one in pending.items()} == {followed.operation.id: "0x1", "op-7": ""}
    [finding] = second.execution.resume(Nanos(second.now), Nanos(second.now)).findings
    assert isinstance(finding, OperationReported)
    assert (finding.operation, finding.progress) == ("op-7", Progress.UNKNOWN)
    step = second.tells(followed, Progress.DONE)
    assert step.done == (followed.entry,)
