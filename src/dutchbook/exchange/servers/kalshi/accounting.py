"""Positions, costs and settlements of all accounts as REST shows them: late (protocol sections 5.2, 5.6)."""

from collections import deque
from collections.abc import Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE, Nanos, Price
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import ExchangeEvent, Matched, Party, Resolved

_PER_MICRO = 10_000
"""Amounts here are price x size, which counts 1e-10 dollars, so that nothing is rounded before it is shown."""


class Position:
    """What one account has in one market. `size` is signed: YES above zero, NO below. Amounts are 1e-10 dollars."""

    __slots__ = ("cost", "fees", "realised", "settled", "shares", "size", "traded", "updated")

    def __init__(self) -> None:
        self.size = 0
        self.cost = 0
        self.traded = 0
        self.shares = 0
        self.realised = 0
        self.fees = 0
        self.updated = Nanos(0)
        self.settled = False

    def fill(self, size: int, price: int, fee: int) -> None:
        """Gain `size` signed contracts; `price` is that of the outcome gained, `fee` in micro-dollars.

        Contracts of the other outcome are netted first, at average cost: each pair is worth a dollar. That
        `total_traded` counts what was closed at the price of the closed outcome is an assumption.
        """
        count = abs(size)
        closing = min(count, abs(self.size)) if self.size * size < 0 else 0
        if closing:
            share = self.cost * closing // abs(self.size)
            self.realised += (ONE - price) * closing - share
            self.cost -= share
        self.cost += price * (count - closing)
        self.traded += price * (count - closing) + (ONE - price) * closing
        self.shares += count
        self.size += size
        self.fees += fee * _PER_MICRO

    def settle(self, payout: Price) -> int:
        """Pay out; returns the revenue."""
        worth = payout if self.size > 0 else ONE - payout
        revenue = worth * abs(self.size)
        self.realised += revenue - self.cost
        self.size = self.cost = 0
        self.settled = True
        return revenue


class SettlementRow(msgspec.Struct, frozen=True, gc=False):
    """What a settled position was and brought. Sizes in 1e-6 contracts, amounts in micro-dollars."""

    market: MarketId
    size: int
    cost: int
    revenue: int
    fees: int
    payout: Price
    at: Nanos


def micros(amount: int) -> int:
    """1e-10 dollars in micro-dollars, rounded half away from zero."""
    half = _PER_MICRO // 2
    return (amount + half) // _PER_MICRO if amount >= 0 else -((-amount + half) // _PER_MICRO)


class Accounting:
    """A replica of all positions that runs `late` behind the exchange."""

    def __init__(self, exchange: Exchange, late: Nanos) -> None:
        self._exchange = exchange
        self._late = late
        self._waiting: deque[Matched | Resolved] = deque()
        self._positions: dict[str, dict[MarketId, Position]] = {}
        self._holders: dict[MarketId, dict[str, Position]] = {}
        self._settlements: dict[str, list[SettlementRow]] = {}
        exchange.listen(self._heard, Matched, Resolved)

    def positions(self, account: str, now: Nanos) -> dict[MarketId, Position]:
        """The account's positions by market, flat ones included."""
        self._apply_due(now)
        return self._positions.get(account, {})

    def settlements(self, account: str, now: Nanos) -> Sequence[SettlementRow]:
        """What settled, oldest first."""
        self._apply_due(now)
        return self._settlements.get(account, ())

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, Matched | Resolved):
            self._waiting.append(event)
            self._apply_due(event.at)

    def _apply_due(self, now: Nanos) -> None:
        waiting, due = self._waiting, now - self._late
        while waiting and waiting[0].at <= due:
            event = waiting.popleft()
            if isinstance(event, Matched):
                self._matched(event)
            else:
                self._resolved(event)

    def _matched(self, event: Matched) -> None:
        yes = self._exchange.listings[event.market].market.yes
        for pair in event.pairs:
            for party in (pair.taker, pair.maker):
                position = self._position(party.order.new.account, event.market)
                long = is_long(party, yes)
                gained = party.price if party.side is Side.BUY else ONE - party.price
                position.fill(pair.size if long else -pair.size, gained, party.fee)
                position.updated = event.at

    def _resolved(self, event: Resolved) -> None:
        for account, position in self._holders.get(event.market, {}).items():
            if position.settled:
                continue
            size, cost = position.size, position.cost
            revenue = position.settle(event.payout)
            position.updated = event.at
            if size:
                row = SettlementRow(
                    event.market, size, micros(cost), micros(revenue), micros(position.fees), event.payout, event.at
                )
                self._settlements.setdefault(account, []).append(row)

    def _position(self, account: str, market: MarketId) -> Position:
        own = self._positions.setdefault(account, {})
        found = own.get(market)
        if found is None:
            found = own[market] = Position()
            self._holders.setdefault(market, {})[account] = found
        return found


def is_long(party: Party, yes: str) -> bool:
    """Whether a side of a trade gained YES: by buying it or by selling NO."""
    return (party.side is Side.BUY) == (party.outcome == yes)
