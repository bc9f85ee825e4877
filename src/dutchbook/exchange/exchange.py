"""The exchange in a box: markets, accounts and orders of one venue, deterministic from a clock and a seed."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from random import Random
from types import EllipsisType, MappingProxyType

from dutchbook.domain.book import Level
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import MarketStatus, PriceGrid
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.amending import Amending
from dutchbook.exchange.closing import Closing
from dutchbook.exchange.edges import change_grid, refine
from dutchbook.exchange.execution import Execution
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.funds import Funds
from dutchbook.exchange.groups import Groups, OrderGroup
from dutchbook.exchange.incentives import Incentives
from dutchbook.exchange.intake import Intake
from dutchbook.exchange.ledger import Ledger
from dutchbook.exchange.listing import Listing, QuestionListing
from dutchbook.exchange.matching.book import ASK, BID, best, levels
from dutchbook.exchange.matching.messages import (
    ExchangeEvent,
    Matched,
    NewOrder,
    Refusal,
    Refused,
    WorkingOrder,
)
from dutchbook.exchange.orders import Entry, resting
from dutchbook.exchange.rebates import Rebates
from dutchbook.exchange.rewards import Rewards
from dutchbook.exchange.rules import Mode, VenueRules
from dutchbook.exchange.settlement import Settlements
from dutchbook.exchange.tokens import Tokens
from dutchbook.exchange.trading_day import Programmes, TradingDay

NOTHING = Money(0)


class Exchange:
    """One venue. Every call first does what was due by the clock; listeners are called inside the call, in order.

    Listeners may read the exchange and must not call what changes it. Refusals raise `Refused` and change nothing.
    """

    def __init__(self, rules: VenueRules, clock: Clock, rng: Random) -> None:
        floor = self._floor = Floor(rules, clock, rng)
        self._ledger = Ledger(floor)
        self._closing = Closing(floor, self._ledger)
        self._groups = Groups(floor, self._closing)
        self._settlements = Settlements(floor, Rebates(floor))
        self._intake = Intake(floor)
        self._execution = Execution(floor, self._ledger, self._closing, self._groups, self._settlements)
        self._amending = Amending(floor, self._ledger, self._closing, self._intake, self._execution)
        self.rewards = Rewards(floor)
        self.incentives = Incentives(floor)
        self._tokens = Tokens(floor, self._closing)
        self._funds = Funds(floor, self._closing)
        self._day = TradingDay(floor, self._closing, self._tokens, Programmes(self.rewards, self.incentives))
        self.questions: Mapping[QuestionId, QuestionListing] = MappingProxyType(floor.questions)
        self.listings: Mapping[MarketId, Listing] = MappingProxyType(floor.listings)
        self.accounts: Mapping[str, Account] = MappingProxyType(floor.accounts)

    @property
    def rules(self) -> VenueRules:
        return self._floor.rules

    @property
    def mode(self) -> Mode:
        return self._floor.mode

    def set_mode(self, mode: Mode) -> None:
        """Change what the engine takes. A pause of all trading ends the orders that asked to be cancelled by one."""
        self._floor.catch_up()
        self._floor.mode = mode
        if self._floor.rules.netting and mode in (Mode.CANCEL_ONLY, Mode.DISABLED):
            self._closing.end_all([order for order in self._live() if order.new.cancel_on_pause], "pause")

    def listen(self, listener: Callable[[ExchangeEvent], None], *kinds: type) -> None:
        """Call `listener` with every event of these kinds from now on; without any, with every event."""
        self._floor.listen(listener, kinds)

    def add_question(self, listing: QuestionListing) -> None:
        """List a question, or replace what is published of it."""
        self._floor.questions[listing.question.id] = listing

    def add_market(self, listing: Listing) -> None:
        """List a market. Raises Refused if its id or an outcome is taken."""
        self._floor.catch_up()
        self._day.add(listing)

    def relist(self, listing: Listing) -> None:
        """Publish changed metadata of a market; status, grid and payout stay as they stand."""
        self._floor.catch_up()
        self._day.relist(listing)

    def set_status(self, market: MarketId, status: MarketStatus) -> None:
        """Pause, open or close a market, with the cancels that this brings."""
        self._floor.catch_up()
        self._day.set_status(self._floor.market(market), status)

    def set_grid(self, market: MarketId, grid: PriceGrid) -> None:
        """Change a market's price grid; what rests stays."""
        self._floor.catch_up()
        change_grid(self._floor, self._floor.market(market), grid)

    def resolve(self, market: MarketId, payout: Price) -> None:
        """Decide a market: one YES pays `payout`, one NO the rest. Raises Refused if it is decided already."""
        self._floor.catch_up()
        self._day.resolve(self._floor.market(market), payout)

    def market_of(self, outcome: OutcomeId) -> MarketId | None:
        """The market of an outcome."""
        state = self._floor.of_outcome.get(outcome)
        return None if state is None else state.id

    def open_interest(self, market: MarketId) -> Size:
        """Contracts of each outcome in existence."""
        return self._floor.market(market).supply

    def open_account(self, id: str, cash: Money = NOTHING, shard: int = 0) -> Account:  # noqa: A002
        """Open an account with some cash. Raises Refused if it exists."""
        self._floor.catch_up()
        return self._funds.open(id, cash, shard)

    def deposit(self, account: str, cash: Money, shard: int = 0) -> None:
        """Add cash from outside."""
        self._floor.catch_up()
        self._funds.deposit(self._floor.account(account), cash, shard)

    def withdraw(self, account: str, cash: Money, shard: int = 0) -> None:
        """Take cash out. It may be cash that orders count on: then these end. Raises Refused if there is less."""
        self._floor.catch_up()
        self._funds.withdraw(self._floor.account(account), cash, shard)

    def transfer(self, account: str, from_shard: int, to_shard: int, cash: Money) -> None:
        """Move free cash between shards."""
        self._floor.catch_up()
        self._funds.transfer(self._floor.account(account), from_shard, to_shard, cash)

    def hand_over(self, giver: str, taker: str, cash: Money, shard: int = 0) -> None:
        """Move free cash between accounts (subaccounts)."""
        self._floor.catch_up()
        self._funds.hand_over(self._floor.account(giver), self._floor.account(taker), cash, shard)

    def approve(self, account: str, *, collateral: Money | None, tokens: bool) -> None:
        """Set what the exchange may take of an account; open orders that this no longer covers end."""
        self._floor.catch_up()
        self._funds.approve(self._floor.account(account), collateral, tokens=tokens)

    def split(self, account: str, market: MarketId, size: Size) -> None:
        """Dollars into sets of YES and NO."""
        self._floor.catch_up()
        self._tokens.split(self._floor.account(account), self._floor.market(market), size)

    def merge(self, account: str, market: MarketId, size: Size) -> None:
        """Sets of YES and NO into dollars."""
        self._floor.catch_up()
        self._tokens.merge(self._floor.account(account), self._floor.market(market), size)

    def convert(self, account: str, question: QuestionId, no_markets: Sequence[MarketId], size: Size) -> Size:
        """NO of some markets of a question into YES of the others and dollars; returns the contracts of each YES."""
        self._floor.catch_up()
        return self._tokens.convert(self._floor.account(account), question, no_markets, size)

    def redeem(self, account: str, market: MarketId) -> Money:
        """Turn contracts of a decided market into dollars; returns them."""
        self._floor.catch_up()
        return self._tokens.redeem(self._floor.account(account), self._floor.market(market))

    def submit(self, new: NewOrder) -> WorkingOrder:
        """Take an order. Raises Refused, having changed nothing."""
        self._floor.catch_up()
        order = self._execution.place(self._intake.admit(new))
        if order.market.watched:
            refine(self._floor, order.market)
        return order

    def submit_batch(self, orders: Sequence[NewOrder]) -> list[WorkingOrder | Refused]:
        """Take each order that can be taken; the events of all carry one batch number."""
        with self._floor.in_batch:
            return [_outcome(self.submit, new) for new in orders]

    def cancel(self, account: str, order_id: str) -> WorkingOrder:
        """Cancel a resting order. Raises Refused if it is unknown, somebody else's, over, or delayed."""
        self._floor.catch_up()
        self._intake.check_cancel()
        order = self._amending.find(account, order_id)
        self._closing.end(order, "user")
        if order.market.watched:
            refine(self._floor, order.market)
        return order

    def cancel_many(self, account: str, order_ids: Iterable[str]) -> dict[str, WorkingOrder | Refused]:
        """Cancel each order that can be cancelled; the events of all carry one batch number."""
        with self._floor.in_batch:
            return {order_id: _outcome(lambda each: self.cancel(account, each), order_id) for order_id in order_ids}

    def amend(
        self,
        account: str,
        order_id: str,
        *,
        price: Price | None = None,
        total: Size | None = None,
        expires: Nanos | EllipsisType | None = ...,
        client_id: str | None = None,
    ) -> WorkingOrder:
        """Change a resting order (Kalshi protocol section 6.4): `price` of its own outcome, `total` with its fills.

        Without a change of price or a larger size it keeps its place in the queue; else it goes to the end of its new
        one, and may trade. `expires` stays if left out, and is removed by None.
        """
        self._floor.catch_up()
        order = self._amending.amend(account, order_id, price, total, expires, client_id)
        refine(self._floor, order.market)
        return order

    def decrease(self, account: str, order_id: str, *, by: Size | None = None, to: Size | None = None) -> WorkingOrder:
        """Make a resting order smaller, by or to a remaining size; to nothing is a cancel. It keeps its place."""
        self._floor.catch_up()
        return self._amending.decrease(account, order_id, by, to)

    def order(self, order_id: str) -> WorkingOrder | None:
        """Any order ever taken and not forgotten."""
        return self._floor.orders.get(order_id)

    def open_orders(self, account: str) -> Sequence[WorkingOrder]:
        """What waits for an account, delayed orders included, oldest first within each market."""
        owner = self._floor.account(account)
        return [order for of_market in owner.open.values() for order in of_market.values()]

    def orders_of(self, account: str) -> Sequence[WorkingOrder]:
        """All orders of an account, oldest first."""
        return list(self._floor.account(account).orders.values())

    def forget(self, before: Nanos, accounts: Container[str] | None = None) -> int:
        """Drop orders that ended before an instant from memory, so that a long run stays small; returns how many.

        They are unknown afterwards, and an id of theirs would be taken again. `accounts`: only the orders of these.
        """
        return self._closing.forget(before, accounts)

    def ahead(self, order_id: str) -> Size:
        """Contracts before a resting order in its queue. Raises Refused if it does not rest."""
        order = self._floor.orders.get(order_id)
        if order is None or not order.resting:
            raise Refused(Refusal.UNKNOWN_ORDER, f"{order_id}: no resting order - read its state")
        return order.market.book.ahead(order.row)

    def book(self, market: MarketId) -> tuple[Sequence[Level], Sequence[Level]]:
        """Bids and asks of YES, best first."""
        book = self._floor.market(market).book
        return levels(book, bid=BID), levels(book, bid=ASK)

    def top(self, market: MarketId) -> tuple[Level | None, Level | None]:
        """Best bid and best ask of YES."""
        book = self._floor.market(market).book
        return best(book, bid=BID), best(book, bid=ASK)

    def resting(self, market: MarketId) -> Sequence[WorkingOrder]:
        """All resting orders of a market: bids best first, then asks, each price oldest first."""
        return resting(self._floor.market(market))

    def scoring(self, order_id: str) -> bool:
        """Whether an order would earn liquidity rewards if the sample were taken now."""
        self._floor.catch_up()  # an order comes of age even where nothing else happens
        order = self._floor.orders.get(order_id)
        return order is not None and self.rewards.scoring(order)

    def create_group(self, account: str, limit: Size, id: str, shard: int = 0) -> OrderGroup:  # noqa: A002
        """A new order group, armed."""
        self._floor.catch_up()
        return self._groups.create(self._floor.account(account), limit, id, shard)

    def group(self, account: str, id: str) -> OrderGroup:  # noqa: A002
        """An order group of an account. Raises Refused if there is none."""
        return self._groups.get(account, id)

    def groups_of(self, account: str) -> Sequence[OrderGroup]:
        """All order groups of an account, oldest first."""
        return self._groups.of(account)

    def trigger_group(self, account: str, id: str) -> None:  # noqa: A002
        """Cancel a group's orders and refuse new ones until it is reset."""
        self._floor.catch_up()
        self._groups.trigger(self._groups.get(account, id))

    def reset_group(self, account: str, id: str) -> None:  # noqa: A002
        """Arm a group again."""
        self._floor.catch_up()
        self._groups.reset(self._groups.get(account, id))

    def delete_group(self, account: str, id: str) -> None:  # noqa: A002
        """Cancel a group's orders and forget it."""
        self._floor.catch_up()
        self._groups.delete(self._groups.get(account, id))

    def limit_group(self, account: str, id: str, limit: Size) -> None:  # noqa: A002
        """Change how much a group may trade in its window."""
        self._floor.catch_up()
        self._groups.limit(self._groups.get(account, id), limit)

    def set_failures(self, *, fail_ppm: int, retry_ppm: int) -> None:
        """How many of a million later matches fail, or are retried before they are mined."""
        self._settlements.fail_ppm = fail_ppm
        self._settlements.retry_ppm = retry_ppm

    def fail_match(self, number: int) -> bool:
        """Let a match fail that is not mined yet; whether there was one of this number."""
        return self._settlements.doom(number)

    def unsettled(self) -> Sequence[Matched]:
        """Matches that are not mined yet, oldest first."""
        return list(self._settlements.waiting.values())

    def fees_collected(self) -> Money:
        """Fees that the venue has kept so far, rebates taken off."""
        return Money(self._floor.pot)

    def advance(self) -> None:
        """Do everything that is due by the clock."""
        self._floor.catch_up()

    def next_due(self) -> Nanos | None:
        """When the next thing is due that `advance` would do."""
        return self._floor.next_due()

    def _live(self) -> list[Entry]:
        return [order for market in self._floor.markets.values() for order in resting(market)]


def _outcome[T](act: Callable[[T], WorkingOrder], what: T) -> WorkingOrder | Refused:
    try:
        return act(what)
    except Refused as refused:
        return refused
