"""`py-clob-client-v2` 1.2, the venue's older SDK, takes the sandbox for Polymarket's order book."""

from typing import Any

from tests.judges.conftest import Judge, Seen


def why(refusal: Seen) -> list[Any]:
    """The class of the error, the status and the venue's words; ids of orders are left out."""
    words = [word if not word.startswith("0x") else "ID" for word in refusal["error_msg"]["error"].split()]
    return [refusal["type"], refusal["status_code"], " ".join(words)]


def test_it_reads_markets_and_books_and_the_hash_of_each_book_is_right(judge: Judge) -> None:
    [saw] = judge("clob_v2_reading")
    assert (saw["ok"], saw["version"], saw["time"]) == ("OK", 2, True)
    slugs, cursor = saw["markets"]
    assert (len(slugs), cursor) == (9, "LTE=")
    assert saw["sampled"] == ["judged-bill"]
    assert saw["simplified"]
    assert saw["one market"]
    assert saw["tokens"] == ["Yes", "No"]
    assert saw["parameters"] == ["0.01", False, 1_000, 1]
    assert saw["negative risk"]
    assert {"c", "t", "mts", "mos", "fd"} <= set(saw["market info"])

    assert saw["hash"]
    assert saw["hashes"] == [True, True]
    assert saw["best"] == [{"price": "0.48", "size": "500"}, {"price": "0.52", "size": "500"}]
    assert (saw["midpoint"], saw["spread"]) == ({"mid": "0.5"}, {"spread": "0.04"})
    assert saw["prices"] == [{"price": "0.48"}, {"price": "0.52"}]
    assert saw["cost"] == 0.53
    assert saw["last trade"] == {"price": "0.5", "side": ""}
    assert saw["history"] == ["history"]
    assert saw["rewards"] == [True]
    assert why(saw["unknown market"]) == ["PolyApiException", 404, "market not found"]
    unknown = ["PolyApiException", 404, "No orderbook exists for the requested token id"]
    assert why(saw["unknown book"]) == unknown
    assert saw["without a key"]["type"] == "PolyException"


def test_a_plain_wallet_and_a_deposit_wallet_trade(judge: Judge) -> None:
    for saw in judge("clob_v2_trading", "alice", "carol"):
        assert saw["derived again"]
        assert saw["own key is listed"]
        check_orders(saw)
        check_fills(saw)
        check_refusals(saw)


def check_orders(saw: Seen) -> None:
    assert saw["limit"] == [True, "live", ""]
    assert saw["its order"] == ["LIVE", "0.4", "20", "0", "GTC"]
    assert saw["good till date"] == "GTD"
    assert saw["open"]
    assert saw["scoring"] == {"scoring": False}
    assert saw["first time"] == "live"
    assert [status for _, status in saw["batch"]] == ["live", "", "live"]
    assert saw["its error"].endswith("is invalid. Size (1) lower than the minimum: 5")
    assert saw["cancel"]
    assert saw["cancel some"] == [True, True]
    assert saw["cancel market"] == 4
    assert saw["cancel all"] == 1
    assert saw["left open"] == []


def check_fills(saw: Seen) -> None:
    assert saw["fill-or-kill"] == [True, "matched", "26", "50", 1]
    assert saw["its transactions"] == 1
    assert saw["its trade"] == [True, "BUY", "0.52", "50", "TAKER"]
    assert (saw["dollars"], saw["shares"]) == (-26_000_000 - 499_200, 50_000_000)
    assert saw["fill-and-kill"] == ["matched", "5", "2.4"]


def check_refusals(saw: Seen) -> None:
    for what, text in (
        ("crossing post-only", "invalid post-only order: order crosses book"),
        ("too large", "order couldn't be fully filled. FOK orders are fully filled or killed."),
        (
            "nothing to take",
            "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found.",
        ),
        ("too small", "order ID is invalid. Size (1) lower than the minimum: 5"),
        ("second time", "order ID is invalid. Duplicated."),
    ):
        assert why(saw[what]) == ["PolyApiException", 400, text]
    assert why(saw["too dear"])[2].startswith("not enough balance / allowance: the balance is not enough")
    assert why(saw["wrong credentials"]) == ["PolyApiException", 401, "Unauthorized/Invalid api key"]
