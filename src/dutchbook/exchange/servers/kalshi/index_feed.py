"""Settlement indices on the socket: the last value and its trailing minute (protocol section 8.10)."""

from collections import deque

import msgspec

from dutchbook.domain.units import MINUTE, Nanos, decimal_text
from dutchbook.exchange.servers.kalshi.formats import millis

INDICES = {"btc": "BRTI", "eth": "ETHUSD_RTI", "sol": "SOLUSD_RTI", "xrp": "XRPUSD_RTI", "doge": "DOGEUSD_RTI"}
"""Index ids by the coin of a price feed's symbol (`btc/usd`)."""
_encode = msgspec.json.Encoder().encode


class Index:
    """One index. Values are 1e-8 dollars."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._minute: deque[tuple[Nanos, int]] = deque()
        self._sum = 0

    def body(self, value: int, at: Nanos) -> bytes:
        """The message of one tick. The average is over [at - 60 s, at): the tick itself is not in it."""
        minute = self._minute
        while minute and minute[0][0] < at - MINUTE:
            self._sum -= minute.popleft()[1]
        average = self._sum // len(minute) if minute else value
        minute.append((at, value))
        self._sum += value
        data = {"type": "value", "time": millis(at), "id": self.name, "value": _plain(value)}
        return _encode(
            {
                "index_id": self.name,
                "received_at": millis(at),
                "data": _encode(data).decode(),
                "avg_60s_data": {
                    "value": f"{average // 10**8}.{average % 10**8:08d}",
                    "window_size": 0,
                    "window_start_ts_ms": millis(Nanos(at - MINUTE)),
                    "window_end_ts_exclusive": millis(at),
                },
            }
        )


def index_of(symbol: str) -> str | None:
    """The index that a price feed stands for, or None."""
    return INDICES.get(symbol.lower().partition("/")[0])


def _plain(value: int) -> str:
    text = decimal_text(value, 8)
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"
