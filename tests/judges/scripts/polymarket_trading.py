"""polymarket-client trades for one wallet: every kind of order, every kind of cancel, trades, balances, refusals."""

import time

from polymarket_sandbox import environment, secure_client  # type: ignore[import-not-found]
from telling import refusal, tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["polymarket"][CONFIG["account"]]
DOLLARS = {"asset_type": "COLLATERAL"}

client = secure_client(CONFIG["polymarket"], ACCOUNT)
market = client.get_market(slug="judged-verdict")
yes = market.outcomes.yes.token_id
SHARES = {"asset_type": "CONDITIONAL", "asset_id": yes}


def resting(price: str, **more: object) -> str:
    """The id of an order that rests far below the market."""
    return str(client.place_limit_order(asset_id=yes, price=price, size=20, side="BUY", **more).order_id)


def open_ids() -> list[str]:
    """What the venue says is open in this market."""
    return [order.id for order in client.list_open_orders(market=market.condition_id).iter_items()]


tell("wallet", [client.wallet_type, client.wallet])
tell("own key is listed", client.credentials.key in client.fetch_api_keys())
tell("closed only", client.get_closed_only_mode())
client.cancel_all()
before, shares_before = client.get_balance_allowance(**DOLLARS).balance, client.get_balance_allowance(**SHARES).balance

limit = client.place_limit_order(asset_id=yes, price="0.40", size=20, side="BUY")
order = client.get_order(order_id=limit.order_id)
tell("limit", [limit.status, limit.making_amount, limit.taking_amount, limit.trade_ids])
tell("its order", [order.status, order.price, order.original_size, order.size_matched, order.order_type, order.outcome])
tell("its maker", order.maker_address.lower() == client.wallet.lower())
tell("reserves nothing visibly", client.get_balance_allowance(**DOLLARS).balance == before)
dated = client.get_order(order_id=resting("0.39", expiration=int(time.time()) + 600))
tell("good till date", [dated.order_type, dated.expires_at.timestamp() > time.time() + 500])
quiet = resting("0.38", post_only=True)
tell("post-only", client.get_order(order_id=quiet).status)
tell(
    "crossing post-only",
    refusal(lambda: client.place_limit_order(asset_id=yes, price="0.60", size=20, side="BUY", post_only=True)),
)
tell("open", open_ids() == [limit.order_id, dated.id, quiet])

fok = client.place_market_order(asset_id=yes, amount=26, side="BUY", order_type="FOK")
tell("fill-or-kill", [fok.status, fok.making_amount, fok.taking_amount, len(fok.trade_ids)])
tell(
    "too large",
    refusal(
        lambda: client.place_market_order(asset_id=yes, amount=5_000, max_price="0.53", side="BUY", order_type="FOK")
    ),
)
tell(
    "nothing to take",
    refusal(lambda: client.place_market_order(asset_id=yes, amount=10, max_price="0.20", side="BUY", order_type="FAK")),
)

batch = client.post_orders(
    [
        client.create_limit_order(asset_id=yes, price=p, size=s, side="BUY")
        for p, s in (("0.37", 20), ("0.36", 1), ("0.35", 20))
    ]
)
tell("batch", [getattr(each, "status", None) or [each.code, each.message] for each in batch])
tell("cancel", client.cancel_order(order_id=limit.order_id).canceled == (limit.order_id,))
some = client.cancel_orders(order_ids=[batch[0].order_id, limit.order_id])
tell("cancel some", [some.canceled == (batch[0].order_id,), list(some.not_canceled) == [limit.order_id]])
tell("what it says", list(some.not_canceled.values()))
[bracket] = client.list_markets(slug="judged-election-1").iter_items()
other = client.place_limit_order(asset_id=bracket.outcomes.yes.token_id, price="0.05", size=20, side="BUY")
tell("negative risk", [bracket.state.neg_risk, other.status])
tell("cancel market", len(client.cancel_market_orders(market=market.condition_id).canceled))
tell("still open elsewhere", [each.id == other.order_id for each in client.list_open_orders().iter_items()])
tell("cancel all", client.cancel_all().canceled == (other.order_id,))

tell("too small", refusal(lambda: client.place_limit_order(asset_id=yes, price="0.30", size=1, side="BUY")))
tell("too dear", refusal(lambda: client.place_limit_order(asset_id=yes, price="0.45", size=1_000_000, side="BUY")))
tell(
    "too much to sell",
    refusal(lambda: client.place_limit_order(asset_id=yes, price="0.60", size=1_000_000, side="SELL")),
)
tell("off the grid", refusal(lambda: client.place_limit_order(asset_id=yes, price="0.305", size=20, side="BUY")))
tell("unknown order", refusal(lambda: client.get_order(order_id="0x" + "ab" * 32)))

stranger = type(client)._create(
    private_key=ACCOUNT["private_key"],
    wallet=ACCOUNT["funder"],
    environment=environment(CONFIG["polymarket"]),
    credentials=client.credentials.model_copy(update={"passphrase": "wrong"}),
    validate_credentials=False,
)
tell("wrong credentials", refusal(lambda: stranger.list_open_orders().first_page()))

tell("settled", len(client.wait_for_order_fill_settlement(fok)))
taken = {trade.taker_order_id: trade for trade in client.list_account_trades(market=market.condition_id).iter_items()}
trade = taken[fok.order_id]
tell("its trade", [trade.id == fok.trade_ids[0], trade.side, trade.price, trade.size, trade.trader_side, trade.outcome])
tell("its makers", [[maker.side, maker.price, maker.matched_amount] for maker in trade.maker_orders])
tell("dollars", client.get_balance_allowance(**DOLLARS).balance - before)
tell("shares", client.get_balance_allowance(**SHARES).balance - shares_before)
fak = client.place_market_order(asset_id=yes, shares=5, side="SELL", order_type="FAK")
tell("fill-and-kill", [fak.status, fak.making_amount, fak.taking_amount])
tell("shares after a sale", client.get_balance_allowance(**SHARES).balance - shares_before)
