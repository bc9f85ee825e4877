"""Accounts' cash from and to the outside, between shards and accounts, and what the exchange may take of it."""

from dutchbook.domain.units import Money, dollars
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.closing import Closing
from dutchbook.exchange.floor import Floor
from dutchbook.exchange.matching.messages import Refusal, Refused


class Funds:
    """Moves cash that is not a trade's."""

    def __init__(self, floor: Floor, closing: Closing) -> None:
        self._floor = floor
        self._closing = closing

    def open(self, name: str, cash: Money, shard: int) -> Account:
        """A new account. Raises Refused if there is one of this name."""
        if name in self._floor.accounts:
            raise Refused(Refusal.DUPLICATE, f"{name}: this account is open already - take another name")
        account = self._floor.accounts[name] = Account(name, len(self._floor.accounts) + 1)
        if cash:
            self.deposit(account, cash, shard)
        return account

    def deposit(self, account: Account, cash: Money, shard: int) -> None:
        """Add cash."""
        _check_amount(account, cash)
        account.move_cash(shard, cash)
        self._floor.granted += cash
        self._floor.tell_funds(account, "deposit", None, cash, 0)

    def withdraw(self, account: Account, cash: Money, shard: int) -> None:
        """Take settled cash out; orders that it covered end."""
        _check_amount(account, cash)
        _check_enough(account, account.cash(shard), cash)
        account.move_cash(shard, -cash)
        self._floor.granted -= cash
        self._closing.watch(account, shard)
        self._floor.tell_funds(account, "withdraw", None, -cash, 0)

    def transfer(self, account: Account, from_shard: int, to_shard: int, cash: Money) -> None:
        """Move cash that no order counts on between shards."""
        _check_amount(account, cash)
        _check_enough(account, account.free(from_shard), cash)
        account.move_cash(from_shard, -cash)
        account.move_cash(to_shard, cash)
        self._floor.tell_funds(account, "transfer", None, 0, 0)

    def hand_over(self, giver: Account, taker: Account, cash: Money, shard: int) -> None:
        """Move cash that no order counts on between accounts."""
        _check_amount(giver, cash)
        _check_enough(giver, giver.free(shard), cash)
        giver.move_cash(shard, -cash)
        taker.move_cash(shard, cash)
        self._floor.tell_funds(giver, "transfer", None, -cash, 0)
        self._floor.tell_funds(taker, "transfer", None, cash, 0)

    def approve(self, account: Account, collateral: Money | None, *, tokens: bool) -> None:
        """Set the allowances."""
        account.allowance = collateral
        account.token_allowance = tokens
        for shard in tuple(account.bound):
            self._closing.watch(account, shard)
        for market in tuple(account.open):
            self._closing.watch_tokens(account, self._floor.markets[market])


def _check_amount(account: Account, cash: int) -> None:
    if cash <= 0:
        raise Refused(Refusal.TOO_SMALL, f"{account.id}: nothing to move - name an amount above 0")


def _check_enough(account: Account, have: Money, need: Money) -> None:
    if need > have:
        raise Refused(
            Refusal.BALANCE,
            f"{account.id}: has {dollars(have)} dollars, not {dollars(need)}",
            have=have,
            need=need,
        )
