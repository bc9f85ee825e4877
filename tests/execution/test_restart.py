"""The desk is killed between any two lines of its journal: what it finds there brings every basket to an end."""

from collections.abc import Sequence
from random import Random

import pytest
from msgspec.structs import replace

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import FillReversed, FillSettled, ForeignFill, OrderFilled, OrderReported
from dutchbook.domain.orders import WAY_HOME, Intent, Order, OrderId, OrderStatus, Report
from dutchbook.domain.units import Nanos
from dutchbook.execution.executor import ExecutionEvent, Lived
from dutchbook.execution.settings import ExecutionSettings, Sending
from dutchbook.execution.step import BasketEnd, Step
from dutchbook.portfolio.entries import Adopted, CashAdopted, Convert, FillBooked, FillUndone, LedgerEntry, Merge, Split
from dutchbook.portfolio.fitting import fitted
from tests.execution.rig import HERE, Rig, TrueVenue, named

KINDS = {
    BundleKind.ALL_YES: [(0, 40), (1, 30), (2, 20)],
    BundleKind.ALL_NO: [(0, 62), (1, 72), (2, 80)],
    BundleKind.BUY_BOTH: [(0, 40), (0, 58)],
    BundleKind.SPLIT_SELL: [(0, 40), (0, 58)],
    BundleKind.LADDER: [(0, 40), (1, 55)],
}
BOOKS = [({38: 60}, {40: 60}), ({28: 60}, {30: 60}), ({18: 60}, {20: 60})]
NEWS = (OrderReported, OrderFilled, FillSettled, FillReversed)


class Killed(Exception):
    """The process ends here."""


class Run(Rig):
    """A rig that keeps a journal, is killed once it has so many lines, and whose venue answers sooner or later."""

    def __init__(self, random: Random, lines: list[Lived], lives_for: int, venue: TrueVenue | None = None) -> None:
        sending = Sending.TOGETHER if venue is not None else random.choice(list(Sending))
        super().__init__(BOOKS, ExecutionSettings(sending=sending, reconcile_every="1d"))  # type: ignore[arg-type]
        if venue is not None:
            self.venue = venue
        self.random = random
        self.lines = lines
        self.left = lives_for
        self.inbox: list[ExecutionEvent] = []
        self.fate = self.arrive

    def keep(self, *lines: Lived) -> None:
        for line in lines:
            if self.left == 0:
                raise Killed
            self.left -= 1
            self.lines.append(line)
            if isinstance(line, Split | Merge | Convert):
                super().operate(line)

    def operate(self, entry: LedgerEntry) -> None:
        """Done once it is on record: see `keep`."""

    def start(self, intent: Intent) -> Step:
        self.keep(intent)
        return super().start(intent)

    def hear(self, event: ExecutionEvent) -> Step:
        if isinstance(event, NEWS):
            self.keep(event)
        return super().hear(event)

    def _done(self, step: Step) -> Step:
        self.keep(*step.operations, *step.ended, *map(named, step.orders))
        return super()._done(step)

    def arrive(self, order: Order) -> None:
        """Lost on the way, or taken: an immediate order fills, in part or not at all; of some nothing is heard."""
        roll = self.random.random()
        if roll < 0.12:
            return
        self.venue.take(order)
        held = self.venue.orders[order.id]
        held.open = False
        part = 1.0 if roll < 0.65 else 0.0 if order.leg.tif == "fok" else self.random.choice([0, 0.5])
        size = int(order.leg.size * part)
        provisional = self.random.random() < 0.5
        fills = [self.trade(order.id, size, provisional=provisional)] if size else []
        if self.random.random() < 0.15:
            return
        self.inbox += [OrderFilled(fill, Nanos(self.now)) for fill in fills]
        if part < 1:
            self.inbox.append(OrderReported(order.id, Report.CANCELLED, Nanos(self.now), "killed"))

    def run(self) -> None:
        """Until nothing happens any more."""
        for _ in range(400):
            while self.inbox:
                self.answer(self.hear(self.inbox.pop(0)))
            self.pass_time(1, answering=True)
            for fill in self.execution.orders.provisional():
                fails = self.random.random() < 0.15 and fill in self.venue.fills
                self.answer(self.fail(fill) if fails else self.settle(fill))
            if not self.inbox and not self.execution.working() and not self.execution.orders.working():
                return
        raise AssertionError(f"no end: {self.execution.working()}, {self.execution.orders.working()}")


def revived(run: Run, random: Random) -> Run:
    """A new desk from the journal of the one that was killed, before the same venue."""
    again = Run(random, list(run.lines), -1, run.venue)
    again.now = Nanos(run.now + 10)
    again.bundles = run.bundles
    again._intents = run._intents
    for line in run.lines:
        change = again.execution.relive(line)
        if change is not None and change.booked is not None:
            for entry in fitted(FillBooked(change.booked), again.ledger):
                again.ledger.apply(entry)
        elif change is not None and change.undone is not None:
            again.ledger.apply(FillUndone(change.undone))
        elif isinstance(line, Adopted | CashAdopted | Split | Merge | Convert):
            again.ledger.apply(line)
    step = again._done(again.execution.resume(Nanos(again.now), Nanos(again.now)))
    for finding in step.findings:
        again.answer(again.hear(finding))
    again.answer(step)
    return again


def begin(run: Run, kind: BundleKind, contracts: int) -> None:
    for _ in range(2):
        run.answer(run.begin(kind, KINDS[kind], contracts))
    run.run()


