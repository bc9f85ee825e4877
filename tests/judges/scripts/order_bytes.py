"""Both official clients sign orders that they are told: what each would send, with salts and times that are given.

Nothing is sent. Where a client refuses an order, the text of its error stands in place of the body.
"""

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import py_clob_client_v2.order_builder.builder as clob_builder  # type: ignore[import-not-found]
from eth_account import Account  # type: ignore[import-not-found]
from polymarket._internal.actions.orders import limit, market, orders, post, typed_data  # type: ignore[import-not-found]
from polymarket._internal.actions.orders.market_data import MarketInfo  # type: ignore[import-not-found]
from polymarket._internal.environment import PRODUCTION_CONFIG  # type: ignore[import-not-found]
from polymarket.errors import PolymarketError  # type: ignore[import-not-found]
from py_clob_client_v2.client import ClobClient  # type: ignore[import-not-found]
from py_clob_client_v2.clob_types import (  # type: ignore[import-not-found]
    ApiCreds,
    MarketOrderArgsV2,
    OrderArgsV2,
    PartialCreateOrderOptions,
)
from py_clob_client_v2.order_utils.exchange_order_builder_v2 import (  # type: ignore[import-not-found]
    ExchangeOrderBuilderV2,
)
from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2  # type: ignore[import-not-found]
from telling import tell, told  # type: ignore[import-not-found]

CONFIG = told()
KEY, OWNER = CONFIG["private_key"], CONFIG["owner"]
WALLETS = ("EOA", "POLY_PROXY", "GNOSIS_SAFE", "DEPOSIT_WALLET")
IMMEDIATE = ("FOK", "FAK")


def clob_body(wanted: dict[str, Any]) -> str:
    """The body of py-clob-client-v2."""
    clob_builder.time = SimpleNamespace(time_ns=lambda: wanted["timestamp"] * 1_000_000)
    ExchangeOrderBuilderV2.__init__.__defaults__ = (lambda: wanted["salt"], "2")
    client = ClobClient(
        "http://127.0.0.1:1",
        chain_id=137,
        key=KEY,
        creds=ApiCreds(OWNER, "AAAA", "p"),
        signature_type=wanted["kind"],
        funder=wanted["maker"],
    )
    token = wanted["token"]
    client._ClobClient__tick_sizes[token] = wanted["tick"]
    client._ClobClient__neg_risk[token] = wanted["neg_risk"]
    client._ClobClient__cached_version = 2
    client._ClobClient__ensure_market_info_cached = lambda _: None
    options = PartialCreateOrderOptions(tick_size=wanted["tick"], neg_risk=wanted["neg_risk"])
    common = {
        "token_id": None if wanted["v3"] else token,
        "position_id": token if wanted["v3"] else None,
        "side": wanted["side"],
        "price": float(wanted["price"]),
        "builder_code": wanted["builder"],
    }
    if wanted["type"] in IMMEDIATE:
        made = client.create_market_order(MarketOrderArgsV2(amount=float(wanted["quantity"]), **common), options)
    else:
        args = OrderArgsV2(size=float(wanted["quantity"]), expiration=wanted["expiration"], **common)
        made = client.create_order(args, options)
    payload = order_to_json_v2(made, OWNER, wanted["type"], wanted["post_only"], False)
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)


def newer_body(wanted: dict[str, Any]) -> Any:
    """The body of polymarket-client, whose keys stand in another order."""
    signer = Account.from_key(KEY)
    info = MarketInfo(
        fee_info=None,
        neg_risk=wanted["neg_risk"],
        tick_size=Decimal(wanted["tick"]),
        token_ids=frozenset([wanted["token"]]),
    )
    metadata = SimpleNamespace(resolve_market=lambda _, **_asset: info, fetch_current_market=lambda _, **_asset: info)
    context = SimpleNamespace(
        order_metadata=metadata, environment_config=PRODUCTION_CONFIG, wallet=wanted["maker"], signer=signer
    )
    unsigned = orders.create_unsigned_order(
        dataclasses.replace(_draft(context, wanted), order_type=wanted["type"]),
        wallet=wanted["maker"],
        wallet_type=WALLETS[wanted["kind"]],
    )
    unsigned = dataclasses.replace(unsigned, salt=wanted["salt"], timestamp=wanted["timestamp"])
    signature = signer.sign_typed_data(full_message=typed_data.build_order_typed_data(unsigned)).signature.hex()
    wire = typed_data.build_order_signature(unsigned, "0x" + signature.removeprefix("0x"))
    made = orders.create_signed_order(unsigned, wire, post_only=wanted["post_only"])
    return post.build_post_order_request(made, owner_api_key=OWNER)[1]


def _draft(context: Any, wanted: dict[str, Any]) -> Any:
    common = {"asset_id": wanted["token"], "side": wanted["side"], "builder_code": wanted["builder"]}
    if wanted["type"] not in IMMEDIATE:
        expiration = wanted["expiration"] or None
        params = limit.validate_limit_order_params(
            price=wanted["price"], size=wanted["quantity"], post_only=wanted["post_only"], **common
        )
        return limit.prepare_limit_order_draft_sync(context, dataclasses.replace(params, expiration=expiration))
    buys = wanted["side"] == "BUY"
    quantity = {
        "amount" if buys else "shares": wanted["quantity"],
        "max_price" if buys else "min_price": wanted["price"],
    }
    params = market.validate_market_order_params(order_type=wanted["type"], **quantity, **common)
    return market.prepare_market_order_draft_sync(context, params)


def answer(make: Callable[[dict[str, Any]], Any], wanted: dict[str, Any]) -> Any:
    """A body, or why there is none."""
    try:
        return make(wanted)
    except PolymarketError as error:
        return {"refused": str(error)}


for wanted in CONFIG["orders"]:
    tell(wanted["name"], {"clob": clob_body(wanted), "newer": answer(newer_body, wanted)})
