"""What the matching engine refuses, in Kalshi's codes (protocol section 7.1)."""

from collections.abc import Mapping
from types import MappingProxyType

from dutchbook.exchange.matching.messages import Refusal, Refused
from dutchbook.exchange.servers.kalshi.errors import Fault
from dutchbook.exchange.servers.kalshi.options import KalshiOptions

_CODES: Mapping[Refusal, tuple[int, str, str]] = MappingProxyType(
    {
        Refusal.UNKNOWN_MARKET: (404, "market_not_found", ""),
        Refusal.UNKNOWN_ORDER: (404, "not_found", ""),
        Refusal.UNKNOWN_ACCOUNT: (404, "not_found", ""),
        Refusal.ALREADY_DONE: (404, "not_found", ""),
        Refusal.MARKET_NOT_OPEN: (409, "trading_is_paused", ""),
        Refusal.CANCEL_ONLY_MODE: (409, "trading_is_paused", ""),
        Refusal.POST_ONLY_MODE: (409, "trading_is_paused", ""),
        Refusal.DISABLED: (409, "exchange_is_paused", ""),
        Refusal.OFF_GRID: (400, "invalid_price", ""),
        Refusal.TOO_SMALL: (400, "invalid_order_size", ""),
        Refusal.TOO_SMALL_NOTIONAL: (400, "invalid_order_size", ""),
        Refusal.DUPLICATE: (409, "order_already_exists", ""),
        Refusal.DUPLICATE_CLIENT_ID: (409, "order_already_exists", ""),
        Refusal.BALANCE: (400, "insufficient_balance", ""),
        Refusal.ALLOWANCE: (400, "insufficient_balance", ""),
        Refusal.WOULD_CROSS: (400, "invalid_order", "post only cross"),
        Refusal.UNFILLABLE: (409, "fill_or_kill_insufficient_resting_volume", ""),
        Refusal.NOTHING_TO_MATCH: (409, "immediate_or_cancel_insufficient_resting_volume", ""),
        # The rest was not captured: code and details are assumed after the shape of `post only cross`.
        Refusal.EXPIRY_IN_THE_PAST: (400, "invalid_order", "expiration in the past"),
        Refusal.NOTHING_TO_REDUCE: (400, "invalid_order", "reduce only"),
        Refusal.GROUP_TRIGGERED: (409, "order_group_triggered", ""),
        Refusal.DELAYED: (409, "trading_is_paused", ""),
        Refusal.NOT_SETTLED: (409, "trading_is_paused", ""),
    }
)


def in_words_of_kalshi(refused: Refused, options: KalshiOptions) -> Fault:
    """The error answer of a refusal. After a market's close it is `MARKET_INACTIVE` for every operation."""
    if refused.reason is Refusal.MARKET_CLOSED:
        return market_inactive(options)
    status, code, details = _CODES[refused.reason]
    return Fault(status, code, details=details)


def market_inactive(options: KalshiOptions) -> Fault:
    """Documented by name only."""
    return Fault(options.inactive_market_status, "MARKET_INACTIVE", "market is not active")
