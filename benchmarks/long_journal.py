"""A journal as a long day of trading leaves it: intents, orders, answers, fills, timers, of the kinds and in the order
that a desk at work writes. For whoever measures how it is read again."""

from collections.abc import Mapping
from pathlib import Path

from dutchbook.app.runs import new_run
from dutchbook.domain.book import Side
from dutchbook.domain.events import FillSettled, JournalRef, OrderReported, TimerFired
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, SECOND, Money, Nanos, Price, Size
from dutchbook.engine.records import Mark, RunStarted, VerdictRecord
from dutchbook.execution.step import BasketEnd, Ending, Note
from dutchbook.risk.ports import Refusal
from dutchbook.storage.journal import Journal
from dutchbook.storage.settings import FlushPolicy, StorageSettings

MARKETS = 200
START = Nanos(1_795_000_000 * SECOND)
_AT_WORK = 20
"""How many of the last intents are not over."""
_SIZE, _PRICE = Size(5 * CONTRACT), Price(2_500)


def write_journal(home: Path, lines: int, facts: Mapping[str, object]) -> Path:
    """Write a run of at least so many lines into a home, left as a crash leaves it; its journal."""
    settings = StorageSettings(journal_flush=FlushPolicy.MANUAL)
    _, journal = new_run(home, "sandbox", settings, facts, START)
    _begin(journal)
    intents = 0
    while journal.seq < lines:
        left = (lines - journal.seq) // _LINES_OF_ONE
        _one_intent(journal, intents, over=left > _AT_WORK)
        intents += 1
    journal.close()
    return journal.folder


_LINES_OF_ONE = 12


def _begin(journal: Journal) -> None:
    first = RunStarted(
        mode="sandbox", strategies=("bundle",), settings="0" * 64, source="sandbox", cash=Money(1_000_000 * DOLLAR)
    )
    journal.append("run", START, first)
    journal.append("began", START, {})


def _one_intent(journal: Journal, number: int, *, over: bool) -> None:
    """An intent of two legs that fill, among what else happens: a refusal, timers, a mark now and then."""
    at = Nanos(START + number * 40 * MILLISECOND)
    intent = _intent(number, at)
    refusal = Refusal("stale_price", "a book is older than 5 s", "stale_price", "7 s")
    journal.append("verdict", at, VerdictRecord(False, _intent(number, at, "r"), (refusal,)))
    cause = journal.append("verdict", at, VerdictRecord(True, intent))
    orders = [_order(intent, leg, n, at) for n, leg in enumerate(intent.legs, 1)]
    for order in orders:
        journal.append("order", at, order, cause)
    for order in orders:
        _answers(journal, order, at, cause, over=over)
    journal.append("timer", at, TimerFired(f"order:{orders[0].id}", at), cause)
    if over:
        ended = BasketEnd(
            intents=(intent.id,), subject=intent.subject, ending=Ending.COMPLETE, sets=_SIZE, result=Money(0)
        )
        journal.append("basket", at, ended, cause)
        journal.append("note", at, Note(intent.subject, "both legs filled"), cause)
    if number % 400 == 0:
        journal.append("mark", at, Mark(number * 25, number * 60))


def _answers(journal: Journal, order: Order, at: Nanos, cause: JournalRef, *, over: bool) -> None:
    journal.append("report", at, OrderReported(order.id, Report.ACCEPTED, at), cause)
    if over:
        leg = order.leg
        fill = Fill(
            order=order.id, intent=order.intent, outcome=leg.outcome, market=leg.market, side=leg.side,
            price=leg.limit, size=leg.size, fee=Money(0), at=at, id=f"t-{order.id}", provisional=True,
        )  # fmt: skip
        journal.append("fill", at, fill, cause)
        journal.append("settled", at, FillSettled(order.id, fill.id, at), cause)


def _intent(number: int, at: Nanos, kind: str = "i") -> Intent:
    legs = tuple(_leg((number * 2 + n) % MARKETS, number // MARKETS) for n in range(2))
    return Intent(
        id=IntentId(f"261121000000-00000000-{kind}{number}"),
        strategy="bundle",
        kind="buy_both",
        subject=f"pair:{number % MARKETS}",
        legs=legs,
        cost=Money(5 * DOLLAR),
        edge=Money(DOLLAR),
        max_loss=Money(5 * DOLLAR),
        oldest=at,
        at=at,
        reason="a bundle below its payoff",
    )


def _leg(market: int, turn: int) -> Leg:
    """Bought in one turn and sold in the next: positions stay small."""
    side = Side.BUY if turn % 2 == 0 else Side.SELL
    name = MarketId(f"0x{market:064x}")
    return Leg(OutcomeId(f"{market}{'7' * 70}"), name, side, _PRICE, _SIZE, _PRICE, TimeInForce.FOK)


def _order(intent: Intent, leg: Leg, number: int, at: Nanos) -> Order:
    name = f"{intent.id}-{number}"
    venue_id = f"0x{hash_of(name)}"
    return Order(id=OrderId(name), intent=intent.id, leg=leg, venue_id=venue_id, status=OrderStatus.SENDING, created=at)


def hash_of(name: str) -> str:
    """64 hex digits that stand for a digest."""
    return name.encode().hex().zfill(64)[-64:]
