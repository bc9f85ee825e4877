"""Where a running sandbox listens: the line that it prints first, and that clients are pointed at."""

import msgspec

HOST = "127.0.0.1"


class PolymarketAddresses(msgspec.Struct, frozen=True):
    """Base addresses of the simulated Polymarket: HTTP for the first three, WebSocket for the next four, HTTP again.

    `prices` is the older stream of prices, `realtime` the newer one, `sports` that of scores. `chain` is a node of
    Polygon over JSON-RPC, `relayer` sends what wallets sign.
    """

    clob: str
    gamma: str
    data: str
    ws: str
    prices: str
    realtime: str
    sports: str
    chain: str = ""
    relayer: str = ""


class KalshiAddresses(msgspec.Struct, frozen=True):
    """Base addresses of the simulated Kalshi, with their paths."""

    rest: str
    ws: str


class SandboxAddresses(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of them. `control` is the endpoint that faults and markets are switched at.

    `world` names this world, where that is known: accounts, orders and positions there end with it.
    """

    polymarket: PolymarketAddresses
    kalshi: KalshiAddresses
    control: str
    world: str = ""
