"""The V1 order endpoints: gone since the second half of June 2026 (protocol section 6.8)."""

from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import Fault

_GONE = (
    ("POST", "/portfolio/orders"),
    ("DELETE", "/portfolio/orders/{order_id}"),
    ("POST", "/portfolio/orders/{order_id}/amend"),
    ("POST", "/portfolio/orders/{order_id}/decrease"),
    ("POST", "/portfolio/orders/batched"),
    ("DELETE", "/portfolio/orders/batched"),
)


def endpoints() -> list[Endpoint]:
    """Writes on the old paths. They still cost what they did."""
    return [
        Endpoint(method=method, path=path, operation="LegacyOrder", handler=_gone, scope="write::trade")
        for method, path in _GONE
    ]


def _gone(call: Call) -> Answer:  # noqa: ARG001
    raise Fault(410, "deprecated_v1_order_endpoint", "Please switch to the V2 endpoints", "https://docs.kalshi.com/")
