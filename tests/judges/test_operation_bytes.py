"""Token operations are the calls, transactions and relayer payloads of the official client, byte for byte."""

import pytest

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import CONTRACT, Size
from dutchbook.venues.polymarket.operation_signing import Gas, OperationSigner
from dutchbook.venues.polymarket.relayer import proxy_payload, safe_payload, wallet_payload
from dutchbook.venues.polymarket.token_operations import Call, merge, redeem, split
from tests.judges.conftest import Seen, _hear
from tests.venues.polymarket.trading.orders import KEY, V3_TOKEN, account, market

PROXY, SAFE = "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3", "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8"
WALLET, RELAY = "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f", "0x6F908B3B67b9F9C40413775fFf48b286aeF9a081"
CONDITION, V3_CONDITION = "0x" + "5f" * 32, "0x01" + "ab" * 30
GAS = Gas(limit=345_678, max_fee=123_456_789_012, tip=30_000_000_000)
NONCE, DEADLINE = "12", 1_767_226_200


def operations() -> list[tuple[Call, Seen]]:
    """Our calls, and what the judge is told of each."""
    found: list[tuple[Call, Seen]] = []
    for v3, neg_risk in ((False, False), (False, True), (True, False)):
        name = MarketId(V3_CONDITION if v3 else CONDITION)
        listed = market(id=name, neg_risk=neg_risk, yes=V3_TOKEN if v3 else OutcomeId("7" * 77))
        said = {"v3": v3, "neg_risk": neg_risk, "condition": name}
        for size in (Size(1), Size(123_456_789 * CONTRACT)):
            found.append((split(listed, size), {**said, "what": "split", "amount": size}))
            found.append((merge(listed, size), {**said, "what": "merge", "amount": size}))
        several = redeem(listed, Size(5 * CONTRACT), Size(7))
        amounts = ((0, 5 * CONTRACT), (1, 7)) if v3 else ((0, 0),)
        for call, (index, amount) in zip(several, amounts, strict=True):
            found.append((call, {**said, "what": "redeem", "index": index, "amount": amount}))
    return found


@pytest.fixture(scope="module")
def judged(judges_python: str) -> Seen:
    told = {
        "account": "",
        "private_key": KEY,
        "calls": [said for _, said in operations()],
        "max_fee": GAS.max_fee,
        "tip": GAS.tip,
        "gas": GAS.limit,
        "wallet": WALLET,
        "safe": SAFE,
        "proxy": PROXY,
        "relay": RELAY,
        "nonce": NONCE,
        "deadline": str(DEADLINE),
    }
    return _hear(judges_python, "operation_bytes", told)


def test_calls_are_those_of_the_client(judged: Seen) -> None:
    assert [[call.to, "0x" + call.data.hex()] for call, _ in operations()] == judged["calls"]
    assert all(call.allowed for call, _ in operations())


def test_own_transactions_are_those_of_a_common_wallet(judged: Seen) -> None:
    signer = OperationSigner(KEY, account())
    raw = [signer.transaction(call, nonce, GAS).hex() for nonce, (call, _) in enumerate(operations())]
    assert raw == [text.removeprefix("0x") for text in judged["transactions"]]


def test_relayed_operations_are_those_of_the_client(judged: Seen) -> None:
    calls = [call for call, _ in operations()]
    for number, batch in enumerate((calls[:1], calls[:3])):
        deposit = OperationSigner(KEY, account(funder=WALLET))
        assert wallet_payload(deposit, batch, NONCE, DEADLINE, "a note") == judged[f"wallet {number}"]
        safe = OperationSigner(KEY, account(funder=SAFE))
        assert safe_payload(safe, batch, NONCE, "a note") == judged[f"safe {number}"]
        proxy = OperationSigner(KEY, account(funder=PROXY))
        found = proxy_payload(proxy, batch, NONCE, "a note", gas=200_000, relay=RELAY.lower())
        assert found == judged[f"proxy {number}"]
