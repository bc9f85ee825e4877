"""What an account of the exchange in a box owns, what of it is bound by orders, and what is still on its way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import Money, Size

if TYPE_CHECKING:
    from dutchbook.exchange.orders import Entry


class Account:
    """Cash by shard, holdings by outcome. Read it through its methods; only the exchange changes it.

    `cash` and `held` are settled: what a match brought but is not mined yet is `incoming` and cannot be used.
    `reserved` is bound by open orders; at a venue whose markets share cash it may exceed `cash`. `allowance` is how
    much collateral the exchange may still take (None: any), `token_allowance` whether it may take outcome tokens.
    """

    __slots__ = (
        "allowance",
        "balances",
        "basis",
        "bound",
        "bound_in",
        "client_ids",
        "coming",
        "coming_cash",
        "fees",
        "id",
        "number",
        "open",
        "orders",
        "owned",
        "promised",
        "realised",
        "token_allowance",
    )

    def __init__(self, account: str, number: int) -> None:
        self.id = account
        self.number = number
        """What the books know its orders by: none of an exchange has that of another."""
        self.balances: dict[int, int] = {}
        self.bound: dict[int, int] = {}
        self.bound_in: dict[MarketId, int] = {}
        self.coming_cash = 0
        self.owned: dict[OutcomeId, Size] = {}
        self.promised: dict[OutcomeId, int] = {}
        self.coming: dict[OutcomeId, int] = {}
        self.basis: dict[OutcomeId, int] = {}
        self.allowance: Money | None = None
        self.token_allowance = True
        self.realised = Money(0)
        """Profit of what was sold, merged, netted or redeemed, at average cost, before fees."""
        self.fees = Money(0)
        self.open: dict[MarketId, dict[str, Entry]] = {}
        self.orders: dict[str, Entry] = {}
        self.client_ids: set[str] = set()

    @property
    def holdings(self) -> Mapping[OutcomeId, Size]:
        """Settled contracts by outcome, without zeros."""
        return MappingProxyType(self.owned)

    def cash(self, shard: int = 0) -> Money:
        """Settled cash of a shard, reserved or not."""
        return Money(self.balances.get(shard, 0))

    def reserved(self, shard: int = 0) -> Money:
        """What open orders of all markets of a shard would cost at most."""
        return Money(self.bound.get(shard, 0))

    def free(self, shard: int = 0) -> Money:
        """Cash that no open order counts on; never below 0."""
        return Money(max(0, self.balances.get(shard, 0) - self.bound.get(shard, 0)))

    def reserved_in(self, market: MarketId) -> Money:
        """What open orders of one market would cost at most."""
        return Money(self.bound_in.get(market, 0))

    def incoming_cash(self) -> Money:
        """Proceeds of matches that are not mined yet."""
        return Money(self.coming_cash)

    def held(self, outcome: OutcomeId) -> Size:
        """Settled contracts of an outcome, promised to open orders or not."""
        return self.owned.get(outcome, Size(0))

    def reserved_of(self, outcome: OutcomeId) -> Size:
        """Contracts of an outcome that open orders count on."""
        return Size(self.promised.get(outcome, 0))

    def incoming(self, outcome: OutcomeId) -> Size:
        """Contracts bought in matches that are not mined yet."""
        return Size(self.coming.get(outcome, 0))

    def sellable(self, outcome: OutcomeId) -> Size:
        """Settled contracts that no open order counts on."""
        return Size(self.owned.get(outcome, 0) - self.promised.get(outcome, 0))

    def cost_of(self, outcome: OutcomeId) -> Money:
        """What was paid for the contracts held and incoming, at average cost, without fees."""
        return Money(self.basis.get(outcome, 0))

    def move_cash(self, shard: int, amount: int) -> None:
        """Add a signed amount of settled cash."""
        self.balances[shard] = self.balances.get(shard, 0) + amount

    def move_tokens(self, outcome: OutcomeId, size: int) -> None:
        """Add a signed number of settled contracts."""
        left = self.owned.get(outcome, 0) + size
        if left:
            self.owned[outcome] = Size(left)
        else:
            self.owned.pop(outcome, None)

    def expect_tokens(self, outcome: OutcomeId, size: int) -> None:
        """Add a signed number of contracts that are not mined yet."""
        left = self.coming.get(outcome, 0) + size
        if left:
            self.coming[outcome] = left
        else:
            self.coming.pop(outcome, None)

    def bind(self, shard: int, market: MarketId, cash: int) -> None:
        """Reserve (or free, below 0) cash for the orders of a market."""
        self.bound[shard] = self.bound.get(shard, 0) + cash
        self.bound_in[market] = self.bound_in.get(market, 0) + cash

    def promise(self, outcome: OutcomeId, size: int) -> None:
        """Reserve (or free, below 0) contracts for orders."""
        self.promised[outcome] = self.promised.get(outcome, 0) + size

    def pay_for(self, outcome: OutcomeId, cost: int) -> None:
        """Add the cost of contracts bought, or take a cost off."""
        left = self.basis.get(outcome, 0) + cost
        if left:
            self.basis[outcome] = left
        else:
            self.basis.pop(outcome, None)

    def cost_share(self, outcome: OutcomeId, size: int) -> int:
        """The part of the cost that `size` of the contracts held and incoming stand for, rounded down."""
        of_all = self.owned.get(outcome, 0) + self.coming.get(outcome, 0)
        return self.basis.get(outcome, 0) * size // of_all if of_all else 0

    def give_up(self, outcome: OutcomeId, size: int, proceeds: int) -> int:
        """Take settled contracts out and realise what they earned; returns the cost that left with them."""
        share = self.cost_share(outcome, size)
        self.pay_for(outcome, -share)
        self.move_tokens(outcome, -size)
        self.realised = Money(self.realised + proceeds - share)
        return share
