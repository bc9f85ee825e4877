"""That an order was sent once more is remembered as long as it may be at work."""

from dutchbook.domain.events import OrderReported
from dutchbook.domain.orders import IntentId, Report
from dutchbook.domain.units import Money, Nanos, Size
from dutchbook.engine.memory import Kept, offer_of, remember
from dutchbook.execution.step import BasketEnd, Ending, Offer
from tests.engine.test_memory import Book


def kept(book: Book) -> list[Kept]:
    return [line for line in remember(book.lines).lines if line.kind == "offer"]


def test_an_offer_is_kept_until_its_plan_is_over() -> None:
    book = Book()
    order = book.wanted("i1")
    book.put("report", OrderReported(order, Report.TIMEOUT, Nanos(9)))
    book.put("offer", Offer(order, 1))
    [line] = kept(book)
    assert offer_of(line) == Offer(order, 1)
    book.put("report", OrderReported(order, Report.ACCEPTED, Nanos(10)))
    book.put("report", OrderReported(order, Report.CANCELLED, Nanos(11)))
    end = BasketEnd(intents=(IntentId("i1"),), subject="b", ending=Ending.NOTHING, sets=Size(0), result=Money(0))
    book.put("basket", end)
    assert kept(book) == []


def test_an_offer_that_was_taken_over_once_is_taken_over_again() -> None:
    book = Book()
    order = book.wanted("i1")
    book.put("report", OrderReported(order, Report.TIMEOUT, Nanos(9)))
    book.put("offer", Offer(order, 2))
    again = Book()
    for line in remember(book.lines).lines:
        again.put("kept", line)
    [line] = kept(again)
    assert offer_of(line) == Offer(order, 2)
