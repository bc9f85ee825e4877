"""Where Kalshi is. Demo and sandbox are other hosts."""

import msgspec


class KalshiHosts(msgspec.Struct, frozen=True):
    """The bases of REST and socket, prefix included: it is part of what is signed."""

    rest: str = "https://external-api.kalshi.com/trade-api/v2"
    ws: str = "wss://external-api-ws.kalshi.com/trade-api/ws/v2"


DEMO = KalshiHosts(
    rest="https://external-api.demo.kalshi.co/trade-api/v2",
    ws="wss://external-api-ws.demo.kalshi.co/trade-api/ws/v2",
)
