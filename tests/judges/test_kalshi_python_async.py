"""`kalshi_python_async` 3.34, the venue's own SDK, takes the sandbox for Kalshi, with both kinds of key."""

import json
from typing import Any

from tests.judges.conftest import Judge, Seen

LADDER = [[f"0.{cents}00", "500.00"] for cents in range(43, 49)]


def why(refusal: Seen) -> list[Any]:
    """The class of the error and the venue's code; its models read this nested body as empty, so the text is read."""
    error = json.loads(refusal["body"])["error"]
    return [refusal["type"], refusal["status"], error["code"], *([error["details"]] if "details" in error else [])]


def test_it_pages_through_markets_and_reads_books(judge: Judge) -> None:
    [saw] = judge("kalshi_reading")
    assert saw["status"] == [True, True]
    assert saw["schedule"] == [1, True]
    assert saw["series"] == ["KXAPPEAL", "KXBILL", "KXJUDGE", "KXPAROLE", "KXTRIAL", "KXVERDICT"]
    assert saw["one series"] == ["Does the bill pass?", "Politics", "quadratic"]
    assert (saw["pages"], saw["each once"]) == ([4, 4, 1], 9)
    assert saw["election"] == [[True, ["Ames", "Boyd", "Cole", "Other"]]]
    assert (saw["its markets"], saw["open ones"], saw["settled ones"]) == (4, 4, [])
    assert saw["same alone"]
    assert saw["quotes"] == ["active", "0.4800", "0.5200", "0.4800", "0.5200"]
    assert saw["book"] == [LADDER, LADDER]
    assert saw["top of it"] == [2, 2]
    assert saw["books"]
    assert saw["candles"] == [True, ["0.4800"]]
    assert saw["trades"] == []
    assert saw["incentives"] == [[True, "liquidity"]]
    assert why(saw["unknown market"]) == ["NotFoundException", 404, "market_not_found"]
    assert why(saw["unknown event"]) == ["NotFoundException", 404, "not_found"]
    assert [saw["bad period"]["type"], saw["bad period"]["status"]] == ["BadRequestException", 400]


def test_ed25519_and_rsa_keys_trade(judge: Judge) -> None:
    for saw in judge("kalshi_trading", "alice", "bob"):
        assert saw["limits"] == ["basic", 200, 100]
        check_orders(saw)
        check_refusals(saw)
        check_batches_and_groups(saw)
        check_fills(saw)


def check_orders(saw: Seen) -> None:
    assert saw["limit"] == ["0.00", "10.00"]
    assert (saw["reserved"], saw["resting value"]) == (4.0, 400)
    assert saw["its order"] == ["resting", "bid", "0.4000", "10.00", "limit", "yes"]
    assert (saw["queue"], saw["queues"]) == ("0.00", [True])
    assert saw["amended"] == [True, "12.00"]
    assert saw["decreased"] == "7.00"
    assert saw["open"] == [True]
    assert saw["cancelled"] == ["7.00", "canceled"]
    assert saw["good till date"]
    assert saw["left open"] == []


def check_refusals(saw: Seen) -> None:
    assert {what: why(saw[what]) for what in REFUSED} == REFUSED


REFUSED = {
    "same client id": ["ConflictException", 409, "order_already_exists"],
    "cancelled twice": ["NotFoundException", 404, "not_found"],
    "crossing post-only": ["BadRequestException", 400, "invalid_order", "post only cross"],
    "already over": ["BadRequestException", 400, "invalid_order", "expiration in the past"],
    "fill-or-kill too large": ["ConflictException", 409, "fill_or_kill_insufficient_resting_volume"],
    "off the grid": ["BadRequestException", 400, "invalid_price"],
    "too dear": ["BadRequestException", 400, "insufficient_balance"],
    "unknown market": ["NotFoundException", 404, "market_not_found"],
    "order in a triggered group": ["ConflictException", 409, "order_group_triggered"],
    "deleted": ["NotFoundException", 404, "not_found"],
}


def check_batches_and_groups(saw: Seen) -> None:
    assert saw["batch"] == ["10.00", "market_not_found", "10.00"]
    assert saw["batch cancelled"] == ["10.00", "not_found"]
    assert saw["group"] == [True, "15.00"]
    assert saw["groups"]
    assert saw["new limit"] == "25.00"
    assert saw["triggered"] == ["canceled", False]
    assert saw["filled to the limit"] == "25.00"


def check_fills(saw: Seen) -> None:
    """Twenty bought at 0.52 and five sold at 0.48; fees of 7 % of p (1 - p), each order's up to 1/100 of a cent."""
    assert saw["fill-or-kill"][:3] == ["20.00", "0.00", "0.5200"]
    assert saw["sold some"] == ["5.00", "0.4800"]
    assert saw["immediate-or-cancel"] == ["0.00", "0.00"]
    assert saw["spent"] == round(20 * 0.52 - 5 * 0.48 + 0.3495 + 0.0874, 4)
    assert saw["fill"] == [["20.00", "0.5200", True, "bid", "0.349500"]]
    assert saw["position"] == ["15.00", "7.800000", "0.436900"]
    assert saw["public trade"] == ["20.00", "0.5200", "yes"]


def test_keys_settlement_pauses_and_the_rate_limit_are_those_of_the_venue(judge: Judge) -> None:
    [saw] = judge("kalshi_account")
    assert why(saw["without a key"]) == ["UnauthorizedException", 401, "signature_is_missing_from_headers"]
    assert saw["generated key"] == ["-----BEGIN RSA PRIVATE KEY-----", True]
    assert saw["brought key"]
    assert saw["listed"] == ["generated", "brought"]
    refused = ["UnauthorizedException", 401, "authentication_error"]
    assert why(saw["deleted key"]) == [*refused, "NOT_FOUND"]
    assert why(saw["other key"]) == [*refused, "INCORRECT_API_KEY_SIGNATURE"]

    assert (saw["bought"], saw["paid"]) == ("10.00", 10.0)
    assert saw["settlement"] == ["yes", "10.00", "5.200000", "0.00", 1_000]
    assert saw["its market"] == ["finalized", "yes", "1.0000"]
    assert saw["position left"] == []

    paused = [False, "ConflictException", 409]
    trading, exchange = saw["trading paused"], saw["exchange paused"]
    assert (trading[:4], exchange[:4]) == ([True, *paused], [False, *paused])
    assert "trading_is_paused" in trading[4]
    assert "exchange_is_paused" in exchange[4]

    assert saw["refused"] == [["ApiException", 429]]
    assert saw["taken"]
    assert saw["says"] == '{"error":"too many requests"}'
    assert saw["again"]
