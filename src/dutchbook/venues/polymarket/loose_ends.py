"""What the user channel owes us: trades that an answer named, ends of orders that were cancelled, settlements.

The channel may be silent though its connection lives. What it does not tell in time is asked for, a few times and ever
more rarely; after that the desk's own queries and sweeps go on.
"""

from collections.abc import Callable, Sequence

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.polymarket import order_wire as wire
from dutchbook.venues.polymarket.account_sweep import TRADES
from dutchbook.venues.polymarket.order_answers import Fate, Judged
from dutchbook.venues.polymarket.own_trades import status_of
from dutchbook.venues.trading import Exchange

PATIENCE = (
    Nanos(SECOND // 2),
    Nanos(SECOND),
    Nanos(2 * SECOND),
    Nanos(4 * SECOND),
    Nanos(8 * SECOND),
    Nanos(30 * SECOND),
)
"""How long after an answer, and after each question, the next question comes."""
SETTLES = Nanos(120 * SECOND)
"""How long a trade may take to settle before it is asked for; users report up to 50 seconds."""
_MOST_HEARD = 20_000
"""Trades that are remembered."""
_OVER = frozenset({"CONFIRMED", "FAILED"})


class Overdue(msgspec.Struct, frozen=True):
    """What to ask for now: trades by their ids, and whole orders by theirs."""

    trades: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()


class _Owed:
    __slots__ = ("due", "times")

    def __init__(self, due: Nanos) -> None:
        self.due = due
        self.times = 0


class LooseEnds:
    """Pure: told what was answered and heard, and what time it is. `owed` is called whenever anything is owed anew."""

    def __init__(self, owed: Callable[[], None] = lambda: None) -> None:
        self._owed = owed
        self._trades: dict[str, _Owed] = {}
        self._orders: dict[str, _Owed] = {}
        self._heard: dict[str, bool] = {}
        """Trades that were heard of, and whether for the last time."""

    @property
    def owing(self) -> bool:
        """Whether anything is owed, due or not."""
        return bool(self._trades or self._orders)

    def answered(self, ids: Sequence[str], judged: Judged, now: Nanos) -> None:
        """Orders were answered: those that traded at once owe us their trades, the others nothing yet."""
        for id_, verdict in zip(ids, judged.verdicts, strict=True):
            if verdict.fate is not Fate.ACCEPTED or verdict.status == "live":
                continue
            if verdict.status == "matched" and verdict.trades:
                for trade in verdict.trades:
                    self._owe_trade(trade, Nanos(now + PATIENCE[0]))
            else:  # delayed, unmatched, matched without a trade's name, or a word that we do not know
                self._owe_order(id_, Nanos(now + PATIENCE[0]))

    def cancelled(self, ids: Sequence[str], now: Nanos) -> None:
        """The end of these orders is near: the channel must say how much of them had traded."""
        for id_ in ids:
            self._owe_order(id_, Nanos(now + PATIENCE[0]))

    def heard(self, payload: bytes, now: Nanos) -> None:
        """A frame of the channel. One that cannot be read settles nothing."""
        try:
            raws = wire.read_many(payload) if payload.lstrip()[:1] == b"[" else (payload,)
            for raw in raws:
                self._hear(raw, now)
        except (msgspec.MsgspecError, RecursionError):
            return  # the codec says what is wrong with it

    def listed(self, exchanges: Sequence[Exchange], now: Nanos) -> None:
        """Answers to questions: the trades that they list need not be told by the channel any more."""
        for exchange in exchanges:
            if exchange.status != 200 or not exchange.path.startswith(TRADES):
                continue
            try:
                trades = wire.read_trades_page(exchange.body).data
            except (msgspec.MsgspecError, RecursionError):
                continue  # the codec says what is wrong with it
            for trade in trades:
                self._hear_trade(trade, now)

    def overdue(self, now: Nanos) -> Overdue:
        """What to ask for; asked about again later, until it was asked often enough."""
        return Overdue(_due(self._trades, now), _due(self._orders, now))

    def _hear(self, raw: bytes | msgspec.Raw, now: Nanos) -> None:
        match wire.read_event_type(raw).event_type:
            case "trade":
                self._hear_trade(wire.read_trade(raw), now)
            case "order":
                self._hear_order(wire.read_user_order(raw), now)
            case _:
                pass

    def _hear_trade(self, trade: wire.Trade, now: Nanos) -> None:
        over = status_of(trade) in _OVER
        self._heard[trade.id] = over or self._heard.get(trade.id, False)
        self._trades.pop(trade.id, None)
        if len(self._heard) > _MOST_HEARD:
            del self._heard[next(iter(self._heard))]
        if not over and not self._heard.get(trade.id):
            self._trades[trade.id] = _Owed(Nanos(now + SETTLES))
            self._owed()

    def _hear_order(self, order: wire.UserOrder, now: Nanos) -> None:
        for trade in order.associate_trades or ():
            self._owe_trade(trade, Nanos(now + PATIENCE[0]))
        over = order.type.upper() == "CANCELLATION" or order.status == "MATCHED"
        if over and (order.associate_trades or order.size_matched in ("", "0", None)):
            self._orders.pop(order.id, None)
        elif over:
            self._owe_order(order.id, Nanos(now + PATIENCE[0]))

    def _owe_order(self, order: str, due: Nanos) -> None:
        self._orders.setdefault(order, _Owed(due))
        self._owed()

    def _owe_trade(self, trade: str, due: Nanos) -> None:
        if trade not in self._heard:
            self._trades.setdefault(trade, _Owed(due))
            self._owed()


def _due(owed: dict[str, _Owed], now: Nanos) -> tuple[str, ...]:
    found = tuple(name for name, one in owed.items() if one.due <= now)
    for name in found:
        one = owed[name]
        one.times += 1
        if one.times >= len(PATIENCE):
            del owed[name]
        else:
            one.due = Nanos(now + PATIENCE[one.times])
    return found
