"""Token operations as the contracts read them: calldata taken apart, checked against a wallet, and done.

Decoded from the contracts' own interfaces (protocol sections 1.1 and 8), independently of any client. Assumed: wallets
have approved the adapters and the router; to redeem what is not held succeeds and pays nothing, as it does in the
conditional tokens' own contract. The sandbox's accounts have POL for gas without end.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import Size
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.polymarket.contracts import (
    COLLATERAL,
    COLLATERAL_ADAPTER,
    NEG_RISK_COLLATERAL_ADAPTER,
    ROUTER,
)
from dutchbook.exchange.servers.polymarket.gamma_wire import neg_risk_id
from dutchbook.exchange.servers.polymarket.signing import keccak

_WORD = 32
_ONE_AND_TWO = (1, 2)


class Reverted(DutchbookError):
    """A call that changes nothing; the message is the reason that a node tells."""


class Deed(StrEnum):
    """What a call asks for."""

    SPLIT = "split"
    MERGE = "merge"
    REDEEM = "redeem"
    CONVERT = "convert"


class TokenCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was understood. Of a conversion `markets` are those whose NO are given; `size` is in millionths."""

    deed: Deed
    markets: tuple[MarketId, ...]
    size: Size = Size(0)
    question: QuestionId = QuestionId("")


class TokenContracts:
    """The adapters and the router before one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        by_ids = "(address,bytes32,bytes32,uint256[],uint256)"
        self._readers = {
            _selector("splitPosition" + by_ids): self._adapter_split,
            _selector("mergePositions" + by_ids): self._adapter_merge,
            _selector("redeemPositions(address,bytes32,bytes32,uint256[])"): self._adapter_redeem,
            _selector("convertPositions(bytes32,uint256,uint256)"): self._convert,
            _selector("split(bytes31,uint256)"): self._router_split,
            _selector("merge(bytes31,uint256)"): self._router_merge,
            _selector("redeem(bytes31,uint256,uint256)"): self._router_redeem,
        }

    def read(self, to: str, data: bytes) -> TokenCall:
        """What a call asks for. Raises Reverted for a contract, a function or arguments that nobody here knows."""
        reader = self._readers.get(data[:4])
        if reader is None or to.lower() not in _CONTRACTS:
            raise Reverted(f"execution reverted: {to} has no function 0x{data[:4].hex()}")
        return reader(to.lower(), _Arguments(data[4:]))

    def check(self, account: str, calls: Sequence[TokenCall]) -> None:
        """Raises Reverted if one of them, done in their order, would fail. What one brings pays for no other."""
        owner = self._exchange.accounts.get(account)
        if owner is None:
            raise Reverted(f"execution reverted: {account} holds nothing")
        spent = sum(call.size for call in calls if call.deed is Deed.SPLIT)
        if spent > owner.cash():
            raise Reverted("execution reverted: ERC20: transfer amount exceeds balance")
        seen: set[MarketId] = set()
        for call in calls:
            if call.deed is not Deed.REDEEM and not seen.isdisjoint(call.markets):
                raise Reverted("execution reverted: the sandbox does one thing to a market in one transaction")
            seen.update(call.markets)
            self._check(owner, call)

    def do(self, account: str, calls: Sequence[TokenCall]) -> None:
        """Do them all, or none. Raises Reverted."""
        self.check(account, calls)
        for call in calls:
            self._do(account, call)

    def _check(self, owner: Account, call: TokenCall) -> None:
        listings = [self._exchange.listings[market] for market in call.markets]
        decided = [one for one in listings if one.market.status is MarketStatus.RESOLVED]
        if call.deed is Deed.REDEEM:
            if not decided:
                raise Reverted("execution reverted: result for condition not received yet")
            return
        if decided or call.size <= 0:
            raise Reverted("execution reverted: the condition is decided, or there is no amount")
        short = [outcome for one in listings for outcome in _burnt(call.deed, one) if owner.held(outcome) < call.size]
        if short:
            raise Reverted("execution reverted: SafeMath: subtraction overflow")

    def _do(self, account: str, call: TokenCall) -> None:
        exchange, market = self._exchange, call.markets[0]
        match call.deed:
            case Deed.SPLIT:
                exchange.split(account, market, call.size)
            case Deed.MERGE:
                exchange.merge(account, market, call.size)
            case Deed.CONVERT:
                exchange.convert(account, call.question, call.markets, call.size)
            case Deed.REDEEM:
                owner, listed = exchange.accounts[account], exchange.listings[market].market
                if owner.held(listed.yes) or owner.held(listed.no):
                    exchange.redeem(account, market)

    # The adapters.

    def _adapter_split(self, to: str, given: "_Arguments") -> TokenCall:
        return TokenCall(deed=Deed.SPLIT, markets=(self._condition(to, given),), size=Size(given.number(4)))

    def _adapter_merge(self, to: str, given: "_Arguments") -> TokenCall:
        return TokenCall(deed=Deed.MERGE, markets=(self._condition(to, given),), size=Size(given.number(4)))

    def _adapter_redeem(self, to: str, given: "_Arguments") -> TokenCall:
        return TokenCall(deed=Deed.REDEEM, markets=(self._condition(to, given),))

    def _convert(self, to: str, given: "_Arguments") -> TokenCall:
        whole, index_set = "0x" + given.word(0).hex(), given.number(1)
        found = [one for one in self._exchange.questions.values() if one.question.convertible]
        asked = next((one for one in found if neg_risk_id(one) == whole), None)
        if to != NEG_RISK_COLLATERAL_ADAPTER.lower() or asked is None:
            raise Reverted("execution reverted: MarketNotPrepared")
        places = [place for place in range(index_set.bit_length()) if index_set >> place & 1]
        if not places or places[-1] >= len(asked.question.markets):
            raise Reverted("execution reverted: InvalidIndexSet")
        chosen = tuple(asked.question.markets[place] for place in places)
        return TokenCall(deed=Deed.CONVERT, markets=chosen, size=Size(given.number(2)), question=asked.question.id)

    def _condition(self, to: str, given: "_Arguments") -> MarketId:
        """The market of an adapter's call. Raises Reverted for the wrong adapter, collateral, or partition."""
        if int.from_bytes(given.word(0), "big") != int(COLLATERAL, 16) or any(given.word(1)):
            raise Reverted("execution reverted: not pUSD, or a position of a position")
        if given.numbers(3) != _ONE_AND_TWO:
            raise Reverted("execution reverted: partition not disjoint and complete")
        listing = self._exchange.listings.get(MarketId("0x" + given.word(2).hex()))
        if listing is None or listing.generation >= 3 or _adapter(listing) != to:
            raise Reverted("execution reverted: condition not prepared")
        return listing.id

    # The router of protocol V2.

    def _router_split(self, to: str, given: "_Arguments") -> TokenCall:
        return TokenCall(deed=Deed.SPLIT, markets=(self._position(to, given),), size=Size(given.number(1)))

    def _router_merge(self, to: str, given: "_Arguments") -> TokenCall:
        return TokenCall(deed=Deed.MERGE, markets=(self._position(to, given),), size=Size(given.number(1)))

    def _router_redeem(self, to: str, given: "_Arguments") -> TokenCall:
        """One outcome and its amount; the sandbox pays both outcomes at the first of them."""
        if given.number(1) > 1:
            raise Reverted("execution reverted: no such outcome")
        given.number(2)
        return TokenCall(deed=Deed.REDEEM, markets=(self._position(to, given),))

    def _position(self, to: str, given: "_Arguments") -> MarketId:
        word = given.word(0)
        prefix = "0x" + word[:31].hex()
        found = (self._exchange.listings.get(MarketId(prefix + end)) for end in ("", "00", "01"))
        listing = next((one for one in found if one is not None), None)
        if to != ROUTER.lower() or word[31] or listing is None or listing.generation < 3:
            raise Reverted("execution reverted: condition not prepared")
        return listing.id


