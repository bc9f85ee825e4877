"""Orders and fills as rows: each line about an order moves its row, as the desk moved the order."""

from collections.abc import Mapping

import msgspec

from dutchbook.app.read_models.accounts import Accounts, Moment
from dutchbook.app.read_models.state import FoldState
from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import FillMined, FillReversed, FillSettled, ForeignFill, OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId, venue_of
from dutchbook.domain.orders import Fill, IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.portfolio.entries import FillBooked, FillUndone
from dutchbook.storage.database.queries.wallets import wallet_id
from dutchbook.storage.database.row_store import Row, RowStore
from dutchbook.storage.database.tables import FILLS, INTENTS, ORDERS, RUNS


class OrderRows:
    """Follows the orders of a run. What the desk could not apply changes nothing here either."""

    def __init__(self, rows: RowStore, accounts: Accounts, state: FoldState) -> None:
        self._rows = rows
        self._accounts = accounts
        self._state = state

    def strategy_of(self, run: str, order: str) -> str:
        """The strategy that sent an order, empty for one that is not ours."""
        row = self._rows.get(ORDERS, run, order)
        return "" if row is None else str(row["strategy"])

    def sent(self, moment: Moment, order: Order) -> None:
        """An order was put on record."""
        self._put_order(moment, order, moment.at, moment.run)
        self._count(moment.run, "orders")

    def taken_over(self, moment: Moment, order: Order) -> None:
        """An order of an earlier run, with which this one goes on."""
        earlier = self._rows.latest_elsewhere(ORDERS, "seq", moment.run, id=order.id, taken_over="", mode=moment.mode)
        if earlier is not None:
            earlier["taken_over"] = moment.run
            self._rows.put(ORDERS, earlier)
            self._state.carried[order.id] = str(earlier["origin"])
        self._put_order(moment, order, order.created, self._state.carried.get(order.id, moment.run))

    def _put_order(self, moment: Moment, order: Order, sent: Nanos, origin: str) -> None:
        intent = self._rows.get(INTENTS, moment.run, order.intent) or {}
        leg = order.leg
        row: Row = {
            "run": moment.run,
            "id": order.id,
            "seq": moment.seq,
            "mode": moment.mode,
            "venue": str(venue_of(leg.market)),
            "venue_id": order.venue_id,
            "intent": order.intent,
            "strategy": intent.get("strategy", ""),
            "reason": intent.get("reason", ""),
            "market": leg.market,
            "outcome": leg.outcome,
            "side": str(leg.side),
            "limit": leg.limit,
            "size": leg.size,
            "filled": order.filled,
            "taken_back": order.taken_back,
            "status": str(order.status),
            "tif": str(leg.tif),
            "post_only": leg.post_only,
            "sent": sent,
            "answered": None,
            "updated": moment.at,
            "ended": None,
            "fees": 0,
            "detail": "",
            "origin": origin,
            "taken_over": "",
        }
        self._rows.put(ORDERS, row)

    def reported(self, moment: Moment, event: OrderReported) -> None:
        """The venue said something of an order."""
        row = self._rows.get(ORDERS, moment.run, event.order)
        if row is None:
            return
        try:
            after = _order(row).after(event.report)
        except IllegalTransition:
            return
        if event.detail:
            row["detail"] = event.detail
        self._move(moment, row, after)

    def filled(self, moment: Moment, fill: Fill) -> None:
        """An order traded. A fill with an id counts once, however often it is told."""
        row = self._rows.get(ORDERS, moment.run, fill.order)
        if row is None or self._told_before(moment.run, fill):
            return
        try:
            after = _order(row).after_fill(fill.size)
        except IllegalTransition:
            return
        row["fees"] = _number(row["fees"]) + fill.fee
        self._move(moment, row, after)
        self._put_fill(moment, fill, str(row["strategy"]))
        self._count(moment.run, "fills")
        self._accounts.book(moment, FillBooked(fill), str(row["strategy"]))

    def carried(self, moment: Moment, fill: Fill) -> None:
        """A trade of an earlier run, taken over with its order: the order has it, that run's books had it before."""
        row = self._rows.get(ORDERS, moment.run, fill.order)
        if row is None:
            return
        try:
            after = _order(row).after_fill(fill.size)
        except IllegalTransition:
            return
        row["fees"] = _number(row["fees"]) + fill.fee
        self._move(moment, row, after)

    def foreign(self, moment: Moment, event: ForeignFill) -> None:
        """Our account traded by an order that is not ours: the account's statement books it, here it is shown."""
        if not self._told_before(moment.run, event.fill):
            self._put_fill(moment, event.fill, "")

    def progressed(self, moment: Moment, event: FillMined | FillSettled) -> None:
        """A fill came nearer to being final."""
        row = self._fill(moment.run, event.order, event.fill)
        if row is None or row["state"] in ("settled", "reversed"):
            return
        row["state"] = "mined" if isinstance(event, FillMined) else "settled"
        self._rows.put(FILLS, row)
        if isinstance(event, FillSettled):
            self._accounts.settled(event.order, event.fill)

    def taken_back(self, moment: Moment, event: FillReversed) -> None:
        """A fill's settlement failed: it never happened."""
        row, fill_row = self._rows.get(ORDERS, moment.run, event.order), self._fill(moment.run, event.order, event.fill)
        if row is not None and fill_row is None:
            self._state.failed_first.append((event.order, event.fill))
        if row is None or fill_row is None or fill_row["state"] == "reversed":
            return
        fill = _fill_of(fill_row)
        try:
            after = _order(row).after_reversal(fill.size)
        except IllegalTransition:
            return
        fill_row["state"] = "reversed"
        row["fees"] = _number(row["fees"]) - fill.fee
        self._rows.put(FILLS, fill_row)
        self._move(moment, row, after)
        self._accounts.book(moment, FillUndone(fill), str(row["strategy"]))

    def _move(self, moment: Moment, row: Row, after: Order) -> None:
        row["status"], row["filled"], row["taken_back"] = str(after.status), after.filled, after.taken_back
        row["updated"] = moment.at
        row["answered"] = moment.at if row["answered"] is None else row["answered"]
        row["ended"] = (row["ended"] or moment.at) if after.status.final else None
        self._rows.put(ORDERS, row)

    def _put_fill(self, moment: Moment, fill: Fill, strategy: str) -> None:
        venue = venue_of(fill.market)
        row: Row = {
            "run": moment.run,
            "seq": moment.seq,
            "at": fill.at,
            "mode": moment.mode,
            "venue": str(venue),
            "wallet": wallet_id(moment.mode, venue),
            "order": fill.order,
            "id": fill.id,
            "intent": fill.intent,
            "strategy": strategy,
            "market": fill.market,
            "outcome": fill.outcome,
            "side": str(fill.side),
            "price": fill.price,
            "size": fill.size,
            "fee": fill.fee,
            "maker": fill.maker,
            "state": "provisional" if fill.provisional else "settled",
        }
        self._rows.put(FILLS, row)
        if fill.id:
            self._rows.name(FILLS, row, "run", "order", "id")

    def _fill(self, run: str, order: str, fill: str) -> Row | None:
        """A fill of this run, or of the run that had the order before."""
        found = self._rows.named(FILLS, run=run, order=order, id=fill)
        if found is not None or order not in self._state.carried:
            return found
        return self._rows.latest_elsewhere(FILLS, "seq", run, order=order, id=fill)

    def _told_before(self, run: str, fill: Fill) -> bool:
        if not fill.id:
            return False
        return (fill.order, fill.id) in self._state.failed_first or self._fill(run, fill.order, fill.id) is not None

    def _count(self, run: str, what: str) -> None:
        row = self._rows.get(RUNS, run)
        if row is not None:
            row[what] = _number(row[what]) + 1
            self._rows.put(RUNS, row)


def _order(row: Mapping[str, object]) -> Order:
    leg = Leg(
        outcome=OutcomeId(str(row["outcome"])),
        market=MarketId(str(row["market"])),
        side=Side(str(row["side"])),
        limit=Price(_number(row["limit"])),
        size=Size(_number(row["size"])),
        expected=Price(_number(row["limit"])),
        tif=TimeInForce(str(row["tif"])),
    )
    return Order(
        id=OrderId(str(row["id"])),
        intent=IntentId(str(row["intent"])),
        leg=leg,
        status=OrderStatus(str(row["status"])),
        filled=Size(_number(row["filled"])),
        taken_back=Size(_number(row["taken_back"])),
        created=Nanos(_number(row["sent"])),
    )


def _fill_of(row: Mapping[str, object]) -> Fill:
    return msgspec.convert({**row, "provisional": row["state"] != "settled"}, Fill)


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value
