"""py-clob-client-v2 trades on an account on which somebody else trades too: it sees their orders."""

from py_clob_client_v2.client import ClobClient  # type: ignore[import-not-found]
from py_clob_client_v2.clob_types import (  # type: ignore[import-not-found]
    MarketOrderArgs,
    OrderArgs,
    OrderPayload,
    OrderType,
)
from telling import tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["polymarket"][CONFIG["account"]]
client = ClobClient(
    CONFIG["polymarket"]["clob"],
    137,
    key=ACCOUNT["private_key"],
    signature_type=ACCOUNT["signature_type"],
    funder=ACCOUNT["funder"],
)
client.set_api_creds(client.create_or_derive_api_key())
market = next(each for each in client.get_markets()["data"] if each["market_slug"] == "judged-appeal")
yes = market["tokens"][0]["token_id"]

tell("open before", [each["id"] for each in client.get_open_orders()])
kept, gone = (
    client.create_and_post_order(OrderArgs(token_id=yes, price=price, size=20, side="BUY"))["orderID"]
    for price in (0.40, 0.39)
)
bought = MarketOrderArgs(token_id=yes, amount=26, price=0.52, side="BUY", order_type=OrderType.FOK)
tell("bought", client.create_and_post_market_order(bought, order_type=OrderType.FOK)["takingAmount"])
tell("cancelled", client.cancel_order(OrderPayload(orderID=gone))["canceled"] == [gone])
tell("kept", kept)
tell("open after", [each["id"] for each in client.get_open_orders()])
