"""What happened on one exchange: trades, matches, candles, volume, open interest, movements of funds. Bounded."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import DAY, ONE, Nanos, Price, Size
from dutchbook.exchange.candles import Candle, CandleTape
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    BookMoved,
    FundsMoved,
    Matched,
    Pair,
    Party,
    Settlement,
    SettlementMoved,
)

_PAYMENTS = frozenset({"settlement", "redeem"})
"""Movements after the end of a market, which leave its last open interest as it was."""


class HistoryLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept; the oldest goes first."""

    trades: int = 200_000
    """Of the whole exchange."""
    trades_of_market: int = 5_000
    trades_of_account: int = 10_000
    matches_of_account: int = 10_000
    funds_of_account: int = 10_000
    failures: int = 100_000
    """Matches that failed on the chain."""
    minutes: int = 1_440
    """Candles of a market by the minute: those in which something happened."""
    hours: int = 720


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One pair of a match, seen from the market: the price is that of YES.

    `side` BUY says that the taker bought YES or sold NO, SELL the reverse.
    """

    match: Matched
    pair: Pair
    price: Price
    side: Side

    @property
    def number(self) -> int:
        return self.pair.number

    @property
    def market(self) -> MarketId:
        return self.match.market

    @property
    def at(self) -> Nanos:
        return self.match.at

    @property
    def size(self) -> Size:
        return self.pair.size

    def parties(self) -> tuple[Party, Party]:
        """Taker, then maker."""
        return self.pair.taker, self.pair.maker


class History:
    """Listens to one exchange from its construction on and answers the questions that servers ask.

    Cost per event does not depend on the number of markets or accounts; quotes that leave the top alone cost next to
    nothing.
    """

    def __init__(self, exchange: Exchange, limits: HistoryLimits | None = None) -> None:
        self._exchange = exchange
        self._limits = limits or HistoryLimits()
        self._chained = exchange.rules.settlement_delays is not None
        self._tapes: dict[MarketId, CandleTape] = {}
        self._all: deque[Trade] = deque(maxlen=self._limits.trades)
        self._by_market: dict[MarketId, deque[Trade]] = {}
        self._by_account: dict[str, deque[Trade]] = {}
        self._matches: dict[str, deque[Matched]] = {}
        self._funds: dict[str, deque[FundsMoved]] = {}
        self._volumes: dict[MarketId, int] = {}
        # Open ones and failed ones; whatever is not here is confirmed.
        self._settlements: dict[int, Settlement] = {each.number: Settlement.MATCHED for each in exchange.unsettled()}
        self._failed: deque[int] = deque()
        readers: dict[type, Callable[..., None]] = {
            BookMoved: self._quoted,
            Matched: self._matched,
            SettlementMoved: self._settled,
            FundsMoved: self._moved,
        }
        for kind, reader in readers.items():
            exchange.listen(reader, kind)

    def trades(
        self, market: MarketId | None = None, account: str | None = None, since: Nanos | None = None
    ) -> Sequence[Trade]:
        """One row for each maker order met, oldest first: of a market, of an account (either side), or both."""
        rows: Iterable[Trade]
        if account is not None:
            rows = self._by_account.get(account, ())
            if market is not None:
                rows = [row for row in rows if row.market == market]
        elif market is not None:
            rows = self._by_market.get(market, ())
        else:
            rows = self._all
        return list(rows) if since is None else _since(rows, since)

    def newest(self, market: MarketId | None = None, account: str | None = None) -> Iterator[Trade]:
        """The same rows, newest first and one by one: for those who stop early. Valid until the next trade."""
        if account is not None:
            rows = self._by_account.get(account, ())
            return (row for row in reversed(rows) if market is None or row.market == market)
        return reversed(self._all if market is None else self._by_market.get(market, ()))

    def matches(self, account: str) -> Sequence[Matched]:
        """Those in which the account was taker or maker, oldest first."""
        return list(self._matches.get(account, ()))

    def settlement_of(self, match: int) -> Settlement:
        """How far a match has come on its chain. Where matches are final at once they are CONFIRMED."""
        return self._settlements.get(match, Settlement.CONFIRMED)

    def candles(self, market: MarketId, period: Nanos, start: Nanos, end: Nanos) -> Sequence[Candle]:
        """The periods of whole minutes that end in [start, end] and in which something happened, oldest first."""
        tape = self._tapes.get(market)
        return [] if tape is None else tape.candles(period, start, end)

    def before(self, market: MarketId, at: Nanos) -> Candle | None:
        """The newest hour with activity that ended by `at`."""
        tape = self._tapes.get(market)
        return None if tape is None else tape.before(at)

    def volume(self, market: MarketId) -> Size:
        """Contracts traded so far."""
        return Size(self._volumes.get(market, 0))

    def volume_of_day(self, market: MarketId, now: Nanos) -> Size:
        """Contracts traded in the last 24 hours, counted from the beginning of the first hour."""
        tape = self._tapes.get(market)
        return Size(0) if tape is None else tape.volume_since(Nanos(now - DAY))

    def open_interest(self, market: MarketId) -> Size:
        """Contracts outstanding: sets of YES and NO that somebody holds. Stays as it was when a market resolved."""
        tape = self._tapes.get(market)
        return self._exchange.open_interest(market) if tape is None else tape.open_interest

    def last_trade(self, market: MarketId) -> Trade | None:
        rows = self._by_market.get(market)
        return rows[-1] if rows else None

    def funds(self, account: str) -> Sequence[FundsMoved]:
        """Movements of cash and holdings that were no trades, oldest first."""
        return list(self._funds.get(account, ()))

    def _quoted(self, event: BookMoved) -> None:
        tape = self._tape(event.market)
        bid, ask = tape.bid, tape.ask
        for move in event.moves:
            # Whatever lies behind the best quotes cannot change them.
            if move.price >= bid if move.side is Side.BUY else move.price <= ask:
                break
        else:
            return
        best_bid, best_ask = self._exchange.top(event.market)
        new_bid = Price(0) if best_bid is None else best_bid.price
        new_ask = ONE if best_ask is None else best_ask.price
        if new_bid != bid or new_ask != ask:
            tape.quote(new_bid, new_ask, event.at)

    def _matched(self, event: Matched) -> None:
        market = event.market
        yes = self._exchange.listings[market].market.yes
        tape, rows = self._tape(market), self._rows(self._by_market, market, self._limits.trades_of_market)
        accounts = {event.taker.new.account: None}
        total = 0
        for pair in event.pairs:
            trade = _seen_from_yes(event, pair, yes)
            tape.trade(trade.price, pair.size, event.at)
            rows.append(trade)
            self._all.append(trade)
            self._of_accounts(trade)
            accounts[pair.maker.order.new.account] = None
            total += pair.size
        for account in accounts:
            self._rows(self._matches, account, self._limits.matches_of_account).append(event)
        self._volumes[market] = self._volumes.get(market, 0) + total
        if self._chained:
            self._settlements[event.number] = Settlement.MATCHED
        tape.open_interest = self._exchange.open_interest(market)

    def _of_accounts(self, trade: Trade) -> None:
        taker, maker = trade.pair.taker.order.new.account, trade.pair.maker.order.new.account
        self._rows(self._by_account, taker, self._limits.trades_of_account).append(trade)
        if maker != taker:
            self._rows(self._by_account, maker, self._limits.trades_of_account).append(trade)

    def _settled(self, event: SettlementMoved) -> None:
        number, known = event.match.number, self._settlements
        if event.status is Settlement.CONFIRMED:
            known.pop(number, None)
            return
        known[number] = event.status
        if event.status is Settlement.FAILED:
            self._failed.append(number)
            if len(self._failed) > self._limits.failures:
                del known[self._failed.popleft()]
            self._tape(event.match.market).open_interest = self._exchange.open_interest(event.match.market)

    def _moved(self, event: FundsMoved) -> None:
        self._rows(self._funds, event.account, self._limits.funds_of_account).append(event)
        if event.market is not None and event.why not in _PAYMENTS:
            self._tape(event.market).open_interest = self._exchange.open_interest(event.market)

    def _tape(self, market: MarketId) -> CandleTape:
        tape = self._tapes.get(market)
        if tape is None:
            tape = self._tapes[market] = CandleTape(self._limits.minutes, self._limits.hours)
        return tape

    @staticmethod
    def _rows[K, R](rows: dict[K, deque[R]], key: K, most: int) -> deque[R]:
        found = rows.get(key)
        if found is None:
            found = rows[key] = deque(maxlen=most)
        return found


def _since(rows: Iterable[Trade], since: Nanos) -> list[Trade]:
    return [row for row in rows if row.at >= since]


def _seen_from_yes(match: Matched, pair: Pair, yes: str) -> Trade:
    taker = pair.taker
    if taker.outcome == yes:
        return Trade(match, pair, taker.price, taker.side)
    return Trade(match, pair, Price(ONE - taker.price), Side.SELL if taker.side is Side.BUY else Side.BUY)
