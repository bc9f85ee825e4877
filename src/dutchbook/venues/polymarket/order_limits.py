"""How fast Polymarket lets one signer trade (protocol section 2.4): windows per address, buckets per signer."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from dutchbook.venues.budget import Limit, window
from dutchbook.venues.polymarket.limits import CLOB, EVERYTHING

_TEN_MINUTES = 600


class Tier(StrEnum):
    """A signer's tier by its volume. Limits are announced, and not enforced everywhere yet."""

    STANDARD = "standard"
    COPPER = "copper"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"
    DIAMOND = "diamond"
    ELITE = "elite"


_ORDERS: Mapping[Tier, Limit] = MappingProxyType(
    {
        Tier.STANDARD: Limit(40, 60),
        Tier.COPPER: Limit(60, 90),
        Tier.BRONZE: Limit(80, 120),
        Tier.SILVER: Limit(200, 300),
        Tier.GOLD: Limit(400, 600),
        Tier.PLATINUM: Limit(450, 675),
        Tier.DIAMOND: Limit(525, 787),
        Tier.ELITE: Limit(600, 900),
    }
)

PLACES = "signer places"
CANCELS = "signer cancels"
_SHARED = (CLOB, EVERYTHING)

POST_ORDER = ("POST /order", "POST /order 10m", *_SHARED)
POST_ORDERS = ("POST /orders", "POST /orders 10m", *_SHARED)
DELETE_ORDER = ("DELETE /order", "DELETE /order 10m", *_SHARED)
DELETE_ORDERS = ("DELETE /orders", "DELETE /orders 10m", *_SHARED)
CANCEL_ALL = ("cancel-all", "cancel-all 10m", *_SHARED)
DATA_ORDERS = ("/data/orders", "ledger", *_SHARED)
DATA_TRADES = ("/data/trades", "ledger", *_SHARED)
BALANCE = ("/balance-allowance", *_SHARED)
BALANCE_UPDATE = ("/balance-allowance/update", "/balance-allowance", *_SHARED)
HEARTBEAT = _SHARED


def signer_limits(tier: Tier) -> Mapping[str, Limit]:
    """The two buckets of a signer: orders, and cancels with twice as much."""
    orders = _ORDERS[tier]
    return {PLACES: orders, CANCELS: Limit(2 * orders.refill, 2 * orders.capacity)}


def order_limits(tier: Tier = Tier.STANDARD) -> Mapping[str, Limit]:
    """All buckets that orders, cancels and private reads bill."""
    return {
        EVERYTHING: window(15_000),
        CLOB: window(9_000),
        **signer_limits(tier),
        "POST /order": window(5_000),
        "POST /order 10m": window(120_000, _TEN_MINUTES),
        "POST /orders": window(2_000),
        "POST /orders 10m": window(21_000, _TEN_MINUTES),
        "DELETE /order": window(5_000),
        "DELETE /order 10m": window(120_000, _TEN_MINUTES),
        "DELETE /orders": window(2_000),
        "DELETE /orders 10m": window(15_000, _TEN_MINUTES),
        "cancel-all": window(250),
        "cancel-all 10m": window(6_000, _TEN_MINUTES),
        "/data/orders": window(500),
        "/data/trades": window(500),
        "ledger": window(900),
        # Asked for in one go, and then not for long: half of a window may come at once.
        "/balance-allowance": Limit(10, 100),
        "/balance-allowance/update": Limit(2, 30),
    }
