"""`polymarket-client` 0.14, the venue's current SDK, takes the sandbox for Polymarket."""

from typing import Any

from tests.judges.conftest import Judge, Seen

SIDE = [[f"0.{cents}", "500"] for cents in range(43, 49)]
OTHER_SIDE = [[f"0.{cents}", "500"] for cents in range(57, 51, -1)]


def why(refusal: Seen) -> list[Any]:
    """What a caller of the SDK can tell a refusal by; ids of orders are left out."""
    words = [word if not word.startswith("0x") else "ID" for word in refusal["text"].split()]
    return [refusal["type"], refusal["status"], " ".join(words)]


def test_it_finds_every_market_and_reads_its_books(judge: Judge) -> None:
    [saw] = judge("polymarket_reading")
    pages = saw["markets by page"]
    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
    assert len({slug for page in pages for slug in page}) == 9
    assert ["judged-election", 4] in saw["events"]
    assert saw["election"] == [["Ames", True], ["Boyd", True], ["Cole", True], ["Other", True]]
    assert saw["found"] == [["judged-verdict"]]
    assert saw["same by condition"] == saw["same by token"] == ["judged-bill"]
    assert (saw["tick"], saw["fee"], saw["open"]) == ("0.01", [True, "0.04", 1], [True, False, True])

    assert saw["book"] == saw["mirror"] == [SIDE, OTHER_SIDE]
    assert saw["book says"] == ["0.01", "5", False, 40]
    assert saw["same book alone"]
    assert (saw["midpoint"], saw["midpoints"], saw["spread"]) == ("0.5", ["0.5", "0.5"], "0.04")
    assert saw["price"] == ["0.48", "0.52"]
    assert saw["cost of 400 dollars"] == "0.53"

    assert saw["reward"] == ["100", 4.5, "10"]
    assert (saw["reward markets"], saw["market reward"]) == (["judged-bill"], ["Does the bill pass?"])
    assert saw["nobody's positions"] == []
    assert why(saw["unknown market"]) == ["RequestRejectedError", 404, "slug not found"]
    unknown = ["RequestRejectedError", 404, "No orderbook exists for the requested token id"]
    assert why(saw["unknown book"]) == unknown


def test_every_kind_of_wallet_trades(judge: Judge) -> None:
    kinds = []
    for saw in judge("polymarket_trading", "alice", "bob", "carol"):
        kinds.append(saw["wallet"][0])
        check_orders(saw)
        check_fills(saw)
        check_cancels(saw)
        check_refusals(saw)
    assert kinds == ["EOA", "POLY_PROXY", "DEPOSIT_WALLET"]


def check_orders(saw: Seen) -> None:
    assert (saw["own key is listed"], saw["closed only"]) == (True, False)
    assert saw["limit"] == ["live", "0", "0", []]
    assert saw["its order"] == ["LIVE", "0.4", "20", "0", "GTC", "Yes"]
    assert saw["its maker"]
    assert saw["reserves nothing visibly"]
    assert saw["good till date"] == ["GTD", True]
    assert saw["post-only"] == "LIVE"
    assert saw["open"]
    assert saw["negative risk"] == [True, "live"]
    first, refused, last = saw["batch"]
    assert (first, last) == ("live", "live")
    assert refused[0] == "unknown"
    assert refused[1].endswith("is invalid. Size (1) lower than the minimum: 5")


def check_fills(saw: Seen) -> None:
    """Fifty shares at 0.52, and a fee of 4 % of p (1 - p) on each."""
    assert saw["fill-or-kill"] == ["matched", "26", "50", 1]
    assert saw["settled"] == 1
    assert (saw["dollars"], saw["shares"]) == (-26_000_000 - 499_200, 50_000_000)
    assert saw["its trade"] == [True, "BUY", "0.52", "50", "TAKER", "Yes"]
    assert sum(float(size) for _, _, size in saw["its makers"]) == 50
    assert saw["fill-and-kill"] == ["matched", "5", "2.4"]
    assert saw["shares after a sale"] == 45_000_000


def check_cancels(saw: Seen) -> None:
    assert saw["cancel"]
    assert saw["cancel some"] == [True, True]
    assert saw["what it says"] == ["Order not found or already canceled"]
    assert saw["cancel market"] == 3
    assert saw["still open elsewhere"] == [True]
    assert saw["cancel all"]


