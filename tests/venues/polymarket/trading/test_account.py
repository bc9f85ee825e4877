"""Accounts are checked when they are made: what cannot be is told in one line."""

from typing import Any

import pytest

from dutchbook.domain.errors import ConfigError
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.contracts import EXCHANGE_V3, NEG_RISK_EXCHANGE, Exchange, exchange_of
from dutchbook.venues.polymarket.wallets import SignatureType, checksummed
from tests.venues.polymarket.trading.orders import ADDRESS, V3_TOKEN, account

PROXY, SAFE = "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3", "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8"
UUPS, BEACON = "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f", "0x6F908B3B67b9F9C40413775fFf48b286aeF9a081"
STRANGER = "0x" + "11" * 20


@pytest.mark.parametrize(
    ("funder", "kind"),
    [
        ("", SignatureType.EOA),
        (ADDRESS.lower(), SignatureType.EOA),
        (PROXY.lower(), SignatureType.PROXY),
        (SAFE, SignatureType.SAFE),
        (UUPS, SignatureType.DEPOSIT_WALLET),
        (BEACON.lower(), SignatureType.DEPOSIT_WALLET),
    ],
)
def test_the_signature_type_follows_from_the_funder(funder: str, kind: SignatureType) -> None:
    found = account(funder=funder)
    assert found.signature_type is kind
    assert found.funder == checksummed(funder or ADDRESS)
    assert account(funder=funder, signature_type=int(kind)) == found
    assert found.order_signer == (found.funder if kind is SignatureType.DEPOSIT_WALLET else ADDRESS)


@pytest.mark.parametrize(("kind", "funder"), [(0, ADDRESS), (1, PROXY), (2, SAFE)])
def test_the_funder_follows_from_the_signature_type(kind: int, funder: str) -> None:
    assert account(signature_type=kind).funder == funder


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"chain": 80_002}, "chain 80002 is not served"),
        ({"address": "0x12"}, "no Ethereum address"),
        ({"funder": "0x" + "zz" * 20}, "no Ethereum address"),
        ({"funder": STRANGER}, "is no wallet of"),
        ({"funder": STRANGER, "signature_type": 0}, "the funder is the key's own address"),
        ({"funder": SAFE, "signature_type": 3}, "is the SAFE wallet of .* signature type is 2, not 3"),
        ({"funder": ADDRESS, "signature_type": 1}, "is the EOA wallet"),
        ({"signature_type": 3}, "set POLYMARKET_FUNDER"),
        ({"signature_type": 7}, "7 is no signature type"),
        ({"builder": "0x12"}, "no builder code"),
    ],
)
def test_what_cannot_be_is_told(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        account(**said)
    assert "\n" not in str(caught.value)


def test_a_wallet_that_no_factory_made_is_taken_as_the_user_says() -> None:
    found = polymarket_account(address=ADDRESS, salt_seed="s", funder=STRANGER, signature_type=2)
    assert (found.funder, found.signature_type) == (STRANGER, SignatureType.SAFE)


@pytest.mark.parametrize(
    "address",
    ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", ADDRESS, EXCHANGE_V3],
)
def test_capitals_are_those_of_eip_55(address: str) -> None:
    assert checksummed(address.lower()) == address == checksummed("0x" + address[2:].upper())


def test_a_position_id_is_one_whose_reserved_bits_are_zero() -> None:
    position = int(V3_TOKEN)
    assert exchange_of(position, neg_risk=True) is Exchange.V3
    for bit in (40, 70, 103):
        assert exchange_of(position | 1 << bit, neg_risk=False) is Exchange.STANDARD
        assert exchange_of(position | 1 << bit, neg_risk=True) is Exchange.NEG_RISK
    for bit in (39, 104):
        assert exchange_of(position | 1 << bit, neg_risk=False) is Exchange.V3
    assert Exchange.NEG_RISK.address == NEG_RISK_EXCHANGE
    assert [exchange.version for exchange in Exchange] == ["2", "2", "3"]
