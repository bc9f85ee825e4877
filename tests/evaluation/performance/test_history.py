"""What a journal tells of a run that really trades: taken over, taken back, asked for, not answered, never sent."""

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import JournalError
from dutchbook.domain.events import FillReversed, FillSettled, HaltOrdered, OperationReported
from dutchbook.domain.identity import Venue
from dutchbook.domain.operations import Operation, OperationId, OperationKind, Progress
from dutchbook.domain.orders import OrderId, Report
from dutchbook.domain.units import CONTRACT, DAY, DOLLAR, Money, Nanos, Size
from dutchbook.engine.memory import DeskState, remember
from dutchbook.evaluation.performance.history import RunHistory
from dutchbook.evaluation.performance.trades import lots_of, trades_of
from dutchbook.evaluation.report_making import Beside, report_of_run
from dutchbook.evaluation.report_object import RunReport
from dutchbook.execution.step import Alert, Ordered
from dutchbook.portfolio.entries import CashAdopted, Deposit, Merge
from dutchbook.portfolio.ledger import Ledger
from dutchbook.strategies.reward_maker.observations import MarketCompared, RewardsCompared
from tests.evaluation.performance.journal_lines import NO, RAIN, START, YES, Lines
from tests.portfolio.entries import bought, sold


def report(history: RunHistory) -> RunReport:
    return report_of_run(history, Beside(run="live-1"))


def adopted(lines: Lines, dollars: int) -> None:
    lines.add("operation", CashAdopted(Money(dollars * DOLLAR), "the venue states it", Venue.POLYMARKET))


def said(day: Nanos, markets: tuple[MarketCompared, ...], at: Nanos) -> RewardsCompared:
    return RewardsCompared(venue=Venue.POLYMARKET, day=day, markets=markets, unscored=(), unforeseen=(), at=at)


@pytest.fixture
def lines() -> Lines:
    """A live run whose account holds 100 dollars."""
    made = Lines()
    adopted(made, 100)
    made.equity(100)
    return made


def bought_both(lines: Lines) -> None:
    lines.intent("i1")
    for order, outcome, price in (("i1-1", YES, 4_000), ("i1-2", NO, 5_000)):
        lines.order(order, "i1", outcome)
        lines.fill(order, "i1", price, outcome)


def test_the_books_are_those_that_a_restart_would_find(lines: Lines) -> None:
    bought_both(lines)
    assert lines.read().books.ledger.state == remember(lines.lines).state.ledger


def test_what_the_account_held_is_no_profit(lines: Lines) -> None:
    lines.end(100, 100)
    told = report(lines.read()).capital
    assert (told.opening, told.put_in, told.net) == (100 * DOLLAR, 0, 0)


def test_money_that_comes_later_is_no_profit_either(lines: Lines) -> None:
    bought_both(lines)
    lines.add("operation", Deposit(Money(50 * DOLLAR)))
    lines.equity(151)
    told = report(lines.read()).capital
    assert (told.opening, told.put_in, told.net) == (100 * DOLLAR, 50 * DOLLAR, DOLLAR)


def test_an_operation_is_booked_once_it_is_reported_as_done(lines: Lines) -> None:
    bought_both(lines)
    operation = Operation(
        id=OperationId("m1"),
        kind=OperationKind.MERGE,
        venue=Venue.POLYMARKET,
        markets=(RAIN,),
        size=Size(10 * CONTRACT),
    )
    lines.add("operate", Ordered(operation, Merge(RAIN, YES, NO, Size(10 * CONTRACT))))
    for progress in (Progress.SENT, Progress.DONE, Progress.DONE):
        lines.add("operated", OperationReported(OperationId("m1"), progress, lines.now))
    lines.end(101, 101)
    history = lines.read()
    told = report(history)
    assert told.capital.net == DOLLAR
    assert [(row.name, row.net) for row in told.by_exit] == [("merged", DOLLAR)]
    assert history.books.ledger.state == remember(lines.lines).state.ledger
    assert told.performance.trades == 1


def test_a_fill_that_was_taken_back_is_in_no_lot(lines: Lines) -> None:
    lines.intent("i1")
    lines.order("i1-1", "i1")
    lines.fill("i1-1", "i1", 4_000, name="t1")
    for _ in range(2):
        lines.add("reversed", FillReversed(OrderId("i1-1"), "t1", lines.now, "failed on chain"))
    lines.end(100, 100)
    history = lines.read()
    told = report(history)
    assert history.books.ledger.state == remember(lines.lines).state.ledger
    assert (told.orders.fills, told.held, told.by_strategy) == (0, (), ())
    assert told.incident_counts["fill taken back"] == 2
    assert told.capital.net == 0


def test_a_fill_that_is_told_twice_counts_once(lines: Lines) -> None:
    lines.intent("i1")
    lines.order("i1-1", "i1")
    for _ in range(2):
        lines.fill("i1-1", "i1", 4_000, name="t1")
    lines.add("settled", FillSettled(OrderId("i1-1"), "t1", lines.now))
    told = report(lines.read())
    assert (told.orders.fills, told.held[0].size) == (1, 10 * CONTRACT)


