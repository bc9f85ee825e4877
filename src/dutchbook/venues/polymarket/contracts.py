"""The contracts on Polygon that orders, wallets and token operations refer to (protocol section 1.1).

Where the official client and the contracts' own repository name different addresses (the collateral adapters), these
are the client's: check them on chain before the first token operation of a new account.
"""

from enum import IntEnum

CHAIN = 137
"""Polygon: the one chain on which these addresses mean what is said here."""

STANDARD_EXCHANGE = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK_EXCHANGE = "0xe2222d279d744050d28e00520010520000310F59"
EXCHANGE_V3 = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"

COLLATERAL = "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB"
"""pUSD: what everything is paid in, with 6 decimals."""
CONDITIONAL_TOKENS = "0x4D97DCd97eC945f40cF65F87097ACe5EA0476045"
COLLATERAL_ADAPTER = "0xAdA100Db00Ca00073811820692005400218FcE1f"
"""Splits, merges and redeems the shares of standard markets for pUSD."""
NEG_RISK_COLLATERAL_ADAPTER = "0xadA2005600Dec949baf300f4C6120000bDB6eAab"
"""The same for negRisk markets; it converts, too."""

NEG_RISK_ADAPTER = "0xd91E80cF2E7be2e162c6513ceD06f1dD0dA35296"
"""The oracle of every negRisk condition: condition ids are hashed from its address."""
ROUTER = "0x12121212006e4CD160D18e3f00711DA5c3372600"
"""Splits, merges and redeems the positions of protocol V2 (ExchangeV3)."""
SAFE_MULTISEND = "0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"
RELAY_HUB = "0xD216153c06E857cD7f72665E0aF1d7D82172F494"

PROXY_FACTORY = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
PROXY_IMPLEMENTATION = "0x44e999d5c2F66Ef0861317f9A4805AC2e90aEB4f"
SAFE_FACTORY = "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"
SAFE_INIT_CODE_HASH = "0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
DEPOSIT_WALLET_FACTORY = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
DEPOSIT_WALLET_IMPLEMENTATION = "0x58CA52ebe0DadfdF531Cde7062e76746de4Db1eB"
DEPOSIT_WALLET_BEACON = "0x7A18EDfe055488A3128f01F563e5B479D92ffc3a"

NO_BUILDER = "0x" + "00" * 32
"""The builder code of an order that names no builder."""

_RESERVED_BITS = ((1 << 64) - 1) << 40


class Exchange(IntEnum):
    """The contract that settles a market: the one its orders are signed for."""

    STANDARD = 0
    NEG_RISK = 1
    V3 = 2

    @property
    def address(self) -> str:
        return (STANDARD_EXCHANGE, NEG_RISK_EXCHANGE, EXCHANGE_V3)[self]

    @property
    def version(self) -> str:
        """The version of its EIP-712 domain."""
        return "3" if self is Exchange.V3 else "2"


def exchange_of(token: int, *, neg_risk: bool) -> Exchange:
    """The exchange of an outcome: V3 for the position ids of protocol V2, whose bits 40 to 103 are all zero.

    That is the official client's own rule; one exchange serves all V3 markets, negRisk or not.
    """
    if not token & _RESERVED_BITS:
        return Exchange.V3
    return Exchange.NEG_RISK if neg_risk else Exchange.STANDARD
