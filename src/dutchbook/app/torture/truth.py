"""What both venues have of the account under torture: read from the exchange itself, past every server and fault."""

from collections.abc import Callable, Iterable, Mapping

from dutchbook.app.sandbox.accounts import SandboxAccounts
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.units import Money, Size, notional_up
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    ExchangeEvent,
    Matched,
    OrderChanged,
    Settlement,
    SettlementMoved,
    WorkingOrder,
)


class Truth:
    """The account at both exchanges."""

    def __init__(self, exchanges: Mapping[Venue, Exchange], accounts: SandboxAccounts) -> None:
        self.exchanges = exchanges
        self._names = {
            Venue.POLYMARKET: accounts.polymarket[0].funder.lower(),
            Venue.KALSHI: accounts.kalshi[0].key_id,
        }

        self.failed: dict[str, int] = {}
        """Contracts of trades whose settlement failed, by the order's id at its venue."""
        for exchange in exchanges.values():
            exchange.listen(self._settlement, SettlementMoved)

    def account(self, venue: Venue) -> Account:
        """What the exchange keeps of the account."""
        return self.exchanges[venue].accounts[self._names[venue]]

    def listen(self, heard: Callable[[Venue, WorkingOrder], None]) -> None:
        """Call `heard` with each order of the account that changed or traded as a taker."""

        def listener(venue: Venue) -> Callable[[ExchangeEvent], None]:
            name = self._names[venue]

            def told(event: ExchangeEvent) -> None:
                order = event.taker if type(event) is Matched else event.order  # type: ignore[union-attr]
                if order.new.account == name:
                    heard(venue, order)

            return told

        for venue, exchange in self.exchanges.items():
            exchange.listen(listener(venue), Matched, OrderChanged)

    def _settlement(self, event: ExchangeEvent) -> None:
        if isinstance(event, SettlementMoved) and event.status is Settlement.FAILED:
            for pair in event.match.pairs:
                for party in (pair.taker, pair.maker):
                    self.failed[party.order.new.id] = self.failed.get(party.order.new.id, 0) + pair.size

    def orders(self, venue: Venue) -> Iterable[WorkingOrder]:
        """All orders that the venue ever took of the account, oldest first."""
        return self.exchanges[venue].orders_of(self._names[venue])

    def open(self, venue: Venue) -> Mapping[str, WorkingOrder]:
        """What rests or waits there, by the name that the desk gave it."""
        return {named(venue, order): order for order in self.exchanges[venue].open_orders(self._names[venue])}

    def cash(self, venue: Venue) -> Money:
        """All of it: reserved or not, of all shards, and what matches bring that are not settled yet."""
        account = self.account(venue)
        return Money(sum(account.balances.values()) + account.coming_cash)

    def holdings(self, venue: Venue) -> Mapping[OutcomeId, Size]:
        """Contracts by outcome, those of matches that are not settled yet too."""
        account = self.account(venue)
        found = {outcome: int(size) for outcome, size in account.owned.items()}
        for outcome, size in account.coming.items():
            found[outcome] = found.get(outcome, 0) + size
        return {outcome: Size(size) for outcome, size in found.items() if size}

    def capital(self, venue: Venue) -> Mapping[MarketId, Money]:
        """What may be lost in each market: contracts at what they cost, and all that open orders may still buy."""
        account, exchange = self.account(venue), self.exchanges[venue]
        found: dict[MarketId, int] = {}
        for outcome, cost in account.basis.items():
            market = exchange.market_of(outcome)
            if market is not None:
                found[market] = found.get(market, 0) + cost
        for market, orders in account.open.items():
            for order in orders.values():
                if order.new.side is Side.BUY:
                    found[market] = found.get(market, 0) + notional_up(order.new.price, order.remaining)
        return {market: Money(amount) for market, amount in found.items()}


def named(venue: Venue, order: WorkingOrder) -> str:
    """What the desk calls an order at a venue: Polymarket's digest, Kalshi's `client_order_id`."""
    return order.new.id if venue is Venue.POLYMARKET else order.new.client_id
