"""py-clob-client-v2 trades for one wallet: keys, every kind of order and cancel, trades, balances, refusals."""

import time
from typing import Any

from py_clob_client_v2.client import ClobClient  # type: ignore[import-not-found]
from py_clob_client_v2.clob_types import (  # type: ignore[import-not-found]
    ApiCreds,
    AssetType,
    BalanceAllowanceParams,
    MarketOrderArgs,
    OpenOrderParams,
    OrderArgs,
    OrderMarketCancelParams,
    OrderPayload,
    OrderScoringParams,
    OrderType,
    PostOrdersV2Args,
    TradeParams,
)
from telling import refusal, tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["polymarket"][CONFIG["account"]]
POLYGON = 137


def client_with(creds: ApiCreds | None) -> ClobClient:
    """A client for the account, with these credentials."""
    return ClobClient(
        CONFIG["polymarket"]["clob"],
        POLYGON,
        key=ACCOUNT["private_key"],
        creds=creds,
        signature_type=ACCOUNT["signature_type"],
        funder=ACCOUNT["funder"],
    )


client = client_with(None)
creds = client.create_or_derive_api_key()
tell("derived again", client.derive_api_key() == creds)
client.set_api_creds(creds)
tell("own key is listed", creds.api_key in client.get_api_keys()["apiKeys"])
client.cancel_all()
market = next(each for each in client.get_markets()["data"] if each["market_slug"] == "judged-appeal")
condition, yes = market["condition_id"], market["tokens"][0]["token_id"]


def limit(price: float, size: float = 20, side: str = "BUY", expiration: int = 0) -> OrderArgs:
    """A limit order in the market that is traded here."""
    return OrderArgs(token_id=yes, price=price, size=size, side=side, expiration=expiration)


def market_order(amount: float, price: float, side: str, kind: str) -> Any:
    """What the venue answers to a market order."""
    args = MarketOrderArgs(token_id=yes, amount=amount, price=price, side=side, order_type=kind)
    return client.create_and_post_market_order(args, order_type=kind)


def balance(kind: str, token: str | None = None) -> int:
    """Millionths of dollars or shares."""
    return int(client.get_balance_allowance(BalanceAllowanceParams(asset_type=kind, token_id=token))["balance"])


before, shares_before = balance(AssetType.COLLATERAL), balance(AssetType.CONDITIONAL, yes)
fok = market_order(26, 0.52, "BUY", OrderType.FOK)
tell("fill-or-kill", [fok["success"], fok["status"], fok["makingAmount"], fok["takingAmount"], len(fok["tradeIDs"])])
tell("its transactions", len(fok["transactionsHashes"]))

resting = client.create_and_post_order(limit(0.40))
tell("limit", [resting["success"], resting["status"], resting["errorMsg"]])
order = client.get_order(resting["orderID"])
tell("its order", [order["status"], order["price"], order["original_size"], order["size_matched"], order["order_type"]])
dated = client.create_and_post_order(limit(0.39, expiration=int(time.time()) + 600), order_type=OrderType.GTD)
tell("good till date", client.get_order(dated["orderID"])["order_type"])
quiet = client.create_and_post_order(limit(0.38), post_only=True)
tell(
    "open",
    [each["id"] for each in client.get_open_orders(OpenOrderParams(market=condition))]
    == [resting["orderID"], dated["orderID"], quiet["orderID"]],
)
tell("scoring", client.is_order_scoring(OrderScoringParams(orderId=resting["orderID"])))
tell("crossing post-only", refusal(lambda: client.create_and_post_order(limit(0.60), post_only=True)))
tell("too large", refusal(lambda: market_order(5_000, 0.53, "BUY", OrderType.FOK)))
tell("nothing to take", refusal(lambda: market_order(10, 0.20, "BUY", OrderType.FAK)))
tell("too small", refusal(lambda: client.create_and_post_order(limit(0.30, size=1))))
tell("too dear", refusal(lambda: client.create_and_post_order(limit(0.45, size=1_000_000))))
signed = client.create_order(limit(0.31))
tell("first time", client.post_order(signed)["status"])
tell("second time", refusal(lambda: client.post_order(signed)))

batch = client.post_orders(
    [
        PostOrdersV2Args(order=client.create_order(limit(p, s)), orderType=OrderType.GTC)
        for p, s in ((0.37, 20), (0.36, 1), (0.35, 20))
    ]
)
tell("batch", [[each["success"], each["status"]] for each in batch])
tell("its error", batch[1]["errorMsg"])
tell(
    "cancel",
    client.cancel_order(OrderPayload(orderID=resting["orderID"]))
    == {"canceled": [resting["orderID"]], "not_canceled": {}},
)
some = client.cancel_orders([batch[0]["orderID"], resting["orderID"]])
tell("cancel some", [some["canceled"] == [batch[0]["orderID"]], list(some["not_canceled"]) == [resting["orderID"]]])
tell("cancel market", len(client.cancel_market_orders(OrderMarketCancelParams(market=condition))["canceled"]))
client.create_and_post_order(limit(0.33))
tell("cancel all", len(client.cancel_all()["canceled"]))
tell("left open", client.get_open_orders())

deadline = time.monotonic() + 20
while (trade := client.get_trades(TradeParams(id=fok["tradeIDs"][0]))[0])["status"] != "CONFIRMED":
    if time.monotonic() > deadline:
        raise SystemExit(f"the trade is still {trade['status']}")
    time.sleep(0.25)
tell(
    "its trade",
    [trade["taker_order_id"] == fok["orderID"], trade["side"], trade["price"], trade["size"], trade["trader_side"]],
)
tell("dollars", balance(AssetType.COLLATERAL) - before)
tell("shares", balance(AssetType.CONDITIONAL, yes) - shares_before)
sold = market_order(5, 0.48, "SELL", OrderType.FAK)
tell("fill-and-kill", [sold["status"], sold["makingAmount"], sold["takingAmount"]])

wrong = ApiCreds(creds.api_key, creds.api_secret, "wrong")
tell("wrong credentials", refusal(lambda: client_with(wrong).get_open_orders()))
