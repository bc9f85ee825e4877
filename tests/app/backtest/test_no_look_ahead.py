"""The desk hears late, its orders arrive late, and nothing trades at a price that was gone before."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dutchbook.app.backtest.stage import ACCOUNT, Stage
from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import Intent, Leg, OrderStatus, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, MILLISECOND, ONE, SECOND, Money, Nanos, Price, Size, notional_up
from dutchbook.exchange.matching.messages import BookMoved, Change, ExchangeEvent, Matched, NewOrder, OrderChanged
from dutchbook.storage.journal import Journal
from dutchbook.storage.settings import FlushPolicy, StorageSettings
from dutchbook.strategies.ports import DeskView
from tests.app.backtest.rig import STILL, Scripted, after, gambling, stage_of

OFFER = Price(5_000)
OFFERED = Nanos(10 * SECOND)
SIZE = Size(20 * CONTRACT)


class Snatcher:
    """Takes an offer at 50 cents as soon as it sees it, once."""

    def __init__(self) -> None:
        self.saw: Nanos | None = None

    def act(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        for outcome in outcomes:
            book = desk.book(outcome)
            if self.saw is None and book is not None and book.best_ask == OFFER and book.best_bid != OFFER:
                self.saw = desk.now
                return (intent(outcome, desk),)
        return ()


def intent(outcome: OutcomeId, desk: DeskView, limit: Price = OFFER, tif: TimeInForce = TimeInForce.FOK) -> Intent:
    cost = notional_up(limit, SIZE)
    leg = Leg(outcome, MARKETS[outcome], Side.BUY, limit, SIZE, limit, tif)
    return Intent(
        id=desk.next_intent(),
        strategy="scripted",
        kind="snatch",
        subject="snatch",
        legs=(leg,),
        cost=cost,
        edge=Money(0),
        max_loss=cost,
        oldest=desk.now,
        at=desk.now,
        reason="it was there",
        plan=PlanKind.BASKET,
    )


MARKETS: dict[OutcomeId, MarketId] = {}


def still(journal: Journal, latency_ms: int, snatcher: Snatcher) -> Stage:
    stage = stage_of(journal, text=STILL, latency_ms=latency_ms, more=(Scripted(snatcher.act),))
    for market, listing in stage.venues[Venue.POLYMARKET].listings.items():
        MARKETS[listing.market.yes] = MARKETS[listing.market.no] = market
    return stage


def offer(stage: Stage, gone_after: Nanos, price: Price = OFFER, size: Size = SIZE) -> None:
    """Somebody offers YES, at 50 cents if nothing is said, ten seconds from now, and withdraws it after a while."""
    exchange = stage.venues[Venue.POLYMARKET]
    [listing] = exchange.listings.values()
    exchange.open_account("somebody", Money(1_000 * DOLLAR))
    # To buy NO is to offer YES.
    new = NewOrder(
        id="offer",
        account="somebody",
        market=listing.id,
        outcome=listing.market.no,
        side=Side.BUY,
        price=Price(ONE - price),
        size=size,
    )
    at = Nanos(stage.parts.desk.now + OFFERED)

    def submit(_: Nanos) -> None:
        exchange.submit(new)

    stage.post.send(at, submit)

    def withdraw(_: Nanos) -> None:
        if any(order.new.id == "offer" for order in exchange.open_orders("somebody")):
            exchange.cancel("somebody", "offer")

    stage.post.send(Nanos(at + gone_after), withdraw)


@settings(max_examples=25)
@given(latency_ms=st.integers(1, 400), gone_ms=st.integers(1, 1_000))
def test_an_order_trades_only_at_what_is_still_there_when_it_arrives(latency_ms: int, gone_ms: int) -> None:
    snatcher = Snatcher()
    storage = StorageSettings(journal_flush=FlushPolicy.MANUAL)
    with tempfile.TemporaryDirectory() as folder, Journal.create(Path(folder) / "j", storage) as journal:
        stage = still(journal, latency_ms, snatcher)
        offer(stage, Nanos(gone_ms * MILLISECOND))
        stage.live(after(20))
        [order] = stage.parts.desk.execution.orders
    # At the very same instant the withdrawal comes first: it was sent before.
    assert (order.status is OrderStatus.FILLED) is (gone_ms > 2 * latency_ms), order.status
    assert snatcher.saw == after(10 + latency_ms / 1_000)


def test_the_answer_comes_one_way_after_the_trade(journals: Callable[[], Journal]) -> None:
    snatcher, traded = Snatcher(), []
    stage = still(journals(), 100, snatcher)
    stage.venues[Venue.POLYMARKET].listen(lambda event: traded.append(event.at), Matched)
    offer(stage, Nanos(900 * SECOND))
    heard: list[Nanos] = []
    orders = stage.parts.desk.execution.orders

    def look() -> None:
        if not heard and any(order.filled for order in orders):
            heard.append(stage.parts.desk.now)

    stage.live(after(20), look)
    assert traded == [after(10.2)]
    assert heard == [after(10.3)]


def test_a_purchase_that_brings_more_than_asked_is_filled_though_some_dollars_are_left(
    journals: Callable[[], Journal],
) -> None:
    wanted: list[Intent] = []

    def act(outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        for outcome in outcomes:
            book = desk.book(outcome)
            if not wanted and book is not None and book.best_ask == 4_700:
                wanted.append(intent(outcome, desk, Price(4_800), TimeInForce.IOC))
                return wanted
        return ()

    ended: list[object] = []
    stage = stage_of(journals(), text=STILL, latency_ms=100, more=(Scripted(act),))
    for market, listing in stage.venues[Venue.POLYMARKET].listings.items():
        MARKETS[listing.market.yes] = MARKETS[listing.market.no] = market

    def hear(event: ExchangeEvent) -> None:
        if isinstance(event, OrderChanged):
            ended.append(event.change)

    stage.venues[Venue.POLYMARKET].listen(hear, OrderChanged)
    offer(stage, Nanos(900 * SECOND), Price(4_700), Size(20_200_000))
    stage.live(after(20))
    [order] = stage.parts.desk.execution.orders
    assert order.status is OrderStatus.FILLED
    assert order.filled > SIZE
    assert Change.CANCELLED in ended


def test_the_desk_never_knows_a_book_before_its_time(journals: Callable[[], Journal]) -> None:
    """Whatever stands in a book of the desk stood in that of the exchange, one way earlier."""
    stage = stage_of(journals(), latency_ms=150, builds=gambling())
    exchange = stage.venues[Venue.POLYMARKET]
    history: list[tuple[Nanos, MarketId, tuple[Level | None, Level | None]]] = []

    def moved(event: ExchangeEvent) -> None:
        if isinstance(event, BookMoved):
            history.append((event.at, event.market, exchange.top(event.market)))

    exchange.listen(moved, BookMoved)
    checked = 0

    def look() -> None:
        nonlocal checked
        known = stage.parts.desk.now - 150 * MILLISECOND
        for market, listing in exchange.listings.items():
            then = [top for at, of, top in history if of == market and at <= known]
            now = [top for at, of, top in history if of == market and at > known]
            book = stage.parts.desk.book(listing.market.yes)
            if not then or book is None or not now or not book.usable:
                continue
            bid, ask = then[-1]
            assert (book.best_bid, book.best_ask) == (bid and bid.price, ask and ask.price)
            checked += 1

    stage.live(after(60), look)
    assert checked > 20


def test_requests_of_one_desk_arrive_in_the_order_in_which_they_left(journals: Callable[[], Journal]) -> None:
    stage = stage_of(journals(), builds=gambling(every_s=1), latency_ms=900, jitter_ms=800)
    placed: list[str] = []
    exchange = stage.venues[Venue.KALSHI]

    def came(event: ExchangeEvent) -> None:
        if isinstance(event, OrderChanged) and event.order.new.account == ACCOUNT:
            placed.append(event.order.new.id)

    exchange.listen(came, OrderChanged)
    stage.live(after(300))
    sent = [order.id for order in stage.parts.desk.execution.orders]
    arrived = list(dict.fromkeys(placed))
    assert len(arrived) > 20
    assert arrived == [order for order in sent if order in set(arrived)]
