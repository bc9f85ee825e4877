"""What a new run takes over from the journal of the one before: money to the micro-dollar, and all that is not over."""

from typing import Any

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import JournalError
from dutchbook.domain.events import (
    AccountStated,
    CancelOrdered,
    FillReversed,
    FillSettled,
    OrderReported,
    PauseLifted,
    PauseOrdered,
)
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Nanos, Price, Size
from dutchbook.engine.memory import MOST_TOLD, STOP, Memory, remember
from dutchbook.engine.records import RunStarted, VerdictRecord
from dutchbook.execution.step import BasketEnd, Ending
from dutchbook.portfolio.entries import CashAdopted, Deposit, Withdrawal
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.storage.journal_reader import JournalLine

TICKER = MarketId("KXFED-26DEC-T4.00")
YES = OutcomeId(f"{TICKER}/yes")


class Book:
    """A journal that is written line by line."""

    def __init__(self) -> None:
        self.lines: list[JournalLine] = []
        self.put("run", RunStarted(mode="sandbox", strategies=(), settings="", source="", cash=Money(0)))
        self.put("began", {})
        self.put(
            "account",
            AccountStated(
                venue=Venue.KALSHI, cash=Money(100 * DOLLAR), positions=(), orders=(), asked=Nanos(1), received=Nanos(2)
            ),
        )
        self.put("operation", CashAdopted(Money(100 * DOLLAR), "kalshi states it", Venue.KALSHI))

    def put(self, kind: str, body: Any) -> None:
        seq = len(self.lines) + 1
        self.lines.append(JournalLine(seq, Nanos(seq), kind, None, msgspec.Raw(msgspec.json.encode(body)), ""))

    def wanted(self, intent: str = "i1") -> OrderId:
        """An approved intent and its order, sent."""
        leg = Leg(YES, TICKER, Side.BUY, Price(4_000), Size(10 * CONTRACT), Price(4_000), TimeInForce.GTC)
        made = Intent(
            id=IntentId(intent),
            strategy="bundle",
            kind="all_yes",
            subject="b",
            legs=(leg,),
            cost=Money(4 * DOLLAR),
            edge=Money(1),
            max_loss=Money(1),
            oldest=Nanos(1),
            at=Nanos(1),
            reason="",
        )
        order = OrderId(f"{intent}-1")
        self.put("verdict", VerdictRecord(approved=True, intent=made))
        sent = Order(id=order, intent=made.id, leg=leg, venue_id=order, status=OrderStatus.SENDING, created=Nanos(1))
        self.put("order", sent)
        return order

    def fill(self, order: OrderId, size: int, fill: str, *, provisional: bool = False) -> None:
        traded = Fill(
            order=order,
            intent=IntentId(order.rpartition("-")[0]),
            outcome=YES,
            market=TICKER,
            side=Side.BUY,
            price=Price(4_000),
            size=Size(size * CONTRACT),
            fee=Money(100),
            at=Nanos(1),
            id=fill,
            provisional=provisional,
        )
        self.put("fill", traded)

    def report(self, order: OrderId, report: Report) -> None:
        self.put("report", OrderReported(order, report, Nanos(1)))

    def end(self, intent: str) -> None:
        self.put(
            "basket",
            BasketEnd(intents=(IntentId(intent),), subject="b", ending=Ending.COMPLETE, sets=Size(0), result=Money(0)),
        )

    def remembered(self) -> Memory:
        return remember(self.lines)


def kinds(memory: Memory) -> list[str]:
    return [line.kind for line in memory.lines]


def cash(memory: Memory) -> int:
    return memory.state.ledger.balances["cash"]  # type: ignore[index]


def test_cash_positions_and_where_cash_lies_are_those_of_the_journal() -> None:
    book = Book()
    order = book.wanted()
    book.report(order, Report.ACCEPTED)
    book.fill(order, 3, "f1")
    book.fill(order, 3, "f1")
    memory = book.remembered()
    assert cash(memory) == 100 * DOLLAR - 1_200_000 - 100
    assert memory.state.venue_cash == {Venue.KALSHI: cash(memory)}
    assert [(each.outcome, each.size) for each in memory.state.ledger.positions] == [(YES, 3 * CONTRACT)]
    assert memory.told == ((order, "f1"),)


def test_what_is_over_is_forgotten_and_what_is_not_is_kept_in_order() -> None:
    book = Book()
    done = book.wanted("i1")
    book.fill(done, 10, "f1")
    book.end("i1")
    book.wanted("i2")
    memory = book.remembered()
    assert kinds(memory) == ["verdict", "order"]
    assert b'"i2"' in bytes(memory.lines[0].body)