def check_refusals(saw: Seen) -> None:
    short = "not enough balance / allowance: the balance is not enough"
    for what, text in (
        ("crossing post-only", "invalid post-only order: order crosses book"),
        ("too large", "order couldn't be fully filled. FOK orders are fully filled or killed."),
        (
            "nothing to take",
            "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found.",
        ),
        ("too small", "order ID is invalid. Size (1) lower than the minimum: 5"),
    ):
        assert why(saw[what]) == ["RequestRejectedError", 400, text]
    for what in ("too dear", "too much to sell"):
        assert why(saw[what])[2].startswith(short)
    assert saw["off the grid"]["type"] == "UserInputError"
    assert why(saw["unknown order"]) == ["RequestRejectedError", 404, "order not found"]
    assert why(saw["wrong credentials"]) == ["RequestRejectedError", 401, "Unauthorized/Invalid api key"]


def test_it_looks_after_keys_rewards_and_the_dead_mans_switch(judge: Judge) -> None:
    [saw] = judge("polymarket_account")
    assert saw["derived again"]
    assert saw["another key"] == [True, 2]
    assert saw["stale heartbeat"] == ["OrderHeartbeatMismatchError", 400, True]
    assert saw["scoring"] == [True, False]
    assert saw["both at once"]
    assert saw["rewarded markets"] == ["judged-bill"]
    assert (saw["earnings today"], saw["in all"], saw["rebates"]) == ([], [], [])
    assert "OrderCancellationNotification" in saw["notifications"]
    assert saw["builder key"]
    assert saw["revoked"]
    assert why(saw["deleted key"]) == ["RequestRejectedError", 401, "Unauthorized/Invalid api key"]
    assert saw["left"]


def test_its_streams_tell_what_rest_says(judge: Judge) -> None:
    [saw] = judge("polymarket_streams")
    assert saw["books first"] == ["book", "book"]
    assert saw["as REST has them"] == [True, True]
    assert saw["change"] == [[True, "BUY", "0.41", "20"], [False, "SELL", "0.59", "20"]]
    assert saw["hash of the change"] == [True, "0.48", "0.52"]
    assert saw["own order"] == [[True, "PLACEMENT", "LIVE", "0"], [True, "CANCELLATION", "CANCELED", "0"]]
    assert saw["public fill"] == ["book", "book", "last_trade_price"]
    assert saw["print"] == ["0.52", "50", "BUY"]
    assert saw["trade life"] == ["MATCHED", "MINED", "CONFIRMED"]
    assert saw["trade"] == [True, True, "BUY", "0.52", "50"]
    assert saw["hash of its transaction"]
    check_data(saw)
    assert saw["price"] == ["prices.crypto.chainlink", "btc/usd", True]
    assert saw["lost"] == [0, 0, 0]


def check_data(saw: Seen) -> None:
    """What the Data API tells of fifty shares that one account bought of one maker."""
    assert saw["position"] == [True, "50", "0.52", "26"]
    assert saw["activity"] == ["TRADE", "BUY", "50", "0.52"]
    assert saw["public trades"] == ["50"]
    assert saw["added"] == [25, 26, 1, 1, 1]
    assert saw["open interest"] == ["50"]
    assert saw["holders"] == [["50"], ["50"]]
    assert saw["event volume"] == "50"
    assert saw["leaders"] == [1, 2]
    assert saw["token"] == ["Yes", True, False]
    assert saw["resolution"] == ["initialized", None]
    assert saw["price history"] == ["0.5", 60]


def test_modes_and_limits_of_the_venue_reach_the_caller_as_such(judge: Judge) -> None:
    [saw] = judge("polymarket_trouble")
    assert saw["restarting"] == ["RequestRejectedError", 425, "restarting"]
    assert saw["post_only"] == ["RequestRejectedError", 503, "post_only"]
    assert saw["post-only in post_only"] == "live"
    assert saw["cancel_only"] == ["RequestRejectedError", 503, "cancel_only"]
    assert saw["cancelled in cancel_only"] == 1
    assert saw["disabled"][:2] == ["RequestRejectedError", 503]
    assert saw["too many"] == ["RateLimitError", 7.0]
    assert saw["a page"] == ["RequestRejectedError", 502]
    assert saw["afterwards"] == "live"
