"""The calls of polymarket-client, its relayer payloads, and transactions of eth-account; nothing is sent."""

from types import SimpleNamespace
from typing import Any

from eth_account import Account  # type: ignore[import-not-found]
from polymarket import calls  # type: ignore[import-not-found]
from polymarket._internal.actions.relayer import gasless  # type: ignore[import-not-found]
from polymarket._internal.actions.relayer.calls import encode_proxy_call  # type: ignore[import-not-found]
from polymarket._internal.actions.relayer.signing.deposit_wallet import (  # type: ignore[import-not-found]
    sign_deposit_wallet_batch,
)
from polymarket._internal.actions.relayer.signing.proxy import (  # type: ignore[import-not-found]
    build_proxy_transaction_hash,
    sign_proxy_message,
)
from polymarket._internal.actions.relayer.signing.safe import sign_safe_transaction  # type: ignore[import-not-found]
from polymarket._internal.environment import PRODUCTION_CONFIG as CONFIG  # type: ignore[import-not-found]
from telling import tell, told  # type: ignore[import-not-found]

TOLD = told()
SIGNER = Account.from_key(TOLD["private_key"])
ADAPTERS = {False: CONFIG.collateral_adapter, True: CONFIG.neg_risk_collateral_adapter}
ROUTER, DOLLARS = CONFIG.protocol_v2_router, CONFIG.collateral_token


def call_of(wanted: dict[str, Any]) -> Any:
    """One call, as the client makes it."""
    condition, amount = wanted["condition"], wanted["amount"]
    if wanted["v3"]:
        if wanted["what"] == "redeem":
            return calls.router_redeem_call(
                router=ROUTER, condition_id=condition, outcome_index=wanted["index"], amount=amount
            )
        make = calls.router_split_call if wanted["what"] == "split" else calls.router_merge_call
        return make(router=ROUTER, condition_id=condition, amount=amount)
    adapter = ADAPTERS[wanted["neg_risk"]]
    if wanted["what"] == "redeem":
        return calls.ctf_redeem_positions_call(ctf=adapter, collateral=DOLLARS, condition_id=condition)
    make = calls.ctf_split_position_call if wanted["what"] == "split" else calls.ctf_merge_positions_call
    return make(target=adapter, collateral=DOLLARS, condition_id=condition, amount=amount)


made = [call_of(wanted) for wanted in TOLD["calls"]]
tell("calls", [[call.to, call.data] for call in made])
fees = {"maxFeePerGas": TOLD["max_fee"], "maxPriorityFeePerGas": TOLD["tip"], "gas": TOLD["gas"], "value": 0}
tell(
    "transactions",
    [
        SIGNER.sign_transaction(
            {"type": 2, "chainId": 137, "nonce": nonce, "to": call.to, "data": call.data, **fees}
        ).raw_transaction.hex()
        for nonce, call in enumerate(made)
    ],
)
for number, batch in enumerate((made[:1], made[:3])):
    wallet, nonce, relay = TOLD["wallet"], TOLD["nonce"], TOLD["relay"]
    signature = sign_deposit_wallet_batch(
        SIGNER, wallet=wallet, calls=batch, nonce=nonce, deadline=TOLD["deadline"], chain_id=137
    )
    payload = gasless.build_deposit_wallet_payload(
        signer_address=SIGNER.address,
        deposit_wallet_factory=CONFIG.wallet_derivation.deposit_wallet_factory,
        wallet=wallet,
        calls=batch,
        nonce=nonce,
        deadline=TOLD["deadline"],
        signature=signature,
        metadata="a note",
    )
    tell(f"wallet {number}", payload)
    target, data, value, operation = gasless._resolve_safe_call(CONFIG.safe_multisend, batch)
    signature = sign_safe_transaction(
        SIGNER,
        safe_address=TOLD["safe"],
        to=target,
        data=data,
        value=value,
        operation=operation,
        nonce=nonce,
        chain_id=137,
    )
    payload = gasless.build_safe_payload(
        signer_address=SIGNER.address,
        wallet=TOLD["safe"],
        target=target,
        data=data,
        value=value,
        operation=operation,
        nonce=nonce,
        signature=signature,
        metadata="a note",
    )
    tell(f"safe {number}", payload)
    factory, data = CONFIG.wallet_derivation.proxy_factory, encode_proxy_call(batch)
    common = SimpleNamespace(gas_limit="200000", nonce=nonce)
    digest = build_proxy_transaction_hash(
        from_address=SIGNER.address,
        to=factory,
        data=data,
        relayer_fee="0",
        gas_price="0",
        relay_hub=CONFIG.relay_hub,
        relay=relay,
        **vars(common),
    )
    payload = gasless.build_proxy_payload(
        signer_address=SIGNER.address,
        proxy_factory=factory,
        wallet=TOLD["proxy"],
        data=data,
        signature=sign_proxy_message(SIGNER, digest),
        relay=relay,
        relay_hub=CONFIG.relay_hub,
        metadata="a note",
        **vars(common),
    )
    tell(f"proxy {number}", payload)
