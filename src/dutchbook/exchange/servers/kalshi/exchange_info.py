"""Whether the exchange is open, its hours, and how fresh its answers are (protocol section 4.1)."""

from datetime import UTC, datetime, timedelta

from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.maintenance import window
from dutchbook.exchange.rules import Mode
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.formats import time_text
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.shards import Shards

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DESCRIPTIONS = {0: "Default", 1: "Combos and exotics", 2: "Crypto and commodities", 3: "Tennis, baseball, basketball"}
_WEEKS_AHEAD = 4


class ExchangeInfo:
    """Endpoints under `/exchange`."""

    def __init__(self, exchange: Exchange, shards: Shards, options: KalshiOptions) -> None:
        self._exchange = exchange
        self._shards = shards
        self._options = options

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(method="GET", path="/exchange/status", operation="GetExchangeStatus", handler=self.status),
            Endpoint(method="GET", path="/exchange/schedule", operation="GetExchangeSchedule", handler=self.schedule),
            Endpoint(
                method="GET",
                path="/exchange/user_data_timestamp",
                operation="GetUserDataTimestamp",
                handler=self.user_data_timestamp,
            ),
        ]

    def status(self, call: Call) -> Answer:  # noqa: ARG002
        """A trading pause leaves the exchange active; in an exchange pause nothing is."""
        mode = self._exchange.mode
        active = mode not in (Mode.DISABLED, Mode.RESTARTING)
        trading = mode is Mode.NORMAL
        flags = {
            "exchange_active": active,
            "trading_active": trading,
            "intra_exchange_transfers_active": active,
        }
        shards = [
            {"exchange_index": shard, "description": _DESCRIPTIONS.get(shard, f"Shard {shard}"), **flags}
            for shard in self._shards.all
        ]
        return Answer({**flags, "exchange_index_statuses": shards})

    def schedule(self, call: Call) -> Answer:
        """Open around the clock, apart from Thursdays 03:00 to 05:00 in New York."""
        today = datetime.fromtimestamp(call.now // 1_000_000_000, UTC)
        whole_day = [{"open_time": "00:00", "close_time": "24:00"}]
        hours = {"start_time": _stamp(today - timedelta(days=365)), "end_time": _stamp(today + timedelta(days=365))}
        return Answer(
            {
                "schedule": {
                    "standard_hours": [hours | dict.fromkeys(_DAYS, whole_day)],
                    "maintenance_windows": [_window(call.now, week) for week in range(_WEEKS_AHEAD)],
                }
            }
        )

    def user_data_timestamp(self, call: Call) -> Answer:
        """Up to when orders, fills and positions are surely in what REST shows."""
        options = self._options
        late = max(options.positions_late, options.fills_late, options.changed_order_stale, MILLISECOND)
        return Answer({"as_of_time": time_text(Nanos(call.now - late))})


def _window(now: Nanos, weeks: int) -> dict[str, str]:
    starts, ends = window(now, weeks)
    return {"start_datetime": time_text(starts), "end_datetime": time_text(ends)}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
