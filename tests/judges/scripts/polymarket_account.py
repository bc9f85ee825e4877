"""polymarket-client looks after its account: keys, the dead man's switch, scoring, rewards, notifications."""

import datetime as dt
import time

from polymarket_sandbox import environment, secure_client  # type: ignore[import-not-found]
from telling import refusal, tell, told  # type: ignore[import-not-found]

CONFIG = told()
ACCOUNT = CONFIG["accounts"]["polymarket"]["bob"]
TODAY = dt.datetime.now(dt.UTC).date().isoformat()

client = secure_client(CONFIG["polymarket"], ACCOUNT)
again = secure_client(CONFIG["polymarket"], ACCOUNT)
tell("derived again", again.credentials == client.credentials)
other = type(client)._create(
    private_key=ACCOUNT["private_key"], wallet=ACCOUNT["funder"], environment=environment(CONFIG["polymarket"]), nonce=7
)
tell("another key", [other.credentials.key != client.credentials.key, len(client.fetch_api_keys())])

market = client.get_market(slug="judged-bill")
yes = market.outcomes.yes.token_id
near = client.place_limit_order(asset_id=yes, price="0.47", size=50, side="BUY").order_id
far = client.place_limit_order(asset_id=yes, price="0.30", size=50, side="BUY").order_id

switch = other.send_order_heartbeat()
switch = other.send_order_heartbeat(heartbeat_id=switch.heartbeat_id)
stale = refusal(lambda: other.send_order_heartbeat(heartbeat_id="stale"))
tell("stale heartbeat", [stale["type"], stale["status"], stale["heartbeat_id"] == switch.heartbeat_id])

tell("earnings today", [each.condition_id for each in client.list_user_earnings_for_day(date=TODAY).iter_items()])
tell("in all", [each.earnings for each in client.get_total_earnings_for_user_for_day(date=TODAY)])
config = client.list_user_earnings_and_markets_config(date=TODAY).iter_items()
tell("rewarded markets", [each.market_slug for each in config])
tell("percentages", client.get_reward_percentages())
tell("rebates", list(client.get_current_rebates(date=TODAY, maker_address=client.wallet)))

patience = time.monotonic() + 20
while not client.get_order_scoring(order_id=near) and time.monotonic() < patience:
    time.sleep(0.2)
tell("scoring", [client.get_order_scoring(order_id=near), client.get_order_scoring(order_id=far)])
tell("both at once", client.get_orders_scoring(order_ids=[near, far]) == {near: True, far: False})
client.cancel_all()
tell("notifications", [type(each).__name__ for each in client.get_notifications()])

builder = client.create_builder_api_key()
tell("builder key", builder.key in [each.key for each in client.fetch_builder_api_keys()])
keyed = type(client)._create(
    private_key=ACCOUNT["private_key"],
    wallet=ACCOUNT["funder"],
    environment=environment(CONFIG["polymarket"]),
    credentials=client.credentials,
    api_key=builder,
)
keyed.revoke_builder_api_key()
tell("revoked", all(each.revoked_at for each in client.fetch_builder_api_keys() if each.key == builder.key))
other.delete_api_key()
tell("deleted key", refusal(lambda: other.list_open_orders().first_page()))
tell("left", client.fetch_api_keys() == (client.credentials.key,))
