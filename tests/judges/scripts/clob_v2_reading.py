"""py-clob-client-v2 reads: markets, books with the SDK's own hash check, prices, parameters, errors."""

from py_clob_client_v2.client import ClobClient  # type: ignore[import-not-found]
from py_clob_client_v2.clob_types import BookParams, PricesHistoryParams  # type: ignore[import-not-found]
from py_clob_client_v2.utilities import parse_raw_orderbook_summary  # type: ignore[import-not-found]
from telling import refusal, tell, told  # type: ignore[import-not-found]

CONFIG = told()
POLYGON = 137

client = ClobClient(CONFIG["polymarket"]["clob"], POLYGON)
tell("ok", client.get_ok())
tell("version", client.get_version())
tell("time", client.get_server_time() > 1_700_000_000)

page = client.get_markets()
by_slug = {market["market_slug"]: market for market in page["data"]}
tell("markets", [sorted(by_slug), page["next_cursor"]])
bill = by_slug["judged-bill"]
tell("sampled", [market["market_slug"] for market in client.get_sampling_markets()["data"]])
tell("simplified", len(client.get_simplified_markets()["data"]) == len(by_slug))
tell("one market", client.get_market(bill["condition_id"]) == bill)
yes, no = (token["token_id"] for token in bill["tokens"])
tell("tokens", [token["outcome"] for token in bill["tokens"]])
tell(
    "parameters",
    [client.get_tick_size(yes), client.get_neg_risk(yes), client.get_fee_rate_bps(yes), client.get_fee_exponent(yes)],
)
election = next(market for slug, market in by_slug.items() if slug.startswith("judged-election"))
tell("negative risk", client.get_neg_risk(election["tokens"][0]["token_id"]))
tell("market info", sorted(client.get_clob_market_info(bill["condition_id"])))

raw = client.get_order_book(yes)
book = parse_raw_orderbook_summary(raw)
tell("hash", client.get_order_book_hash(book) == raw["hash"])
tell("best", [raw["bids"][-1], raw["asks"][-1]])
both = client.get_order_books([BookParams(token_id=yes), BookParams(token_id=no)])
tell("hashes", [client.get_order_book_hash(parse_raw_orderbook_summary(each)) == each["hash"] for each in both])
tell("midpoint", client.get_midpoint(yes))
tell("spread", client.get_spread(yes))
tell("prices", [client.get_price(yes, "BUY"), client.get_price(yes, "SELL")])
tell("cost", client.calculate_market_price(yes, "BUY", 400, "FOK"))
tell("last trade", client.get_last_trade_price(yes))
tell("history", sorted(client.get_prices_history(PricesHistoryParams(market=yes, interval="1h"))))
tell("rewards", [each["condition_id"] == bill["condition_id"] for each in client.get_current_rewards()])

tell("unknown market", refusal(lambda: client.get_market("0x" + "00" * 32)))
tell("unknown book", refusal(lambda: client.get_order_book("123")))
tell("without a key", refusal(client.get_open_orders))
