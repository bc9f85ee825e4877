"""What protects the capital, in a whole desk: money put in and taken out, the ratcheting stop, the daily loss."""

from pathlib import Path

import msgspec
import pytest

from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.events import CashMoved, FrameRef, JournalRef
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, IntentId, OrderId
from dutchbook.domain.units import Money, Price, Size
from dutchbook.portfolio.entries import FillBooked, Settlement
from dutchbook.portfolio.profit import profit_and_loss
from dutchbook.storage.journal_reader import read
from tests.stories.market_day import START, Day

DOLLAR = 1_000_000
HERE = FrameRef(0, 0)


def with_limits(**risk: int) -> Settings:
    settings = shipped_settings()
    return settings.model_copy(update={"risk": settings.risk.model_copy(update=risk)})


def with_bankroll(amount: int) -> Settings:
    settings = shipped_settings()
    return settings.model_copy(
        update={"portfolio": settings.portfolio.model_copy(update={"bankroll": Money(amount * DOLLAR)})}
    )


def a_purchase(market: Market, price: Price, size: Size) -> FillBooked:
    """Contracts of a market's YES, bought at a price of the test's choice."""
    return FillBooked(
        Fill(
            order=OrderId("o1"),
            intent=IntentId("o"),
            outcome=market.yes,
            market=market.id,
            side=Side.BUY,
            price=price,
            size=size,
            fee=Money(0),
            at=START,
        )
    )


def test_500_grown_to_800_has_a_floor_of_640_and_a_deposit_moves_the_mark_and_is_no_profit(tmp_path: Path) -> None:
    day = Day(tmp_path, settings=with_bankroll(500))
    desk, loop = day.parts.desk, day.parts.loop
    market = day.market.markets[0]
    desk.ledger.apply(a_purchase(market, Price(2_000), Size(375_000_000)))
    desk.ledger.apply(Settlement(market.id, market.yes, market.no, Price(10_000)))
    assert desk.look_at_equity() is None
    assert desk.drawdown.high_water == 800 * DOLLAR
    assert desk.drawdown.floor == 640 * DOLLAR
    loop.dispatch(CashMoved(Money(100 * DOLLAR), START), HERE)
    assert desk.drawdown.floor == 720 * DOLLAR
    loop.dispatch(CashMoved(Money(-100 * DOLLAR), START), HERE)
    assert desk.drawdown.floor == 640 * DOLLAR
    money = profit_and_loss(desk.ledger, desk.mark, desk.complete_sets())
    assert (money.net, money.equity) == (300 * DOLLAR, 800 * DOLLAR)
    assert (money.deposits, money.withdrawals) == (600 * DOLLAR, 100 * DOLLAR)
    desk.ledger.check()
    day.close()
    lines = [(line.kind, msgspec.json.decode(line.body)) for line in read(day.journal.folder)]
    moves = ("cash", "deposit", None, "cash", "withdrawal", None)
    assert [body.get("type") for _, body in lines] == list(moves)
    marks = [body["high_water"] for kind, body in lines if kind == "drawdown"]
    assert marks == [900 * DOLLAR, 800 * DOLLAR], "a restart must know the mark, however soon it comes"


def test_a_fall_to_the_floor_halts_the_whole_desk_and_no_order_leaves_after_it(tmp_path: Path) -> None:
    day = Day(tmp_path)
    desk, counters = day.parts.desk, day.parts.loop.counters
    cheap = next(market for market in day.market.markets if market.title.endswith("below 14"))
    at_halt = -1
    for number, _ in enumerate(day.frames(6_000)):
        if number == 1_000:
            assert counters.orders > 0
            desk.ledger.apply(a_purchase(cheap, Price(9_900), Size(2_500 * DOLLAR)))
        if at_halt < 0 and desk.halt_reason is not None:
            at_halt = counters.orders
            assert desk.valuation().at_cost <= desk.drawdown.floor
    day.close()
    assert "ratcheting stop" in (desk.halt_reason or "")
    assert counters.orders == at_halt > 0
    assert counters.refusals["halted"] > 0
    commands = [line for line in read(day.journal.folder) if line.kind == "command"]
    assert [msgspec.json.decode(line.body)["type"] for line in commands] == ["halt", "cancel_ordered"]
    assert [line.cause for line in commands[1:]] == [JournalRef(commands[0].seq)]
    assert type(commands[0].cause) is FrameRef


def test_a_loss_of_the_day_pauses_opening_and_does_not_halt(tmp_path: Path) -> None:
    day = Day(tmp_path, settings=with_limits(daily_loss_dollars=Money(3 * DOLLAR)))
    desk, counters = day.parts.desk, day.parts.loop.counters
    for _ in day.frames(12_000):
        pass
    day.close()
    assert desk.halt_reason is None
    assert counters.refusals["daily_loss"] > 0


def test_a_withdrawal_beyond_free_cash_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    day = Day(tmp_path)
    lines, cash = day.journal.seq, day.parts.desk.ledger.cash
    with pytest.raises(LedgerError, match="free"):
        day.parts.loop.dispatch(CashMoved(Money(-cash - 1), START), HERE)
    assert day.journal.seq == lines
    assert day.parts.desk.ledger.cash == cash
    day.close()