class _Arguments:
    """A call's arguments, word by word. Everything raises Reverted for what is not there."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def word(self, place: int) -> bytes:
        found = self._data[_WORD * place : _WORD * (place + 1)]
        if len(found) != _WORD:
            raise Reverted("execution reverted")
        return found

    def number(self, place: int) -> int:
        return int.from_bytes(self.word(place), "big")

    def numbers(self, place: int) -> tuple[int, ...]:
        """An array of numbers, which stands behind the arguments."""
        start, rest = divmod(self.number(place), _WORD)
        if rest or start > len(self._data) // _WORD:
            raise Reverted("execution reverted")
        count = self.number(start)
        if count > len(self._data) // _WORD:
            raise Reverted("execution reverted")
        return tuple(self.number(start + 1 + i) for i in range(count))


_CONTRACTS = frozenset(one.lower() for one in (COLLATERAL_ADAPTER, NEG_RISK_COLLATERAL_ADAPTER, ROUTER))


def _adapter(listing: Listing) -> str:
    return (NEG_RISK_COLLATERAL_ADAPTER if listing.market.neg_risk else COLLATERAL_ADAPTER).lower()


def _burnt(deed: Deed, listing: Listing) -> Iterable[OutcomeId]:
    match deed:
        case Deed.MERGE:
            return listing.market.yes, listing.market.no
        case Deed.CONVERT:
            return (listing.market.no,)
        case _:
            return ()


def _selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]
