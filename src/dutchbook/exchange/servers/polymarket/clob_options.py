"""What the protocol leaves open about the CLOB, each as a named choice with what we assume and why."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from dutchbook.domain.units import SECOND, Nanos

type Excess = Literal["delay", "refuse", "admit"]


class ClobOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Named assumptions of the simulated CLOB. Each docstring says where the protocol reference is silent."""

    max_orders: int = 15
    """Orders in one batch (section 2.2)."""
    max_cancels: int = 1_000
    """Ids in one `DELETE /orders`: the change log's number; older documents and the official client say 3,000."""
    max_books: int = 500
    """Tokens of one `POST /books`, `/prices`, `/midpoints`, ..."""
    max_histories: int = 20
    """Tokens of one `POST /batch-prices-history`."""
    page: int = 500
    """Rows of one page of a private list. Assumed; no source gives it."""
    market_page: int = 1_000
    """Markets of one page of `/markets` and its kin: what the long form has been seen to answer."""
    timestamp_tolerance: Nanos | None = None
    """How far `POLY_TIMESTAMP` may be off. No source says that the venue checks; None does not check, so that clients
    with a real clock can use a sandbox whose time runs faster."""
    fine_tick_decimals: bool = True
    """Share amounts of market buys may have 5 or 6 decimals on finer ticks, which is what the official clients send.
    False allows 4 whatever the tick, as users have reported."""
    hashes_in_answers: bool = False
    """Whether the answer to a matched order already names its transaction: since 2026-07-24 normally not."""
    gone_order: Literal["not_found", "null"] = "not_found"
    """`GET /data/order/{id}` of a finished order: 404, or 200 with `null` as older clients expect."""
    trade_status_prefix: bool = False
    """Whether REST trade statuses are written `TRADE_STATUS_...`; both forms have been seen."""
    balance_cache: Nanos = Nanos(30 * SECOND)
    """How long `/balance-allowance` repeats what it read before, unless `/update` or a trade of one's own renews it.
    That there is a cache is documented, its life is not. Orders are admitted by the true balance."""
    heartbeat_limit: Nanos = Nanos(10 * SECOND)
    """Silence after which all orders of a key that ever sent a heartbeat are cancelled (section 3.5)."""
    heartbeat_check: Nanos = Nanos(5 * SECOND)
    """How often the venue looks for silence: the slack of section 3.5."""
    restart_retry: Nanos = Nanos(10 * SECOND)
    """`Retry-After` of a 425. The venue sends one; its usual value is not known."""
    post_only_lasts: Nanos = Nanos(120 * SECOND)
    """For how long a restart leaves post-only mode on: the source of `retry_after_seconds`."""
    per_ip: Excess = "delay"
    """Above a limit of section 2.4 (a), requests are mostly delayed; `refuse` answers 429, `admit` counts none."""
    longest_delay: Nanos = Nanos(10 * SECOND)
    """A request that would have to wait longer is refused with 429. Assumed."""
    enforce_signer_limits: bool = False
    """Per-signer limits: False is the announced warning mode (headers only), True answers 429 with `Retry-After`."""
    tiers: Mapping[str, str] = {}
    """Tier of an address (lower case) if it is not Standard."""
    builder_fees: Mapping[str, tuple[int, int]] = {}
    """Builder codes that exist, with their maker and taker fee in basis points."""