def test_a_basket_that_ended_is_kept_while_a_fill_of_it_may_be_taken_back() -> None:
    book = Book()
    order = book.wanted()
    book.fill(order, 10, "f1", provisional=True)
    book.end("i1")
    assert kinds(book.remembered()) == ["verdict", "order", "fill", "basket"]
    book.put("settled", FillSettled(order, "f1", Nanos(1)))
    assert kinds(book.remembered()) == []


def test_a_fill_that_was_taken_back_leaves_no_money_behind_even_without_its_operation() -> None:
    book = Book()
    order = book.wanted()
    book.fill(order, 10, "f1", provisional=True)
    book.put("reversed", FillReversed(order, "f1", Nanos(1)))
    memory = book.remembered()
    assert cash(memory) == 100 * DOLLAR
    assert memory.state.ledger.positions == ()


def test_what_was_taken_over_once_is_taken_over_again_from_the_next_journal_alone() -> None:
    book = Book()
    order = book.wanted()
    book.report(order, Report.ACCEPTED)
    book.fill(order, 3, "f1")
    first = book.remembered()
    following = Book()
    following.lines = following.lines[:1]
    following.put("state", first.state)
    following.put("told", {"fills": first.told})
    for line in first.lines:
        following.put("kept", line)
    following.put("began", {})
    second = following.remembered()
    assert (second.state, second.told, second.lines) == (first.state, first.told, first.lines)
    following.fill(order, 7, "f2")
    third = following.remembered()
    assert cash(third) == 100 * DOLLAR - 4_000_000 - 200


def test_a_settlement_of_an_order_that_is_long_forgotten_changes_nothing() -> None:
    book = Book()
    book.put("settled", FillSettled(OrderId("0xabc"), "f9", Nanos(1)))
    assert cash(book.remembered()) == 100 * DOLLAR


def test_money_that_was_put_in_moves_the_limits_even_where_the_crash_came_before_they_were_on_record() -> None:
    book = Book()
    book.put("operation", Deposit(Money(50 * DOLLAR)))
    book.put("operation", CashAdopted(Money(-5 * DOLLAR), "kalshi states less", Venue.KALSHI))
    limits = book.remembered().state.drawdown
    assert limits is not None
    assert (limits.bankroll, limits.high_water, limits.day_start) == (150 * DOLLAR, 150 * DOLLAR, 150 * DOLLAR)


def test_the_limits_on_record_count_and_only_what_came_behind_them_moves_them() -> None:
    book = Book()
    kept = DrawdownState.start(Money(80 * DOLLAR), Nanos(5))
    book.put("drawdown", kept)
    assert book.remembered().state.drawdown == kept
    book.put("operation", Withdrawal(Money(20 * DOLLAR)))
    limits = book.remembered().state.drawdown
    assert limits is not None
    assert (limits.bankroll, limits.high_water) == (60 * DOLLAR, 60 * DOLLAR)


def test_a_persons_pause_lasts_and_that_of_a_stop_does_not() -> None:
    book = Book()
    book.put("command", PauseOrdered("dutchbook pause", Nanos(1), "bundle"))
    book.put("command", PauseOrdered("web:ann", Nanos(2), "exit", leaving=True))
    book.put("command", PauseOrdered(STOP, Nanos(1)))
    assert book.remembered().state.pauses == {"bundle": "dutchbook pause"}
    book.put("command", PauseLifted("dutchbook resume", Nanos(1), "bundle"))
    assert book.remembered().state.pauses == {}


def test_a_run_that_died_before_it_took_over_anything_is_no_memory() -> None:
    book = Book()
    book.lines = book.lines[:1]
    assert not book.remembered().began


def test_told_fills_are_bounded() -> None:
    book = Book()
    book.put("told", {"fills": [("0xabc", str(number)) for number in range(MOST_TOLD + 10)]})
    assert len(book.remembered().told) == MOST_TOLD


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("fill", {"order": "nobody"}),
        ("report", OrderReported(OrderId("nobody"), Report.ACCEPTED, Nanos(1))),
        ("operation", {"type": "deposit", "amount": "ten"}),
        ("drawdown", {"bankroll": None}),
    ],
)
def test_a_journal_that_cannot_be_is_refused_with_its_line(kind: str, body: object) -> None:
    book = Book()
    book.put(kind, body)
    with pytest.raises(JournalError, match=f"journal line {len(book.lines)}: .* - verify it"):
        book.remembered()


def test_a_persons_cancel_is_remembered_while_anything_is_at_work() -> None:
    book = Book()
    book.put("command", CancelOrdered("dutchbook cancel", Nanos(1)))
    assert kinds(book.remembered()) == []
    book.wanted()
    book.put("command", CancelOrdered("dutchbook cancel", Nanos(1)))
    assert kinds(book.remembered()) == ["command", "verdict", "order", "command"]
