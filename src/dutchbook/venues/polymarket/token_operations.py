"""Split, merge, convert and redeem as calls of contracts, and what is there to be redeemed (protocol section 8).

All collateral is pUSD, so calls go to the collateral adapters (the official client does the same), for positions of
protocol V2 to its router. Who sends them is another matter: `own_transactions` for a key's own address, `relayer` for
wallets. The wallet must have approved the adapter or router once; a desk does not do that.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import Money, Size, complement, notional_down
from dutchbook.venues.polymarket.abi import arguments, fixed, numbers, selector
from dutchbook.venues.polymarket.contracts import (
    COLLATERAL,
    COLLATERAL_ADAPTER,
    NEG_RISK_ADAPTER,
    NEG_RISK_COLLATERAL_ADAPTER,
    ROUTER,
    Exchange,
    exchange_of,
)
from dutchbook.venues.polymarket.keccak import keccak
from dutchbook.venues.polymarket.typed_data import address_word, word

SPLIT = selector("splitPosition(address,bytes32,bytes32,uint256[],uint256)")
MERGE = selector("mergePositions(address,bytes32,bytes32,uint256[],uint256)")
REDEEM = selector("redeemPositions(address,bytes32,bytes32,uint256[])")
CONVERT = selector("convertPositions(bytes32,uint256,uint256)")
ROUTER_SPLIT = selector("split(bytes31,uint256)")
ROUTER_MERGE = selector("merge(bytes31,uint256)")
ROUTER_REDEEM = selector("redeem(bytes31,uint256,uint256)")

ALLOWED: Mapping[str, frozenset[bytes]] = {
    COLLATERAL_ADAPTER: frozenset({SPLIT, MERGE, REDEEM}),
    NEG_RISK_COLLATERAL_ADAPTER: frozenset({SPLIT, MERGE, REDEEM, CONVERT}),
    ROUTER: frozenset({ROUTER_SPLIT, ROUTER_MERGE, ROUTER_REDEEM}),
}
"""The functions of each contract that a desk calls. None of them can send anything to somebody else."""

LEAST = Money(1)
"""The least that is worth redeeming where gas is free."""
_NO_PARENT = bytes(32)
_BOTH = numbers((1, 2))
"""Index sets of YES and NO."""
_CONDITION_BYTES, _POSITION_BYTES = 32, 31
_MOST_QUESTIONS = 256


class Call(msgspec.Struct, frozen=True):
    """A call of a contract, without money: `to` with EIP-55 capitals, `data` from its selector on."""

    to: str
    data: bytes

    @property
    def allowed(self) -> bool:
        """Whether it is one of the desk's token operations."""
        return self.data[:4] in ALLOWED.get(self.to, ())


class Redeemable(msgspec.Struct, frozen=True):
    """What one resolved market pays for what is held of it, in whole micro-dollars."""

    market: Market
    yes: Size
    no: Size
    pays: Money


def split(market: Market, size: Size) -> Call:
    """`size` dollars become that many YES and NO. Raises ValueError for no size, or a market of another venue."""
    return _set_operation(market, size, SPLIT, ROUTER_SPLIT)


def merge(market: Market, size: Size) -> Call:
    """That many YES and NO become dollars. Raises as `split`."""
    return _set_operation(market, size, MERGE, ROUTER_MERGE)


def redeem(market: Market, yes: Size, no: Size) -> tuple[Call, ...]:
    """Everything held of a resolved market becomes what it pays.

    The adapters redeem whatever the wallet holds of it; the router is told each outcome's amount, so it takes one call
    for each that is held. Raises ValueError if nothing is held, or for a market of another venue.
    """
    if yes <= 0 and no <= 0:
        raise ValueError(f"{market.id}: nothing is held to redeem")
    if _is_v3(market):
        condition = _v3_condition(market)
        return tuple(
            Call(ROUTER, ROUTER_REDEEM + arguments(condition, word(index), word(size)))
            for index, size in enumerate((yes, no))
            if size > 0
        )
    words = (address_word(COLLATERAL), _NO_PARENT, fixed(market.id, _CONDITION_BYTES), _BOTH)
    return (Call(_adapter(market), REDEEM + arguments(*words)),)


