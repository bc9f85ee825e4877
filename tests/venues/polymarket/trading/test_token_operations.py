"""Split, merge, convert and redeem: the right contract is called, and nothing but these is ever signed."""

import copy
import gzip
import json
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import CONTRACT, ONE, Money, Price, Size
from dutchbook.venues.polymarket.abi import arguments, byte_string, fixed, numbers, selector
from dutchbook.venues.polymarket.contracts import (
    COLLATERAL,
    COLLATERAL_ADAPTER,
    CONDITIONAL_TOKENS,
    NEG_RISK_COLLATERAL_ADAPTER,
    ROUTER,
)
from dutchbook.venues.polymarket.operation_signing import (
    Gas,
    GasCaps,
    OperationDenied,
    OperationSigner,
    proxy_call,
    safe_operation,
)
from dutchbook.venues.polymarket.rlp import rlp
from dutchbook.venues.polymarket.token_operations import (
    CONVERT,
    Call,
    Redeemable,
    convert,
    merge,
    question_index,
    redeem,
    redeemable,
    split,
)
from dutchbook.venues.polymarket.typed_data import word
from tests.conftest import recorded_data
from tests.venues.polymarket.trading.orders import CONDITION, KEY, V3_TOKEN, account, market

V3_CONDITION = MarketId("0x01" + "ab" * 30)
GAS = Gas(limit=200_000, max_fee=60_000_000_000, tip=30_000_000_000)
SIZE = Size(10 * CONTRACT)


def recorded_members() -> Iterator[tuple[str, str, str]]:
    """Question ids of negRisk questions, their parts' question ids and condition ids, as Gamma told them."""
    path = recorded_data("polymarket-negrisk-weather") / "gamma_clob_2026-07-03.jsonl.gz"
    seen: set[str] = set()
    with gzip.open(path) as lines:
        for line in lines:
            for event in json.loads(line).get("gamma_events", ()):
                for said in event["markets"]:
                    if said["conditionId"] not in seen:
                        seen.add(said["conditionId"])
                        yield event["negRiskMarketID"], said["questionID"], said["conditionId"]


def test_the_number_of_a_recorded_market_is_found_from_its_condition() -> None:
    members = list(recorded_members())
    assert len(members) == 88
    for whole, question, condition in members:
        assert question_index(whole, MarketId(condition)) == int(question, 16) - int(whole, 16)


def test_no_shares_of_the_chosen_are_converted_in_one_call() -> None:
    members = list(recorded_members())
    whole = members[0][0]
    chosen = [(int(q, 16) & 0xFF, MarketId(c)) for w, q, c in members if w == whole][:3]
    call = convert(whole, [condition for _, condition in chosen], SIZE)
    assert call.to == NEG_RISK_COLLATERAL_ADAPTER
    assert call.allowed
    index_set = sum(1 << number for number, _ in chosen)
    assert call.data == CONVERT + bytes.fromhex(whole[2:]) + word(index_set) + word(SIZE)
    assert call.data[:4].hex() == "c64748c4"
    assert convert(whole, [chosen[0][1]] * 2, SIZE).data[36:68] == word(1 << chosen[0][0])


def test_what_cannot_be_converted_is_told() -> None:
    whole = "0x" + "ab" * 31 + "00"
    with pytest.raises(ValueError, match="no market of the negRisk question"):
        convert(whole, [CONDITION], SIZE)
    with pytest.raises(ValueError, match="no market was chosen"):
        convert(whole, [], SIZE)
    with pytest.raises(ValueError, match="no size"):
        convert(whole, [CONDITION], Size(0))


@pytest.mark.parametrize(
    ("listed", "target"),
    [
        (market(), COLLATERAL_ADAPTER),
        (market(neg_risk=True), NEG_RISK_COLLATERAL_ADAPTER),
        (market(id=V3_CONDITION, yes=V3_TOKEN, neg_risk=True), ROUTER),
    ],
)
def test_each_market_has_its_contract(listed: Market, target: str) -> None:
    for call in (split(listed, SIZE), merge(listed, SIZE), *redeem(listed, SIZE, SIZE)):
        assert call.to == target
        assert call.allowed
        assert len(call.data) % 32 == 4


