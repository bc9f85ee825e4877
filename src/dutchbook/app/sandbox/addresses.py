"""Where a running sandbox listens: the line that it prints first, and that clients are pointed at."""

import msgspec

HOST = "127.0.0.1"


class PolymarketAddresses(msgspec.Struct, frozen=True):
    """Base addresses of the simulated Polymarket: HTTP for the first three, WebSocket for the others.

    `prices` is the older stream of prices, `realtime` the newer one, `sports` that of scores.
    """

    clob: str
    gamma: str
    data: str
    ws: str
    prices: str
    realtime: str
    sports: str


class KalshiAddresses(msgspec.Struct, frozen=True):
    """Base addresses of the simulated Kalshi, with their paths."""

    rest: str
    ws: str


class SandboxAddresses(msgspec.Struct, frozen=True):
    """All of them. `control` is the endpoint that faults and markets are switched at."""

    polymarket: PolymarketAddresses
    kalshi: KalshiAddresses
    control: str