def test_a_way_home_belongs_to_the_trade_that_it_mends(lines: Lines) -> None:
    lines.intent("i1")
    lines.order("i1-1", "i1")
    lines.fill("i1-1", "i1", 4_000, fee=100)
    lines.intent("i2", kind="way_home")
    lines.order("i2-1", "i2", side=Side.SELL, begun="i1")
    lines.fill("i2-1", "i2", 3_900, side=Side.SELL)
    history = lines.read()
    [trade] = trades_of(lots_of(history), history.intents)
    assert (trade.id, trade.over, trade.net) == ("i1", True, -DOLLAR // 10 - 100)
    assert report(history).by_exit[0].name == "way home"


def test_a_leg_that_is_bought_late_completes_the_trade_that_missed_it(lines: Lines) -> None:
    lines.intent("i1")
    lines.order("i1-1", "i1")
    lines.fill("i1-1", "i1", 4_000)
    lines.intent("i2", kind="way_home")
    lines.order("i2-1", "i2", NO, begun="i1")
    lines.fill("i2-1", "i2", 5_500, NO)
    history = lines.read()
    [trade] = trades_of(lots_of(history), history.intents)
    assert (trade.id, len(trade.held)) == ("i1", 2)


def test_slippage_is_worse_for_a_buyer_who_pays_more_and_a_seller_who_gets_less(lines: Lines) -> None:
    """Both expected 50 cents."""
    lines.intent("i1")
    lines.order("i1-1", "i1")
    lines.fill("i1-1", "i1", 5_100)
    [told] = report(lines.read()).slippage
    assert (told.each.value, told.cost) == (0.01, DOLLAR // 10)
    lines.order("i1-2", "i1", side=Side.SELL)
    lines.fill("i1-2", "i1", 4_700, side=Side.SELL)
    [told] = report(lines.read()).slippage
    assert told.each.value == pytest.approx(0.02)
    assert told.cost == DOLLAR * 4 // 10


def test_what_an_earlier_run_earned_is_not_counted_again() -> None:
    before = Ledger()
    before.apply(Deposit(Money(100 * DOLLAR)))
    before.apply(bought(YES, 4_000, 20 * CONTRACT, 500))
    before.apply(sold(YES, 9_000, 10 * CONTRACT))
    lines = Lines()
    lines.add("state", DeskState(ledger=before.state, venue_cash={Venue.POLYMARKET: before.cash}))
    lines.equity(105)
    lines.intent("i7")
    lines.order("i7-1", "i7", side=Side.SELL)
    lines.fill("i7-1", "i7", 5_000, side=Side.SELL)
    lines.end(106, 106)
    told = report(lines.read())
    assert (told.capital.fees, told.capital.realised, told.capital.net) == (0, DOLLAR, DOLLAR)
    [trade] = told.best
    assert (trade.cost, trade.fees, trade.net) == (4 * DOLLAR, 0, DOLLAR)
    assert any("earlier one held" in limit for limit in told.limits)


def test_orders_without_an_answer_and_orders_that_never_left_are_told_apart(lines: Lines) -> None:
    lines.intent("i1")
    for name in ("i1-1", "i1-2", "i1-3"):
        lines.order(name, "i1")
    lines.report("i1-1", Report.TIMEOUT)
    lines.report("i1-2", Report.TIMEOUT)
    lines.report("i1-2", Report.ABSENT)
    lines.report("i1-3", Report.REJECTED, "not sent: the desk is halted")
    orders = report(lines.read()).orders
    assert (orders.sent, orders.stopped, orders.were_unknown, orders.unknown) == (2, 1, 2, ("i1-1",))
    assert orders.by_status == {"unknown": 1, "dead": 1, "rejected": 1}


def test_rewards_stand_beside_the_result(lines: Lines) -> None:
    today = Nanos(START // DAY * DAY)
    for day, paid in ((Nanos(today - DAY), 9), (today, 1), (today, 3)):
        markets = (MarketCompared(market=RAIN, paid=Money(paid * DOLLAR)), MarketCompared(market=RAIN))
        lines.add("observation", said(day, markets, lines.now))
    adopted(lines, 3)
    lines.equity(103)
    told = report(lines.read()).capital
    assert (told.rewards, told.net) == (3 * DOLLAR, 0)


def test_halts_alerts_and_what_people_did_are_incidents(lines: Lines) -> None:
    lines.add("command", HaltOrdered("lunch", lines.now))
    lines.add("alert", Alert("rain", "look at it"))
    found = report(lines.read()).incidents
    assert [(row.kind, row.text) for row in found] == [("halt", "halt: reason lunch"), ("alert", "rain: look at it")]


def test_a_journal_that_contradicts_itself_is_refused(lines: Lines) -> None:
    lines.intent("i1")
    lines.order("i1-1", "i1")
    lines.order("i1-1", "i1")
    with pytest.raises(JournalError, match="journal line 6: order i1-1"):
        lines.read()


def test_a_run_that_did_nothing_has_a_report_too() -> None:
    told = report(Lines(mode="paper", cash=DOLLAR).read())
    assert (told.capital.net, told.performance.trades, told.orders.sent) == (0, 0, 0)
    assert all(row.net in (None, 0) for row in told.comparisons)
