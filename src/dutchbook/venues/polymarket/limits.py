"""How often Polymarket may be asked: its published windows of 10 seconds (protocol section 2.4)."""

from collections.abc import Mapping
from types import MappingProxyType

from dutchbook.venues.budget import Limit, window

EVERYTHING = "everything"
CLOB = "clob"
GAMMA = "gamma"
CONNECTIONS = "connections"
"""New sockets. Nothing is published: ten at once, then ten a second."""

LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        EVERYTHING: window(15_000),
        CLOB: window(9_000),
        "/book": window(1_500),
        "/books": window(500),
        "/prices-history": window(1_000),
        "/tick-size": window(200),
        "/ok": window(100),
        GAMMA: window(4_000),
        "/events": window(500),
        "/markets": window(300),
        "listings": window(900),
        CONNECTIONS: Limit(refill=10, capacity=10),
    }
)
