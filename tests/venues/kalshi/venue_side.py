"""What Kalshi would send, for tests: frames by their parts."""

import json
from typing import Any

from dutchbook.domain.identity import OutcomeId, kalshi_yes
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.venues.kalshi.codec import MARKET_SOURCE

TICKER = "KXGOLD15M-26AUG101900-00"
OTHER = "KXBTCD-26NOV2117-T112999.99"
T0 = 1_786_401_938_338

YES = kalshi_yes(TICKER)
OTHER_YES: OutcomeId = kalshi_yes(OTHER)


def frame(message: object, received_ms: int = T0) -> Frame:
    payload = message if isinstance(message, bytes) else text(message)
    return Frame(MARKET_SOURCE, Nanos(received_ms * MILLISECOND), payload)


def text(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def snapshot(
    seq: int,
    yes: list[list[str]] | None = None,
    no: list[list[str]] | None = None,
    *,
    ticker: str = TICKER,
    sid: int = 1,
) -> dict[str, Any]:
    body: dict[str, Any] = {"market_ticker": ticker, "market_id": ""}
    if yes:
        body["yes_dollars_fp"] = yes
    if no:
        body["no_dollars_fp"] = no
    return {"type": "orderbook_snapshot", "sid": sid, "seq": seq, "msg": body}


def delta(
    seq: int, change: str = "1.00", side: str = "yes", price: str = "0.4600", *, ticker: str = TICKER, sid: int = 1
) -> dict[str, Any]:
    body = {
        "market_ticker": ticker,
        "market_id": "d4304bf6",
        "price_dollars": price,
        "delta_fp": change,
        "side": side,
        "ts": "2026-08-10T22:45:38.602314Z",
        "ts_ms": T0,
    }
    return {"type": "orderbook_delta", "sid": sid, "seq": seq, "msg": body}


def trade(seq: int = 1, **changes: object) -> dict[str, Any]:
    body = {
        "trade_id": "ba2632f9",
        "market_ticker": TICKER,
        "yes_price_dollars": "0.5400",
        "no_price_dollars": "0.4600",
        "count_fp": "9.12",
        "taker_side": "yes",
        "taker_outcome_side": "yes",
        "taker_book_side": "bid",
        "ts": T0 // 1000,
        "ts_ms": T0,
    }
    return {"type": "trade", "sid": 2, "seq": seq, "msg": {**body, **changes}}


def ok(seq: int, *tickers: str, sid: int = 1) -> dict[str, Any]:
    return {"type": "ok", "id": 6, "sid": sid, "seq": seq, "msg": {"market_tickers": list(tickers)}}


def subscribed(sid: int) -> dict[str, Any]:
    return {"type": "subscribed", "id": 1, "msg": {"channel": "orderbook_delta", "sid": sid}}
