"""What could not be learned about Kalshi's REST surface, as options that say what is assumed (protocol section 15)."""

from typing import Annotated, Literal

from pydantic import Field

from dutchbook.domain.quantities import Duration, RoomSettings, Share

type Tier = Literal["basic", "advanced", "expert", "premier", "paragon", "prime", "prestige"]


class KalshiOptions(RoomSettings):
    """How the simulated Kalshi behaves where captures and documentation are silent or give a range."""

    clock_behind: Duration = Field(default="10s", validate_default=True)
    """How old a signed timestamp may be. Measured: 5 s passes, 30 s does not; 10 s is assumed."""
    clock_ahead: Duration = Field(default="60s", validate_default=True)
    """How far in the future a signed timestamp may lie. Measured: between 5 s (30 s on perps) and 5 min."""
    tier: Tier = "basic"
    """Rate-limit tier of every account."""
    limit_rates: bool = True
    """Whether token buckets are kept at all."""
    refused_calls_cost: bool = False
    """Whether a call that is answered 429 still takes its tokens. Assumed: no."""
    anonymous_read_tokens: Annotated[int, Field(gt=0)] = 500
    """Tokens a second for all readers without a key together: 50 ordinary reads were measured."""
    created_order_hidden: Duration = Field(default="300ms", validate_default=True)
    """How long a new order answers 404 on REST (measured about 0.3 s). 0 makes reads consistent."""
    changed_order_stale: Duration = Field(default="360ms", validate_default=True)
    """How long REST shows an order as it was before a cancel, change or fill (measured 0.36 s after a cancel)."""
    fills_late: Duration = Field(default="500ms", validate_default=True)
    """How late REST lists a fill. Measured: within 1 s; half of it is assumed."""
    positions_late: Duration = Field(default="1s", validate_default=True)
    """How late REST shows positions and settlements (measured about 1 s)."""
    inactive_market_status: Annotated[int, Field(ge=400, le=499)] = 409
    """HTTP status of `MARKET_INACTIVE` after a market's close. Not captured; that of paused markets is assumed."""
    live_window: Duration = Field(default="90d", validate_default=True)
    """How long settled markets, trades and fills stay on the live endpoints (target of the documentation: 3 months)."""
    live_orders_window: Duration = Field(default="14d", validate_default=True)
    """The same for terminal orders (about 2 weeks since 24 September 2026)."""
    empty_json_bodies: bool = False
    """Whether order-group calls take an empty body that calls itself JSON. Users report that they need `{}` [U]."""
    unknown_fields: Share = 0
    """How many answers carry a member that no documentation knows: clients must ignore it."""
    quiet_candles: bool = True
    """Whether candlesticks come for periods in which nothing happened. Assumed: yes, from the first known quote on."""
