"""polymarket-client reads: discovery with paging, books, prices, history, rewards, errors. No key."""

from polymarket import PublicClient  # type: ignore[import-not-found]
from polymarket_sandbox import environment  # type: ignore[import-not-found]
from telling import refusal, tell, told  # type: ignore[import-not-found]

CONFIG = told()
NOBODY = "0x" + "00" * 19 + "01"

with PublicClient(environment(CONFIG["polymarket"])) as client:
    pages = list(client.list_markets(page_size=2))
    tell("markets by page", [[market.slug for market in page.items] for page in pages])
    tell("events", [[event.slug, len(event.markets)] for event in client.list_events(page_size=2).iter_items()])
    [election] = client.list_events(slug="judged-election").first_page().items
    tell("election", [[market.group_item_title, market.state.neg_risk] for market in election.markets])
    tell("found", [[event.slug for event in hit.events or ()] for hit in client.search(q="verdict").first_page().items])

    market = client.get_market(slug="judged-bill")
    yes, no = market.outcomes.yes.token_id, market.outcomes.no.token_id
    tell("same by condition", [m.slug for m in client.list_markets(condition_ids=market.condition_id).iter_items()])
    tell("same by token", [m.slug for m in client.list_markets(clob_token_ids=yes).iter_items()])
    tell("tick", market.trading.minimum_tick_size)
    tell("fee", [market.trading.fees_enabled, market.trading.fee_schedule.rate, market.trading.fee_schedule.exponent])
    tell("open", [market.state.active, market.state.closed, market.state.accepting_orders])

    books = client.get_order_books(asset_ids=[yes, no])
    tell("book", [[[level.price, level.size] for level in levels] for levels in (books[0].bids, books[0].asks)])
    tell("mirror", [[[level.price, level.size] for level in levels] for levels in (books[1].bids, books[1].asks)])
    tell("book says", [books[0].tick_size, books[0].min_order_size, books[0].neg_risk, len(books[0].hash)])
    tell("same book alone", client.get_order_book(asset_id=yes) == books[0])
    tell("midpoint", client.get_midpoint(asset_id=yes))
    tell("midpoints", sorted(client.get_midpoints(asset_ids=[yes, no]).values()))
    tell("spread", client.get_spread(asset_id=yes))
    tell("price", [client.get_price(asset_id=yes, side=side) for side in ("BUY", "SELL")])
    tell("cost of 400 dollars", client.estimate_market_price(asset_id=yes, side="BUY", amount=400))
    rewards = {each.condition_id: each for each in client.list_current_rewards().iter_items()}
    bill = rewards[market.condition_id]
    tell("reward", [bill.rewards_config[0].rate_per_day, bill.rewards_max_spread, bill.rewards_min_size])
    tell("reward markets", [each.market_slug for each in client.list_reward_markets().iter_items()])
    tell(
        "market reward",
        [each.question for each in client.list_market_rewards(condition_id=market.condition_id).iter_items()],
    )
    tell("nobody's positions", list(client.list_positions(user=NOBODY).iter_items()))

    tell("unknown market", refusal(lambda: client.get_market(slug="there-is-none")))
    tell("unknown book", refusal(lambda: client.get_order_book(asset_id="123")))