def test_a_position_is_redeemed_outcome_by_outcome_and_a_token_all_at_once() -> None:
    v3 = market(id=MarketId(V3_CONDITION + "00"), yes=V3_TOKEN)
    assert len(redeem(v3, SIZE, Size(1))) == 2
    assert [call.data[-64:] for call in redeem(v3, Size(0), SIZE)] == [word(1) + word(SIZE)]
    assert redeem(market(), SIZE, Size(0)) == redeem(market(), Size(0), SIZE)


def test_what_makes_no_sense_is_refused() -> None:
    for listed, size, why in (
        (market(), Size(0), "no size"),
        (market(), Size(-1), "no size"),
        (market(venue=Venue.KALSHI), SIZE, "has no tokens"),
        (market(id=MarketId("0x5f")), SIZE, "has not 32 bytes"),
        (market(id=MarketId("KX")), SIZE, "has not 32 bytes"),
    ):
        for make in (split, merge):
            with pytest.raises(ValueError, match=why):
                make(listed, size)
    with pytest.raises(ValueError, match="nothing is held"):
        redeem(market(), Size(0), Size(0))


# what is there to be redeemed


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, Price(0), Price(5_000), ONE]),
            st.integers(0, 10**9),
            st.integers(0, 10**9),
            st.sampled_from(MarketStatus),
        ),
        max_size=8,
    ),
    st.integers(1, 10**8),
)
def test_what_pays_enough_and_nothing_else_is_redeemed(
    held: list[tuple[Price | None, int, int, MarketStatus]], least: int
) -> None:
    markets: list[Market] = []
    positions: dict[OutcomeId, Size] = {}
    for number, (payout, yes, no, status) in enumerate(held):
        names = OutcomeId(str(10**70 + 2 * number)), OutcomeId(str(10**70 + 2 * number + 1))
        markets.append(market(id=MarketId(f"0x{number:064x}"), yes=names[0], no=names[1], payout=payout, status=status))
        positions |= {names[0]: Size(yes), names[1]: Size(no)}
    found = redeemable(positions, markets, Money(least))
    expected = {
        listed.id: payout * yes // ONE + (ONE - payout) * no // ONE
        for listed, (payout, yes, no, status) in zip(markets, held, strict=True)
        if payout is not None and status is MarketStatus.RESOLVED
    }
    assert {one.market.id: one.pays for one in found} == {
        name: pays for name, pays in expected.items() if pays >= least
    }
    assert [one.pays for one in found] == sorted((one.pays for one in found), reverse=True)


def test_losing_shares_are_left_and_other_venues_too() -> None:
    resolved: dict[str, Any] = {"status": MarketStatus.RESOLVED, "payout": Price(0)}
    listed = market(**resolved)
    held = {listed.yes: SIZE}
    assert redeemable(held, [listed]) == []
    assert redeemable({listed.no: SIZE}, [market(venue=Venue.KALSHI, **resolved)]) == []
    [one] = redeemable({listed.no: SIZE, **held}, [listed])
    assert one == Redeemable(listed, SIZE, SIZE, Money(10_000_000))


# what is signed

SIGN: tuple[Callable[[OperationSigner, Sequence[Call]], bytes], ...] = (
    lambda signer, calls: signer.transaction(calls[-1], 0, GAS),
    lambda signer, calls: signer.safe(calls, 0),
    lambda signer, calls: signer.wallet(calls, 0, 0),
    lambda signer, calls: signer.proxy(proxy_call(calls), calls, 0, 1, "0x" + "11" * 20),
)


@pytest.mark.parametrize(
    "call",
    [
        Call(COLLATERAL, selector("transfer(address,uint256)") + bytes(64)),
        Call(COLLATERAL, selector("approve(address,uint256)") + bytes(64)),
        Call(COLLATERAL_ADAPTER, selector("transfer(address,uint256)") + bytes(64)),
        Call(COLLATERAL_ADAPTER, CONVERT + bytes(96)),
        Call(CONDITIONAL_TOKENS, selector("safeTransferFrom(address,address,uint256,uint256,bytes)") + bytes(160)),
        Call(CONDITIONAL_TOKENS, selector("setApprovalForAll(address,bool)") + bytes(64)),
        Call(COLLATERAL_ADAPTER.lower(), split(market(), SIZE).data),
        Call("0x" + "11" * 20, split(market(), SIZE).data),
        Call(ROUTER, b""),
    ],
)
def test_nothing_that_could_send_something_away_is_signed(call: Call) -> None:
    signer = OperationSigner(KEY, account())
    good = split(market(), SIZE)
    for calls in ((call,), (good, call)):
        for sign in SIGN:
            with pytest.raises(OperationDenied, match="no token operation"):
                sign(signer, calls)