def convert(neg_risk_market: str, chosen: Iterable[MarketId], size: Size) -> Call:
    """`size` NO of each chosen market become as many YES of each other one, and dollars for all chosen but one.

    `neg_risk_market` is the id of the whole question at the contract (Gamma's `negRiskMarketID`); the adapter may keep
    a fee. The chosen markets must be numbered by the contract in that question: each is found by its condition id.
    Raises ValueError for a market of another question, none at all, or no size.
    """
    if size <= 0:
        raise ValueError(f"{neg_risk_market}: no size to convert")
    indexes = {question_index(neg_risk_market, market) for market in chosen}
    if not indexes:
        raise ValueError(f"{neg_risk_market}: no market was chosen to convert")
    index_set = sum(1 << index for index in indexes)
    words = (fixed(neg_risk_market, _CONDITION_BYTES), word(index_set), word(size))
    return Call(NEG_RISK_COLLATERAL_ADAPTER, CONVERT + arguments(*words))


def question_index(neg_risk_market: str, market: MarketId) -> int:
    """The number of a market in its negRisk question: the last byte of the question id that its condition hashes from.

    Condition id = keccak(adapter, question id, 2); question id = the id of the whole, its last byte the number (seen to
    hold for 88 of 88 recorded markets). Raises ValueError if the market is none of that question.
    """
    base = bytearray(fixed(neg_risk_market, _CONDITION_BYTES))
    oracle, outcomes = bytes.fromhex(NEG_RISK_ADAPTER[2:]), word(2)
    wanted = fixed(market, _CONDITION_BYTES)
    for index in range(_MOST_QUESTIONS):
        base[-1] = index
        if keccak(oracle + bytes(base) + outcomes) == wanted:
            return index
    raise ValueError(f"{market}: no market of the negRisk question {neg_risk_market} - read the catalogue again")


def redeemable(
    positions: Mapping[OutcomeId, Size], markets: Iterable[Market], least: Money = LEAST
) -> Sequence[Redeemable]:
    """What can be redeemed now: each resolved market of which is held what pays `least` or more, the dearest first.

    Losing shares pay nothing and cost gas to redeem: they are left where they are, unless the other outcome pays.
    """
    found = []
    for market in markets:
        if market.venue is not Venue.POLYMARKET or market.status is not MarketStatus.RESOLVED or market.payout is None:
            continue
        yes, no = positions.get(market.yes, Size(0)), positions.get(market.no, Size(0))
        pays = Money(notional_down(market.payout, yes) + notional_down(complement(market.payout), no))
        if pays >= max(least, 1):
            found.append(Redeemable(market, yes, no, pays))
    return sorted(found, key=lambda one: (-one.pays, one.market.id))


def _set_operation(market: Market, size: Size, by_adapter: bytes, by_router: bytes) -> Call:
    if size <= 0:
        raise ValueError(f"{market.id}: no size")
    if _is_v3(market):
        return Call(ROUTER, by_router + arguments(_v3_condition(market), word(size)))
    words = (address_word(COLLATERAL), _NO_PARENT, fixed(market.id, _CONDITION_BYTES), _BOTH, word(size))
    return Call(_adapter(market), by_adapter + arguments(*words))


def _adapter(market: Market) -> str:
    return NEG_RISK_COLLATERAL_ADAPTER if market.neg_risk else COLLATERAL_ADAPTER


def _v3_condition(market: Market) -> bytes:
    """The 31 bytes of a condition of protocol V2; some places show it with an outcome's byte behind."""
    text = market.id[:-2] if len(market.id) == 66 and market.id.endswith(("00", "01")) else market.id
    return fixed(text, _POSITION_BYTES)


def _is_v3(market: Market) -> bool:
    if market.venue is not Venue.POLYMARKET:
        raise ValueError(f"{market.id}: {market.venue} has no tokens")
    return exchange_of(int(market.yes), neg_risk=market.neg_risk) is Exchange.V3
