"""What single lines of a journal do to the tables: orders that live on, fills that fail, hostile words."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from dutchbook.app.read_models.maintenance import open_to_write
from dutchbook.app.read_models.projector import Projector
from dutchbook.domain.book import Side
from dutchbook.domain.errors import UsageError
from dutchbook.domain.events import (
    AccountStated,
    CancelOrdered,
    FillReversed,
    FillSettled,
    FrameRef,
    HaltOrdered,
    OrderReported,
    PauseOrdered,
)
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, Order, OrderId, OrderStatus, Report
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.engine.records import RunStarted, VerdictRecord
from dutchbook.portfolio.entries import CashAdopted, Merge, Settlement
from dutchbook.risk.drawdown import DrawdownState
from dutchbook.risk.ports import Refusal
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.filters import DecisionFilter, Scope, TradeFilter
from dutchbook.storage.database.queries.actions import actions
from dutchbook.storage.database.queries.decisions import decisions
from dutchbook.storage.database.queries.equity import deepest, equity_curve, latest_equity
from dutchbook.storage.database.queries.order_detail import order_detail
from dutchbook.storage.database.queries.runs import latest_run, runs
from dutchbook.storage.database.queries.scanning import refusals_by_rule, risk_events
from dutchbook.storage.database.queries.strategies import strategies
from dutchbook.storage.database.queries.trading import (
    closed_trades,
    daily_results,
    fills,
    orders,
    positions_history,
    positions_now,
    trade_summary,
)
from dutchbook.storage.database.queries.wallets import wallet_curve, wallets
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.journal import Journal
from dutchbook.storage.settings import FlushPolicy, StorageSettings

MARKET, YES, NO = MarketId("KX-RAIN"), OutcomeId("KX-RAIN/yes"), OutcomeId("KX-RAIN/no")
CAUSE = FrameRef(0, 1)
DOLLAR = 1_000_000
type Written = Callable[..., Database]


class Writing:
    """A journal that is written line by line, a second apart."""

    def __init__(self, home: Path, name: str = "paper-1", number: int = 1) -> None:
        folder = home / "runs" / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_bytes(msgspec.json.encode({"mode": "paper", "number": number}))
        self.journal = Journal.create(folder / "journal", StorageSettings(journal_flush=FlushPolicy.MANUAL))
        self.at = 0
        self(
            "run",
            RunStarted(mode="paper", strategies=("bundle",), settings="s", source="walk", cash=Money(DOLLAR * 100)),
        )

    def __call__(self, kind: str, body: msgspec.Struct) -> None:
        self.at += 1_000_000_000
        self.journal.append(kind, Nanos(self.at), body, None if kind == "run" else CAUSE)

    def market(self, title: str = "Rain?") -> None:
        listed = Market(
            id=MARKET,
            venue=Venue.KALSHI,
            question=QuestionId("Q"),
            title=title,
            yes=YES,
            no=NO,
            grid=PriceGrid.uniform(Price(100)),
            min_size=Size(1),
            fees=NoFees(),
        )
        self("market", listed)

    def order(self, number: int, side: Side = Side.BUY, outcome: OutcomeId = YES, strategy: str = "bundle") -> OrderId:
        leg = Leg(
            outcome=outcome, market=MARKET, side=side, limit=Price(4_000), size=Size(10 * DOLLAR), expected=Price(4_000)
        )
        intent = Intent(
            id=IntentId(f"i{number}"),
            strategy=strategy,
            kind="all_yes",
            subject="rain",
            legs=(leg,),
            cost=Money(4 * DOLLAR),
            edge=Money(100_000),
            max_loss=Money(DOLLAR),
            oldest=Nanos(0),
            at=Nanos(self.at),
            reason="it looks like rain",
        )
        self("verdict", VerdictRecord(approved=True, intent=intent))
        name = OrderId(f"i{number}-1")
        sent = Order(id=name, intent=intent.id, leg=leg, created=Nanos(self.at), status=OrderStatus.SENDING)
        self("order", sent)
        return name

    def fill(self, order: OrderId, size: int = 10, price: int = 4_000, **told: object) -> None:
        number = order.split("-")[0]
        given = {"side": Side.BUY, "outcome": YES, "fee": Money(10_000), "id": f"t{self.at}", **told}
        traded = Fill(
            order=order,
            intent=IntentId(number),
            market=MARKET,
            price=Price(price),
            size=Size(size * DOLLAR),
            at=Nanos(self.at),
            **given,  # type: ignore[arg-type]
        )
        self("fill", traded)

    def report(self, order: OrderId, said: Report, detail: str = "") -> None:
        self("report", OrderReported(order, said, Nanos(self.at), detail))


@pytest.fixture
def writing(tmp_path: Path) -> Writing:
    begun = Writing(tmp_path)
    begun.market()
    return begun


@pytest.fixture
def projected(tmp_path: Path, settings: DatabaseSettings) -> Iterator[Written]:
    """Reads what was written; the open database."""
    opened: list[Database] = []

    def read() -> Database:
        if not opened:
            opened.append(open_to_write(tmp_path, settings, Nanos(1))[0])
        Projector(tmp_path, opened[0].writer).catch_up()
        return opened[0]

    yield read
    for database in opened:
        database.close()


def test_a_purchase_and_a_sale_are_one_closed_trade(writing: Writing, projected: Written) -> None:
    writing.fill(writing.order(1))
    writing.fill(writing.order(2, Side.SELL), price=4_500, side=Side.SELL)
    database = projected()
    [trade] = database.query(closed_trades)
    assert (trade.cost, trade.proceeds, trade.fees, trade.profit) == (4_000_000, 4_500_000, 20_000, 480_000)
    assert (trade.closed_by, trade.strategy, trade.title, trade.label) == ("sold", "bundle", "Rain?", "Yes")
    assert trade.closed - trade.opened == 3_000_000_000
    figures = database.query(trade_summary)
    assert (figures.trades, figures.won, figures.lost, figures.profit) == (1, 1, 0, 480_000)
    assert figures.held == 3_000_000_000
    [day] = database.query(daily_results, Scope(mode="paper"), by_strategy=True)
    assert (day.day, day.strategy, day.profit, day.won) == (0, "bundle", 480_000, 1)
    assert database.query(positions_now) == ()
    assert [point.size for point in database.query(positions_history, outcome=YES)] == [0, 10 * DOLLAR]
    [told] = database.query(strategies, "paper")
    assert (told.trades, told.won, told.profit, told.orders, told.fills) == (1, 1, 480_000, 2, 2)


def test_a_merge_closes_both_sides_and_its_profit_is_told_apart_by_their_cost(
    writing: Writing, projected: Written
) -> None:
    writing.fill(writing.order(1), price=4_000)
    writing.fill(writing.order(2, outcome=NO), price=5_000, outcome=NO)
    writing("operation", Merge(MARKET, YES, NO, Size(10 * DOLLAR)))
    database = projected()
    trades = database.query(closed_trades)
    assert {trade.closed_by for trade in trades} == {"merged"}
    assert sum(trade.profit for trade in trades) == 10 * DOLLAR - 9 * DOLLAR - 20_000
    assert {trade.label for trade in trades} == {"Yes", "No"}


def test_a_market_that_is_decided_pays_and_says_so(writing: Writing, projected: Written) -> None:
    writing.fill(writing.order(1))
    writing("operation", Settlement(MARKET, YES, NO, Price(10_000)))
    database = projected()
    [trade] = database.query(closed_trades)
    assert (trade.proceeds, trade.closed_by) == (10 * DOLLAR, "settled")
    wallet = database.query(wallet_curve, "paper-kalshi")[0]
    assert wallet.realised == 6 * DOLLAR
    assert wallet.positions_at_cost == 0


def test_what_a_venue_states_first_is_in_its_wallet_once(writing: Writing, projected: Written) -> None:
    for number in range(2):
        stated = AccountStated(
            venue=Venue.KALSHI,
            cash=Money(20 * DOLLAR),
            positions=(),
            orders=(),
            asked=Nanos(writing.at),
            received=Nanos(writing.at),
        )
        writing("account", stated)
        if not number:
            writing("operation", CashAdopted(Money(20 * DOLLAR), "stated", Venue.KALSHI))
    database = projected()
    assert {purse.venue: purse.cash for purse in database.query(wallets)} == {Venue.KALSHI: 20 * DOLLAR}


def test_a_fill_that_fails_is_taken_back_everywhere(writing: Writing, projected: Written) -> None:
    order = writing.order(1)
    writing.fill(order, id="t1", provisional=True)
    writing("reversed", FillReversed(order, "t1", Nanos(writing.at), "failed on chain"))
    writing("settled", FillSettled(order, "t1", Nanos(writing.at)))
    database = projected()
    [fill] = database.query(fills)
    assert fill.state == "reversed"
    [kept] = database.query(orders)
    assert (kept.filled, kept.taken_back, kept.fees) == (0, 10 * DOLLAR, 0)
    run = database.query(latest_run)
    assert run is not None
    assert (run.cash, run.positions_at_cost) == (100 * DOLLAR, 0)


def test_a_failure_told_before_its_fill_keeps_it_from_counting(writing: Writing, projected: Written) -> None:
    order = writing.order(1)
    writing("reversed", FillReversed(order, "t1", Nanos(writing.at)))
    writing.fill(order, id="t1", provisional=True)
    database = projected()
    assert database.query(fills) == ()
    assert database.query(positions_now) == ()


def test_a_fill_that_is_told_twice_counts_once(writing: Writing, projected: Written) -> None:
    order = writing.order(1)
    writing.fill(order, size=4, id="same")
    projected()
    writing.fill(order, size=4, id="same")
    database = projected()
    assert len(database.query(fills)) == 1
    [held] = database.query(positions_now)
    assert held.size == 4 * DOLLAR


def test_an_unknown_order_stands_on_top_until_it_is_known(writing: Writing, projected: Written) -> None:
    first, second = writing.order(1), writing.order(2)
    writing.report(first, Report.TIMEOUT, "no answer within 5s")
    writing.report(second, Report.ACCEPTED)
    database = projected()
    assert [order.id for order in database.query(orders)] == [first, second]
    assert [order.id for order in database.query(orders, TradeFilter(unknown_only=True))] == [first]
    writing.report(first, Report.CANCELLED)
    database = projected()
    assert [order.id for order in database.query(orders)] == [second, first]
    assert [order.id for order in database.query(orders, TradeFilter(open_only=True))] == [second]
    ended = {order.id: order for order in database.query(orders)}[first]
    assert ended.detail == "no answer within 5s"
    assert ended.ended is not None
    assert ended.answered is not None
    assert ended.answered < ended.ended


def test_what_cannot_follow_changes_nothing(writing: Writing, projected: Written) -> None:
    order = writing.order(1)
    writing.report(order, Report.REJECTED, "too small")
    writing.report(order, Report.EXPIRED)
    writing.report(OrderId("nobody's"), Report.ACCEPTED)
    [kept] = projected().query(orders)
    assert (kept.status, kept.detail) == (OrderStatus.REJECTED, "too small")


def test_each_rule_that_said_no_is_counted(writing: Writing, projected: Written) -> None:
    refusals = (Refusal("max_loss", "too much", "risk.max_loss", "$9"), Refusal("stale", "old", "risk.age", "9s"))
    leg = Leg(outcome=YES, market=MARKET, side=Side.BUY, limit=Price(1), size=Size(1), expected=Price(1))
    intent = Intent(
        id=IntentId("i1"), strategy="bundle", kind="k", subject="s", legs=(leg,), cost=Money(1), edge=Money(0),
        max_loss=Money(1), oldest=Nanos(0), at=Nanos(0), reason="r",
    )  # fmt: skip
    writing("verdict", VerdictRecord(approved=False, intent=intent, refusals=refusals))
    database = projected()
    assert database.query(refusals_by_rule) == {"max_loss": 1, "stale": 1}
    assert {event.limit for event in database.query(risk_events)} == {"risk.max_loss", "risk.age"}
    run = database.query(latest_run)
    assert run is not None
    assert run.refused == 1
    [entry] = database.query(decisions, DecisionFilter(search="too much"))
    assert (entry.stage, entry.decision) == ("risk", "no_trade")


def test_drawdown_is_a_curve_and_its_limits_are_events_once(writing: Writing, projected: Written) -> None:
    def state(equity: int, **more: object) -> DrawdownState:
        given = {"bankroll": Money(100), "high_water": Money(100), "day": 0, "day_start": Money(100), **more}
        return DrawdownState(last_equity=Money(equity), **given)  # type: ignore[arg-type]

    for told in (state(95), state(70, paused_day=0), state(75, paused_day=0), state(70, paused_day=0, tripped=True)):
        writing("drawdown", told)
    database = projected()
    curve = database.query(equity_curve, Scope(mode="paper"))
    assert [point.equity for point in curve][1:] == [95, 70, 75, 70]
    lowest = deepest(curve)
    assert lowest is not None
    assert lowest.drawdown_ppm == 300_000
    assert database.query(latest_equity, Scope(run="paper-1")) == curve[-1]
    assert [event.rule for event in database.query(risk_events)] == ["ratcheting_stop", "daily_loss"]
    assert len(database.query(equity_curve, Scope(mode="paper"), 2)) <= 3
    assert database.query(equity_curve, Scope(mode="live")) == ()


def test_the_curve_begins_where_all_accounts_have_stated_their_cash(writing: Writing, projected: Written) -> None:
    def state(equity: int, put_in: int) -> DrawdownState:
        stated = Money(put_in)
        return DrawdownState(bankroll=stated, high_water=stated, day_start=stated, last_equity=Money(equity), day=0)

    database = projected()
    [begun] = database.query(equity_curve, Scope(run="paper-1"))
    first, second = begun.equity + 200, begun.equity + 500
    for told in (state(first, first), state(second, second), state(second - 50, second), state(second + 100, second)):
        writing("drawdown", told)
    database = projected()
    curve = database.query(equity_curve, Scope(run="paper-1"))
    assert [point.equity for point in curve] == [second, second - 50, second + 100], "what venues hold is no gain"
    run = database.query(latest_run)
    assert run is not None
    assert (run.bankroll, run.equity) == (second, second + 100)


def test_commands_say_who_and_why(writing: Writing, projected: Written) -> None:
    writing("command", PauseOrdered("telegram:123", Nanos(1), strategy="bundle"))
    writing("command", HaltOrdered("too wild (by web:alice)", Nanos(2)))
    writing("command", CancelOrdered("cli:user", Nanos(3), market=MARKET))
    told = projected().query(actions)
    assert [(each.action, each.by) for each in told] == [
        ("cancel_ordered", "cli:user"),
        ("halt", "web:alice"),
        ("pause", "telegram:123"),
    ]
    assert told[1].why == "too wild"
    assert '"strategy":"bundle"' in told[2].detail
    assert all(each.hash for each in told)


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE orders; --",
        "{0.__class__} {detail} %s %(x)s",
        "null \0 byte",
        "\u202eright to left\u2066",
        "x" * 10_000,
        "\x1b[31mred\x1b[0m\r\n",
        "\U0001d54cnicode \U0001f47e \ufdfd",
    ],
)
def test_hostile_titles_are_words_like_others(title: str, writing: Writing, projected: Written) -> None:
    writing.market(title)
    order = writing.order(1)
    writing.report(order, Report.REJECTED, title)
    writing.fill(writing.order(2))
    database = projected()
    shown = title.replace("\0", "\ufffd")
    assert {each.title for each in database.query(orders)} == {shown}
    found = database.query(order_detail, order)
    assert found is not None
    assert found.order.detail == shown
    assert all(entry.proven for entry in found.about)
    run = database.query(latest_run)
    assert run is not None
    assert run.problem == ""


def test_a_line_that_this_version_cannot_read_stops_its_run_and_says_so(
    writing: Writing, tmp_path: Path, projected: Written
) -> None:
    writing.fill(writing.order(1))
    writing("drawdown", msgspec.defstruct("Odd", [("last_equity", str)])("much"))
    writing.fill(writing.order(2))
    Writing(tmp_path, "paper-2", 2)
    kept = {run.run: run for run in projected().query(runs)}
    assert "drawdown cannot be read" in kept["paper-1"].problem
    assert kept["paper-1"].fills == 1
    assert kept["paper-2"].problem == ""


@pytest.mark.parametrize("value", [2**63, -(2**70)])
def test_a_number_that_no_row_can_have_is_a_mistake_of_whoever_asks(value: int, projected: Written) -> None:
    with pytest.raises(UsageError, match="no row can have"):
        projected().query(orders, TradeFilter(scope=Scope(since=Nanos(value))))