def test_a_relayed_call_that_is_not_what_was_named_is_not_signed() -> None:
    signer, good = OperationSigner(KEY, account()), split(market(), SIZE)
    other = proxy_call((Call(COLLATERAL, selector("transfer(address,uint256)") + bytes(64)),))
    with pytest.raises(OperationDenied, match="not made of the token operations"):
        signer.proxy(other, (good,), 0, 1, "0x" + "11" * 20)
    with pytest.raises(OperationDenied, match="no call to sign"):
        signer.safe((), 0)


@pytest.mark.parametrize(
    "gas", [{"limit": 1_500_001}, {"max_fee": 500_000_000_001}, {"tip": 60_000_000_001}, {"limit": 10**30}]
)
def test_gas_above_the_cap_is_not_signed(gas: dict[str, int]) -> None:
    with pytest.raises(OperationDenied, match="wait until gas is cheaper"):
        OperationSigner(KEY, account()).transaction(split(market(), SIZE), 0, msgspec.structs.replace(GAS, **gas))
    wide = OperationSigner(KEY, account(), GasCaps(limit=10**31, max_fee=10**13))
    assert wide.transaction(split(market(), SIZE), 0, msgspec.structs.replace(GAS, limit=10**30))


def test_the_operations_signer_keeps_its_key_to_itself() -> None:
    signer = OperationSigner(KEY, account())
    assert repr(signer) == f"OperationSigner for {account().funder}"
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied, pickled"):
            leave(signer)
    with pytest.raises(DutchbookError, match="the private key belongs to"):
        OperationSigner("0x" + "02" * 32, account())


# the encodings


def test_the_abi_places_dynamic_arguments_behind_the_others() -> None:
    # The example of the ABI's own documentation: sam(bytes,bool,uint256[]) with "dave", true and [1, 2, 3].
    encoded = selector("sam(bytes,bool,uint256[])") + arguments(byte_string(b"dave"), word(1), numbers((1, 2, 3)))
    words = [encoded[4:][i : i + 32].hex().lstrip("0") for i in range(0, len(encoded) - 4, 32)]
    assert encoded[:4].hex() == "a5643bf2"
    dave = b"dave".hex() + "0" * 56
    assert words == ["60", "1", "a0", "4", dave, "3", "1", "2", "3"]


def test_fixed_bytes_have_their_length() -> None:
    assert fixed("0x0102", 2) == b"\x01\x02" + bytes(30)
    for text in ("0x01", "0102", "0x0102zz", ""):
        with pytest.raises(ValueError, match=r"has not|non-hexadecimal"):
            fixed(text, 2)


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (0, "80"),
        (15, "0f"),
        (1_024, "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (b"Lorem ipsum dolor sit amet, consectetur adipisicing elit", "b838" + "4c6f72656d20697073756d20"),
        (b"\x80", "8180"),
    ],
)
def test_rlp_is_that_of_the_published_examples(item: Any, encoded: str) -> None:
    assert rlp(item).hex().startswith(encoded)
    if isinstance(item, bytes) and len(item) > 55:
        assert len(rlp(item)) == len(item) + 2


def test_a_safe_is_told_that_its_owner_signed_a_message() -> None:
    # Safes tell the kinds of signatures apart by v: 31 and 32 are signed messages, 27 and 28 bare digests.
    signer = OperationSigner(KEY, account())
    assert {signer.safe((split(market(), SIZE),), nonce)[64] for nonce in range(12)} == {31, 32}


def test_several_calls_of_a_safe_go_through_one() -> None:
    one, other = split(market(), SIZE), merge(market(), SIZE)
    assert safe_operation((one,)).operation == 0
    several = safe_operation((one, other))
    assert several.operation == 1
    assert one.data.hex() + "00" + other.to[2:].lower() in several.data.hex()
