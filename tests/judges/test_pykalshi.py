"""`pykalshi` 2.0, the most used client that is not the venue's, takes the sandbox for Kalshi, socket and all."""

from tests.judges.conftest import Judge


def test_it_trades_and_its_feed_tells_the_same_story(judge: Judge) -> None:
    [saw] = judge("pykalshi_trading")
    assert saw["trading"]
    assert len(saw["series"]) == 6
    assert saw["all markets"] == 9
    assert saw["election"] == [True, ["Ames", "Boyd", "Cole", "Other"]]
    assert saw["book"] == [[["0.4800", "500.00"]], [["0.4800", "500.00"]]]
    assert saw["candles"] == "0.5200"

    assert saw["limit"] == ["resting", "10.00"]
    assert saw["after amend and decrease"] == ["resting", "0.4100", "7.00"]
    assert saw["cancelled"]
    assert (saw["batch"], saw["batch cancelled"]) == (["resting", "resting"], 2)
    assert saw["fill-or-kill"] == ["executed", "10.00"]
    assert saw["fills"]
    assert saw["fill"] == [["10.00", "0.4800", True]]
    assert saw["position"]
    assert [saw["too dear"]["type"], saw["too dear"]["error_code"]] == [
        "InsufficientFundsError",
        "insufficient_balance",
    ]
    unknown = saw["unknown market"]
    assert [unknown["type"], unknown["error_code"]] == ["ResourceNotFoundError", "market_not_found"]

    assert saw["snapshot"] == ["OrderbookSnapshotMessage", True]
    assert saw["deltas"] == [["yes", "0.4000", "10.00"], ["yes", "0.4000", "-10.00"], ["yes", "0.4100", "12.00"]]
    assert saw["orders"] == [["resting", "10.00"], ["resting", "12.00"], ["resting", "7.00"], ["canceled", "0.00"]]
    assert saw["fills heard"] == [["10.00", "0.4800", "ask"], ["10.00", "0.5200", "bid"]]
    assert saw["trades heard"] == [["10.00", "0.4800", "no"], ["10.00", "0.5200", "yes"]]
    assert saw["positions heard"] == ["-10.00", "0.00"]
    assert saw["ticker"] == ["0.4800", "0.5200"]
    typed = ["FillMessage", "OrderbookDeltaMessage", "OrderbookSnapshotMessage", "PositionMessage"]
    assert saw["all typed"] == [*typed, "TickerMessage", "TradeMessage", "UserOrderMessage"]
    assert saw["reconnects"] == 0
