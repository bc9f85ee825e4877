"""Whatever the venue answers and the books do: nothing is lost between orders, baskets and the ledger."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.orders import Order
from dutchbook.domain.units import CONTRACT, ONE, Money, Size
from dutchbook.execution.settings import ExecutionSettings, Sending
from dutchbook.execution.step import BasketEnd, Ending, Step
from tests.execution.stage import Stage

KINDS = {
    BundleKind.ALL_YES: [(0, 40), (1, 30), (2, 20)],
    BundleKind.ALL_NO: [(0, 62), (1, 72), (2, 80)],
    BundleKind.BUY_BOTH: [(0, 40), (0, 58)],
    BundleKind.SPLIT_SELL: [(0, 40), (0, 58)],
    BundleKind.LADDER: [(0, 40), (1, 55)],
}

_side = st.dictionaries(st.integers(1, 49), st.integers(1, 60), max_size=3)
_book = st.tuples(_side, _side.map(lambda side: {100 - cents: size for cents, size in side.items()}))


class Story:
    """One basket driven by drawn answers until it is over."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.kind = data.draw(st.sampled_from(sorted(KINDS)))
        settings = ExecutionSettings(
            sending=data.draw(st.sampled_from(Sending)), ways_home=data.draw(st.integers(0, 3))
        )
        fees = PolymarketFees(rate_ppm=data.draw(st.sampled_from([0, 40_000, 250_000])))
        self.stage = Stage([data.draw(_book) for _ in range(3)], settings, fees)
        self.queue: deque[Order] = deque()
        self.ends: list[BasketEnd] = []
        self.filled: dict[OutcomeId, int] = {}

    def run(self) -> BasketEnd:
        self.take(self.stage.begin(self.kind, KINDS[self.kind], self.data.draw(st.integers(1, 40))))
        while self.queue:
            order = self.queue.popleft()
            for i in range(3):
                if self.data.draw(st.booleans()):
                    self.stage.show(i, *self.data.draw(_book))
            self.answer(order)
        [end] = self.ends
        return end

    def take(self, step: Step) -> None:
        self.queue += step.orders
        self.ends += step.ended
        for intent in step.intents:
            assert intent.legs
            approved = self.data.draw(st.booleans())
            self.take(self.stage.start(intent) if approved else self.stage.refuse(intent))

    def answer(self, order: Order) -> None:
        wanted = order.leg.size // CONTRACT
        contracts = self.data.draw(st.sampled_from([0, wanted, max(1, wanted // 2)]))
        if not wanted or not contracts:
            self.take(self.stage.miss(order))
            return
        self.take(self.stage.fill(order, contracts=contracts))
        if not self.stage.execution.orders[order.id].status.final:
            self.take(self.stage.miss(order))


@given(st.data())
def test_every_basket_ends_with_its_result_in_the_ledger(data: st.DataObject) -> None:
    story = Story(data)
    end = story.run()
    stage = story.stage
    assert not stage.execution.working()
    assert not stage.execution.orders.working()
    bundle = next(iter(stage.bundles.values()))
    waiting = bundle.releases is not None
    pending = Money(bundle.payoff * end.sets // ONE) if waiting else Money(0)
    assert end.result == stage.earned() + pending
    held = {outcome: position.size for outcome, position in stage.ledger.positions.items()}
    expected: dict[OutcomeId, int] = dict(end.kept)
    if waiting:
        for leg in bundle.legs:
            expected[leg.outcome] = expected.get(leg.outcome, 0) + end.sets
    assert held == {outcome: size for outcome, size in expected.items() if size}
    assert (end.ending is Ending.KEPT) == bool(end.kept)


@given(st.data())
def test_no_order_fills_beyond_its_size_and_no_id_is_used_twice(data: st.DataObject) -> None:
    story = Story(data)
    story.run()
    sent = [order.id for step in story.stage.steps for order in step.orders]
    assert len(sent) == len(set(sent)) == len(story.stage.execution.orders)
    for order in story.stage.execution.orders:
        assert 0 <= order.filled <= order.leg.size
        assert order.status.final


@given(st.data())
def test_completing_never_ends_below_zero(data: st.DataObject) -> None:
    """Its limits are within break-even, so even at its worst prices the completed bundle pays."""
    story = Story(data)
    stage = story.stage
    step = stage.begin(story.kind, KINDS[story.kind], 20)
    while step.orders:
        *others, last = step.orders
        for order in others:
            step = stage.fill(order)
        stage.show(int(last.leg.market[2:]), *data.draw(_book))
        step = stage.miss(last) if others else stage.fill(last)
        for home in step.intents:
            if {leg.outcome for leg in home.legs} == {last.leg.outcome} and home.legs[0].side is last.leg.side:
                assert home.max_loss == 0
                [order] = stage.start(home).orders
                [end] = stage.fill(order).ended
                assert end.result >= 0
                assert end.sets == Size(20 * CONTRACT)
                return
