"""polymarket-client trades on an account on which somebody else trades too: it sees their orders."""

from polymarket_sandbox import secure_client  # type: ignore[import-not-found]
from telling import tell, told  # type: ignore[import-not-found]

CONFIG = told()
client = secure_client(CONFIG["polymarket"], CONFIG["accounts"]["polymarket"][CONFIG["account"]])
yes = client.get_market(slug="judged-verdict").outcomes.yes.token_id


def resting(price: str) -> str:
    """The id of an order that rests far below the market."""
    return str(client.place_limit_order(asset_id=yes, price=price, size=20, side="BUY").order_id)


tell("open before", [order.id for order in client.list_open_orders().iter_items()])
kept, gone = resting("0.40"), resting("0.39")
tell("bought", str(client.place_market_order(asset_id=yes, amount=26, side="BUY", order_type="FOK").taking_amount))
client.cancel_order(order_id=gone)
open_now = [order.id for order in client.list_open_orders().iter_items()]
tell("cancelled", gone not in open_now)
tell("kept", kept)
tell("open after", open_now)
