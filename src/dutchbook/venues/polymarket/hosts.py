"""Where Polymarket is. The sandbox is other hosts."""

import msgspec


class PolymarketHosts(msgspec.Struct, frozen=True):
    """The base of each service's addresses, without a slash at the end."""

    clob: str = "https://clob.polymarket.com"
    gamma: str = "https://gamma-api.polymarket.com"
    data: str = "https://data-api.polymarket.com"
    ws: str = "wss://ws-subscriptions-clob.polymarket.com"
    relayer: str = "https://relayer-v2.polymarket.com"
    chain: str = "https://polygon.drpc.org"
    """A node of Polygon: the official client's."""