@pytest.mark.parametrize("seed", range(120))
def test_killed_anywhere_every_order_is_known_nothing_is_sent_twice_and_ledger_and_venue_agree(seed: int) -> None:
    random = Random(seed)
    kind = random.choice(sorted(KINDS))
    run = Run(random, [], random.randrange(0, 60))
    try:
        begin(run, kind, random.randrange(2, 20))
    except Killed:
        torn = len(run.lines)
        run = revived(run, random)
        run.run()
        assert torn <= len(run.lines)
    assert_known(run)
    assert run.agrees()
    run.ledger.check()


def assert_known(run: Run) -> None:
    on_record = [line.id for line in run.lines if isinstance(line, Order)]
    assert len(on_record) == len(set(on_record))
    assert set(run.venue.orders) <= set(on_record)
    for order in run.execution.orders:
        assert order.status.final
        held = run.venue.orders.get(order.id)
        assert order.filled == (0 if held is None else held.filled)
    ended = [end.intents[0] for end in run.lines if isinstance(end, BasketEnd)]
    begun = [line.id for line in run.lines if isinstance(line, Intent) and line.kind != WAY_HOME]
    assert sorted(ended) == sorted(begun)


def test_an_order_that_was_being_sent_is_unknown_after_a_restart_and_its_basket_waits() -> None:
    run = Run(Random(1), [], -1)
    run.fate = run.venue.take
    step = run.begin(BundleKind.ALL_YES, KINDS[BundleKind.ALL_YES], 5)
    again = revived(run, Random(1))
    assert {order.status for order in again.execution.orders} <= {OrderStatus.UNKNOWN, OrderStatus.OPEN}
    assert again.execution.busy(step.notes[0].subject)
    assert again.swept


def test_a_basket_with_a_missing_leg_goes_home_only_once_its_account_is_stated() -> None:
    run = Run(Random(1), [], -1)
    run.fate = run.venue.take
    one, two, three = run.begin(BundleKind.ALL_YES, KINDS[BundleKind.ALL_YES], 5).orders
    run.tell(run.trade(one.id, one.leg.size))
    run.tell(run.trade(two.id, two.leg.size))
    lines: Sequence[Lived] = [*run.lines, OrderReported(three.id, Report.CANCELLED, Nanos(run.now))]
    again = Rig(BOOKS)
    again.bundles, again.venue, again._intents = run.bundles, run.venue, 9
    for line in lines:
        again.execution.relive(line)
    assert again.execution.resume(Nanos(run.now), Nanos(run.now)).intents == ()
    run.venue.orders[three.id].open = False
    again.now = Nanos(run.now + 1)
    [home] = again.execution.on_event(again.statement(), Nanos(again.now)).intents
    assert home.kind == WAY_HOME


def test_a_journal_that_holds_an_order_twice_is_refused() -> None:
    run = Run(Random(1), [], -1)
    [order, *_] = run.begin(BundleKind.ALL_YES, KINDS[BundleKind.ALL_YES], 5).orders
    again = Rig(BOOKS)
    again.execution.relive(named(order))
    with pytest.raises(IllegalTransition, match="twice"):
        again.execution.relive(order)


def test_news_of_an_order_that_the_journal_lacks_is_refused() -> None:
    with pytest.raises(IllegalTransition, match="not one of ours"):
        Rig(BOOKS).execution.relive(OrderReported(OrderId("x-1"), Report.ACCEPTED, Nanos(1)))


def test_news_that_were_impossible_when_they_came_are_impossible_again_and_do_not_keep_the_desk_from_starting() -> None:
    run = Run(Random(1), [], -1)
    run.fate = run.venue.take
    one, *_ = run.begin(BundleKind.ALL_YES, KINDS[BundleKind.ALL_YES], 5).orders
    run.tell(run.trade(one.id, one.leg.size))
    with pytest.raises(IllegalTransition, match="cannot follow"):
        run.report(one.id, Report.CANCELLED)
    again = Rig(BOOKS)
    again.bundles = run.bundles
    changes = [again.execution.relive(line) for line in run.lines]
    assert changes[-1] is None
    assert again.execution.orders[one.id] == named(run.execution.orders[one.id])


def test_a_fill_that_cannot_be_is_not_booked_before_it_is_refused() -> None:
    run = Run(Random(1), [], -1)
    run.fate = run.venue.take
    orders = run.begin(BundleKind.SPLIT_SELL, KINDS[BundleKind.SPLIT_SELL], 5).orders
    too_much = run.trade(orders[0].id, orders[0].leg.size + 1)
    before = run.ledger.cash
    with pytest.raises(IllegalTransition, match="filled"):
        run.tell(too_much)
    assert run.ledger.cash == before


def test_a_strangers_trade_is_not_booked_a_second_time_after_a_restart() -> None:
    run = Run(Random(1), [], -1)
    [order, *_] = run.begin(BundleKind.ALL_YES, KINDS[BundleKind.ALL_YES], 5).orders
    run.venue.take(order)
    fill = replace(run.trade(order.id, 1_000_000, provisional=True), order=OrderId("0xsomebody"))
    told = ForeignFill(HERE, fill, Nanos(run.now))
    run.hear(told)
    again = Rig(BOOKS)
    again.bundles = run.bundles
    for line in run.lines:
        again.execution.relive(line)
    assert again.execution.orders.unsettled(fill.outcome) == fill.size
    assert again.execution.on_event(told, Nanos(again.now)).operations == ()


def test_an_order_that_stands_in_the_journal_without_its_name_never_left() -> None:
    run = Run(Random(1), [], -1)
    [order, *_] = run.begin(BundleKind.ALL_YES, KINDS[BundleKind.ALL_YES], 5).orders
    again = Rig(BOOKS)
    again.execution.relive(order)
    [finding] = again.execution.resume(Nanos(again.now), Nanos(again.now)).findings
    assert isinstance(finding, OrderReported)
    assert finding.report is Report.REJECTED
