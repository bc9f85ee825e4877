"""kalshi_python_async looks after its account: keys of both kinds, what a settled market pays, and the rate limit."""

import asyncio
import json
import urllib.request
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from kalshi_python_async import (  # type: ignore[import-not-found]
    ApiKeysApi,
    ExchangeApi,
    MarketApi,
    OrdersApi,
    PortfolioApi,
)
from kalshi_sandbox import kalshi  # type: ignore[import-not-found]
from telling import refusal_of, tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["kalshi"]["alice"]
PURCHASE = {
    "side": "bid",
    "count": "10",
    "price": "0.52",
    "time_in_force": "fill_or_kill",
    "self_trade_prevention_type": "taker_at_cross",
}


def control(path: str, **body: str) -> None:
    """Steer the sandbox."""
    request = urllib.request.Request(  # noqa: S310 - an address of the sandbox
        CONFIG["control"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        answer.read()


async def balance_with(key_id: str, pem: str) -> str:
    """The balance, read with another key."""
    async with kalshi(CONFIG["kalshi"], {"key_id": key_id, "private_key": pem}) as client:
        text: str = (await PortfolioApi(client).get_balance()).balance_dollars
        return text


async def keys(client: Any) -> None:
    api, balance = ApiKeysApi(client), (await PortfolioApi(client).get_balance()).balance_dollars
    made = await api.generate_api_key(name="generated")
    tell(
        "generated key",
        [made.private_key.splitlines()[0], await balance_with(made.api_key_id, made.private_key) == balance],
    )
    own = Ed25519PrivateKey.generate()
    public = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    added = (await api.create_api_key(name="brought", public_key=public)).api_key_id
    tell("brought key", await balance_with(added, private) == balance)
    listed = {key.api_key_id: key.name for key in (await api.get_api_keys()).api_keys}
    tell("listed", [listed[made.api_key_id], listed[added]])
    await api.delete_api_key(made.api_key_id)
    await api.delete_api_key(added)
    tell("deleted key", await refusal_of(balance_with(added, private)))
    tell("other key", await refusal_of(balance_with(ACCOUNT["key_id"], private)))


async def settlement(client: Any) -> None:
    portfolio = PortfolioApi(client)
    [market] = (await MarketApi(client).get_markets(series_ticker="KXPAROLE")).markets
    bought = await OrdersApi(client).create_order_v2(ticker=market.ticker, **PURCHASE)
    tell("bought", bought.fill_count)
    before = float((await portfolio.get_balance()).balance_dollars)
    control(f"/markets/{market.ticker}/resolve", payout="1")
    tell("paid", float((await portfolio.get_balance()).balance_dollars) - before)
    await asyncio.sleep(1.1)  # lists lag behind by up to a second, as at the venue
    [row] = (await portfolio.get_settlements(ticker=market.ticker)).settlements
    tell("settlement", [row.market_result, row.yes_count_fp, row.yes_total_cost_dollars, row.no_count_fp, row.revenue])
    after = (await MarketApi(client).get_market(market.ticker)).market
    tell("its market", [after.status, after.result, after.settlement_value_dollars])
    rows = (await portfolio.get_positions(ticker=market.ticker, count_filter="position")).market_positions
    tell("position left", [each.position_fp for each in rows])


async def pauses(client: Any) -> None:
    exchange, orders = ExchangeApi(client), OrdersApi(client)
    [market] = (await MarketApi(client).get_markets(series_ticker="KXTRIAL")).markets
    for what, mode in (("trading paused", "cancel_only"), ("exchange paused", "disabled")):
        control("/mode", venue="kalshi", mode=mode)
        status = await exchange.get_exchange_status()
        refused = await refusal_of(orders.create_order_v2(ticker=market.ticker, **PURCHASE))
        tell(what, [status.exchange_active, status.trading_active, refused["type"], refused["status"], refused["body"]])
    control("/mode", venue="kalshi", mode="normal")


async def too_many(client: Any) -> None:
    """More requests at once than the token bucket of the account holds."""
    api = PortfolioApi(client)
    answers = await asyncio.gather(*(api.get_balance() for _ in range(150)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, Exception)]
    tell("refused", sorted({(type(each).__name__, each.status) for each in refused}))  # type: ignore[attr-defined]
    tell("taken", 0 < len(answers) - len(refused) < len(answers))
    tell("says", refused[0].body)  # type: ignore[attr-defined]
    await asyncio.sleep(1.5)
    tell("again", (await api.get_balance()).balance >= 0)


async def main() -> None:
    async with kalshi(CONFIG["kalshi"]) as nobody:
        tell("without a key", await refusal_of(PortfolioApi(nobody).get_balance()))
    async with kalshi(CONFIG["kalshi"], ACCOUNT) as client:
        await keys(client)
        await settlement(client)
        await pauses(client)
        await too_many(client)


asyncio.run(main())
