"""Whatever two venues do between the legs of a pair, its basket ends, and with no more lost than was reserved."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.events import VenueState
from dutchbook.domain.orders import Order, Report
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.units import CONTRACT, Money, Size
from dutchbook.execution.step import Step
from tests.execution.pair_stage import HERE, THERE, WAIT, PairStage

WORST = Money(10 * 520_000)
"""The dearer leg at its limit, and nothing for it."""

doings = st.sampled_from(
    ["fill", "part", "miss", "reject", "look", "halt", "reopen", "down", "up", "approve", "refuse", "cheap", "dear"]
)


class Chance:
    """A pair's basket, and what becomes of it as chance has it."""

    def __init__(self, *, together: bool) -> None:
        self.stage = PairStage()
        self.orders: list[Order] = []
        self.waiting = False
        self.take(self.stage.atomic() if together else self.stage.hedged())

    def take(self, step: Step) -> None:
        self.orders += step.orders
        self.wanted = step.intents or self.wanted_still()
        self.waiting |= any(name == WAIT for name, _ in step.timers)

    def wanted_still(self) -> Sequence[object]:
        return getattr(self, "wanted", ())

    def do(self, what: str) -> None:
        stage = self.stage
        match what:
            case "fill" | "part" | "miss" | "reject" if self.orders:
                self.answer(self.orders.pop(0), what)
            case "look" if self.waiting:
                self.waiting = False
                self.take(stage.look(3))
            case "halt":
                stage.halt(THERE)
            case "reopen":
                stage.reopen(THERE)
            case "down" | "up":
                self.take(stage.venue(VenueState(what)))
            case "approve" | "refuse" if self.wanted:
                [intent], self.wanted = self.wanted, ()
                self.take(stage.start(intent) if what == "approve" else stage.refuse(intent))  # type: ignore[arg-type]
            case "cheap":
                stage.show(THERE, {56: 200}, {58: 200})
                stage.show(HERE, {46: 200}, {48: 200})
            case "dear":
                stage.show(THERE, {30: 200}, {40: 200})
                stage.show(HERE, {20: 200}, {40: 200})
            case _:
                pass

    def answer(self, order: Order, what: str) -> None:
        order = self.stage.execution.orders[order.id]
        if what == "part" and order.remaining > LOT:
            self.take(self.stage.fill_part(order, Size(order.remaining // 2)))
            self.take(self.stage.miss(order))
        elif what in ("fill", "part"):
            self.take(self.stage.fill_part(order, order.remaining))
        else:
            self.take(self.stage.miss(order, Report.REJECTED if what == "reject" else Report.CANCELLED))


@given(st.booleans(), st.lists(doings, max_size=40))
def test_a_pair_always_ends_and_loses_no_more_than_was_reserved(together: bool, story: list[str]) -> None:
    chance = Chance(together=together)
    stage = chance.stage
    for what in story:
        chance.do(what)
    chance.do("up")
    for _ in range(40):  # nothing more ever fills: time, and answers of no, must end it
        for what in ("approve", "miss", "look"):
            chance.do(what)
    end = stage.ended()
    assert end is not None
    assert not stage.execution.orders.working()
    held = {outcome: position.size for outcome, position in stage.ledger.positions.items()}
    kept = dict(end.kept)
    for outcome in {leg.outcome for leg in stage.pair.legs}:
        assert held.get(outcome, 0) == end.sets + kept.get(outcome, 0)
    # Whole sets count at a dollar, what is kept beside them at nothing: no micro-dollar more or less.
    assert stage.earned() + end.sets == end.result
    assert end.result >= -WORST
    assert max(held.values(), default=0) <= 10 * CONTRACT
