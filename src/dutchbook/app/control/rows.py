"""The desk's orders, positions and trades as rows."""

from collections.abc import Collection, Iterable

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import Fill, Order
from dutchbook.domain.units import Nanos, notional_down
from dutchbook.engine.desk import Desk
from dutchbook.evaluation.snapshot import FillRow, OrderRow, PositionRow


def order_rows(desk: Desk, orders: Iterable[Order], now: Nanos) -> tuple[OrderRow, ...]:
    """Orders, in the order in which they come."""
    return tuple(_order_row(desk, order, now) for order in orders)


def position_rows(desk: Desk) -> tuple[PositionRow, ...]:
    """All that is held, the dearest first."""
    rows = []
    held = {position.market for position in desk.ledger.positions.values()}
    for outcome, position in desk.ledger.positions.items():
        market, bid = desk.market(position.market), desk.mark(outcome)
        question = None if market is None else desk.catalogue.question(market.question)
        exclusive = question is not None and question.exclusive
        rows.append(
            PositionRow(
                outcome=outcome,
                market=position.market,
                title=market.title if market else position.market,
                label=_label(market, outcome),
                size=position.size,
                settled=desk.settled(outcome),
                cost=position.cost,
                bid=bid,
                value=None if bid is None else notional_down(bid, position.size),
                state=_state(desk, market),
                yes=market is None or outcome == market.yes,
                exclusive=question.id if question and exclusive else "",
                certain=exclusive and question is not None and _surely_wins(question, held),
                question=question.title if question else "",
                category=question.category if question else "",
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.cost, row.outcome)))


def fill_rows(desk: Desk, fills: Iterable[Fill]) -> tuple[FillRow, ...]:
    """Trades, in the order in which they come."""
    return tuple(fill_row(desk, fill) for fill in fills)


def fill_row(desk: Desk, fill: Fill) -> FillRow:
    """A trade of ours."""
    market = desk.market(fill.market)
    return FillRow(
        at=fill.at,
        title=market.title if market else fill.market,
        label=_label(market, fill.outcome),
        side=fill.side,
        price=fill.price,
        size=fill.size,
        fee=fill.fee,
        order=fill.order,
        market=fill.market,
        settled=not fill.provisional,
    )


def _order_row(desk: Desk, order: Order, now: Nanos) -> OrderRow:
    leg = order.leg
    market = desk.market(leg.market)
    return OrderRow(
        id=order.id,
        venue_id=order.venue_id,
        market=leg.market,
        title=market.title if market else leg.market,
        label=_label(market, leg.outcome),
        side=leg.side,
        limit=leg.limit,
        size=leg.size,
        filled=order.filled,
        status=order.status,
        kind=f"{leg.tif}, post-only" if leg.post_only else str(leg.tif),
        created=order.created,
        age=Nanos(max(0, now - order.created)),
    )


def _state(desk: Desk, market: Market | None) -> str:
    """Whether a decided market is still to be paid."""
    if market is None or market.payout is None:
        return ""
    return "redeeming" if desk.execution.operations.redeeming(market.id) else "redeemable"


def _surely_wins(question: Question, held: Collection[MarketId]) -> bool:
    """Whether one of the markets that are held must pay YES."""
    return question.exhaustive and all(market in held for market in question.markets)


def _label(market: Market | None, outcome: OutcomeId) -> str:
    return market.labels[outcome == market.no] if market else ""
