"""Baskets and the paper exchange together: what latency does to a basket."""

from random import Random

from dutchbook.domain.book import BookView
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.events import BookSnapshot
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import CONTRACT
from dutchbook.exchange.paper.fill_model import PaperExchange
from dutchbook.exchange.paper.settings import PaperSettings
from dutchbook.execution.step import Ending, Step
from tests.execution.stage import Stage, yes

BOOKS = [({48: 100}, {50: 100}), ({28: 100}, {30: 100}), ({13: 100}, {15: 100})]
LEGS = [(0, 50), (1, 30), (2, 15)]


class PaperDesk(Stage):
    """The small desk with its orders going to paper."""

    def __init__(self) -> None:
        super().__init__(BOOKS)
        self.paper = PaperExchange(self, PaperSettings(), Random(3))

    def view(self, outcome: OutcomeId) -> BookView | None:
        return self.book(outcome)

    def change(self, i: int, bids: dict[int, int], asks: dict[int, int]) -> None:
        """The market moves, and the paper exchange sees it."""
        self.show(i, bids, asks)
        book = self.books[i]
        self.paper.observe(BookSnapshot(yes(i), tuple(book.bids()), tuple(book.asks()), self.now))

    def deliver(
        self, step: Step, *, while_it_travels: tuple[int, dict[int, int], dict[int, int]] | None = None
    ) -> Step:
        """Send all orders of a step, let the market move, let them arrive; returns what the last answer led to."""
        times = {}
        for order in step.orders:
            market = self.market(order.leg.market)
            assert market is not None
            times[order.id] = self.paper.submit(order, market, self.now)
        if while_it_travels is not None:
            self.change(*while_it_travels)
        for order_id, at in sorted(times.items(), key=lambda item: item[1]):
            for answer in self.paper.arrive(order_id, at):
                step = self.hear(answer)
        return step


def test_a_basket_fills_on_paper_and_the_depth_is_gone_for_the_next_one() -> None:
    desk = PaperDesk()
    [end] = desk.deliver(desk.begin(BundleKind.ALL_YES, LEGS, 60)).ended
    assert (end.ending, end.sets) == (Ending.COMPLETE, 60 * CONTRACT)
    [end] = desk.deliver(desk.begin(BundleKind.ALL_YES, LEGS, 60)).ended
    assert end.ending is Ending.NOTHING
    [end] = desk.deliver(desk.begin(BundleKind.ALL_YES, LEGS, 40)).ended
    assert end.ending is Ending.COMPLETE


def test_a_level_that_vanishes_on_the_way_leaves_a_basket_to_be_brought_home() -> None:
    desk = PaperDesk()
    step = desk.deliver(desk.begin(BundleKind.ALL_YES, LEGS, 20), while_it_travels=(2, {13: 100}, {25: 100}))
    assert [order.status for order in desk.execution.orders].count(OrderStatus.CANCELLED) == 1
    [home] = step.intents
    [end] = desk.deliver(desk.start(home)).ended
    assert end.ending is Ending.HOME
    assert end.result == desk.earned() < 0
    assert desk.held() == {}


def test_the_way_home_may_vanish_on_the_way_too() -> None:
    desk = PaperDesk()
    step = desk.deliver(desk.begin(BundleKind.ALL_YES, LEGS, 20), while_it_travels=(2, {13: 100}, {19: 100}))
    [home] = step.intents
    step = desk.deliver(desk.start(home), while_it_travels=(2, {13: 100}, {26: 100}))
    [second] = step.intents
    assert {leg.outcome for leg in second.legs} == {yes(0), yes(1)}
    [end] = desk.deliver(desk.start(second)).ended
    assert end.result == desk.earned() < 0
