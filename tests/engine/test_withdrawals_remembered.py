"""A withdrawal is remembered as long as its plan may be at work."""

from dutchbook.domain.events import OrderReported
from dutchbook.domain.orders import IntentId, Report
from dutchbook.domain.units import Money, Nanos, Size
from dutchbook.domain.wishes import Withdraw
from dutchbook.engine.memory import Kept, remember, withdrawn_of
from dutchbook.execution.step import BasketEnd, Ending
from tests.engine.test_memory import Book


def kept(book: Book) -> list[Kept]:
    return [line for line in remember(book.lines).lines if line.kind == "withdraw"]


def test_a_withdrawal_is_kept_until_its_plan_is_over() -> None:
    book = Book()
    order = book.wanted("i1")
    book.put("withdraw", Withdraw(IntentId("i1"), "its price moved"))
    [line] = kept(book)
    assert withdrawn_of(line) == Withdraw(IntentId("i1"), "its price moved")
    book.put("report", OrderReported(order, Report.ACCEPTED, Nanos(9)))
    book.put("report", OrderReported(order, Report.CANCELLED, Nanos(10)))
    end = BasketEnd(intents=(IntentId("i1"),), subject="b", ending=Ending.NOTHING, sets=Size(0), result=Money(0))
    book.put("basket", end)
    assert kept(book) == []


def test_a_withdrawal_that_was_taken_over_once_is_taken_over_again() -> None:
    book = Book()
    book.wanted("i1")
    book.put("withdraw", Withdraw(IntentId("i1"), "its price moved"))
    again = Book()
    for line in remember(book.lines).lines:
        again.put("kept", line)
    assert len(kept(again)) == 1
