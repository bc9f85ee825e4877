"""What every account holds, paid and earned in each outcome: positions as the Data API reports them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import ONE, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    ExchangeEvent,
    FundsMoved,
    Matched,
    Party,
    Settlement,
    SettlementMoved,
)

_TOKEN_OPERATIONS = frozenset({"split", "merge", "convert", "redeem"})


class Position:
    """One account's dealings in one outcome, in millionths; costs are at average price, without fees.

    `size` and `cost` are what is held or on its way, `bought` and `paid` all that ever came in, `sold` what went out in
    trades, `realised` what that earned.
    """

    __slots__ = ("bought", "cost", "fees", "first", "last", "outcome", "paid", "realised", "size", "sold")

    def __init__(self, outcome: OutcomeId, at: Nanos) -> None:
        self.outcome = outcome
        self.size = 0
        self.cost = 0
        self.bought = 0
        self.paid = 0
        self.sold = 0
        self.realised = 0
        self.fees = 0
        self.first = at
        self.last = at

    @property
    def average(self) -> int:
        """The average price paid, in millionths of a dollar, of what is held, or of all if nothing is."""
        size, cost = (self.size, self.cost) if self.size else (self.bought, self.paid)
        return cost * 1_000_000 // size if size else 0

    def trade(self, party: Party, size: int, at: Nanos) -> None:
        """A fill."""
        amount = size * party.price // ONE
        self.last = at
        self.fees += party.fee
        if party.side is Side.BUY:
            amount = -(-size * party.price // ONE)
            self.size += size
            self.cost += amount
            self.bought += size
            self.paid += amount
            return
        share = self.cost * size // self.size if self.size else 0
        self.size -= size
        self.cost -= share
        self.sold += size
        self.realised += amount - share


class Positions:
    """Listens to an exchange from its construction on; what accounts have by then counts as bought at its cost.

    Token operations are read from the accounts themselves.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._positions: dict[str, dict[OutcomeId, Position]] = {}
        for account in exchange.accounts.values():
            for outcome in account.holdings:
                self._found(account.id, outcome)
        exchange.listen(self._heard, Matched, SettlementMoved, FundsMoved)

    def of(self, account: str) -> Mapping[OutcomeId, Position]:
        """An account's positions by outcome, closed ones too."""
        return MappingProxyType(self._positions.get(account, {}))

    def accounts(self) -> Iterable[str]:
        """Everybody who ever had a position."""
        return self._positions.keys()

    def _heard(self, event: ExchangeEvent) -> None:
        match event:
            case Matched(pairs=pairs, at=at):
                touched = [(pair, party) for pair in pairs for party in (pair.taker, pair.maker)]
                for pair, party in touched:
                    self._position(party.order.new.account, party.outcome, at).trade(party, pair.size, at)
                for _, party in touched:  # the account rounds each fill as the exchange does: it is right
                    self._read(party.order.new.account, self._position(party.order.new.account, party.outcome, at), at)
            case SettlementMoved(match=matched, status=Settlement.FAILED, at=at):
                self._taken_back(matched, at)
            case FundsMoved(why=why, market=market) if why in _TOKEN_OPERATIONS and market is not None:
                self._converted(event, market)
            case _:
                pass

    def _found(self, account: str, outcome: OutcomeId) -> None:
        market = self._exchange.market_of(outcome)
        if market is not None:
            since = self._exchange.listings[market].created
            position = self._position(account, outcome, since)
            self._read(account, position, since)
            position.bought, position.paid = position.size, position.cost

    def _position(self, account: str, outcome: OutcomeId, at: Nanos) -> Position:
        of_account = self._positions.setdefault(account, {})
        position = of_account.get(outcome)
        if position is None:
            position = of_account[outcome] = Position(outcome, at)
        return position

    def _taken_back(self, matched: Matched, at: Nanos) -> None:
        """The exchange gave everybody back what they had; what a sale earned goes with it."""
        fills: dict[tuple[str, OutcomeId], list[tuple[Party, int]]] = {}
        for pair in matched.pairs:
            for party in (pair.taker, pair.maker):
                fills.setdefault((party.order.new.account, party.outcome), []).append((party, pair.size))
        for (account, outcome), parties in fills.items():
            position = self._position(account, outcome, at)
            returned = -position.cost
            self._read(account, position, at)
            returned += position.cost
            for party, size in parties:
                position.fees -= party.fee
                if party.side is Side.BUY:
                    amount = -(-size * party.price // ONE)
                    position.bought -= size
                    position.paid -= amount
                    returned += amount
                else:
                    position.sold -= size
                    position.realised -= size * party.price // ONE
            if any(party.side is Side.SELL for party, _ in parties):
                position.realised += returned

    def _converted(self, event: FundsMoved, market: MarketId) -> None:
        """Cash and contracts changed into each other: what was earned is booked where contracts left last."""
        listing = self._exchange.listings[market]
        markets = [market]
        if event.why == "convert":
            markets = list(self._exchange.questions[listing.market.question].question.markets)
        earned, leaving, account = event.cash, None, self._exchange.accounts[event.account]
        for name in markets:
            of_market = self._exchange.listings[name].market
            for outcome in (of_market.yes, of_market.no):
                if outcome not in self.of(event.account) and not account.held(outcome):
                    continue
                position = self._position(event.account, outcome, event.at)
                size, cost = position.size, position.cost
                self._read(event.account, position, event.at)
                earned += position.cost - cost
                if position.size > size:
                    position.bought += position.size - size
                    position.paid += position.cost - cost
                elif position.size < size:
                    leaving = position
        if leaving is not None:
            leaving.realised += earned

    def _read(self, name: str, position: Position, at: Nanos) -> None:
        account = self._exchange.accounts[name]
        position.size = account.held(position.outcome) + account.incoming(position.outcome)
        position.cost = account.cost_of(position.outcome)
        position.last = at
