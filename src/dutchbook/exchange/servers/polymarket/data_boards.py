"""The Data API's sums and boards: values, holders, leaders, open interest, volumes, resolutions, prices over time."""

from collections.abc import Callable, Iterator

import msgspec
from multidict import MultiMapping

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import ExchangeEvent, Resolved
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.polymarket.data_prices import price_points
from dutchbook.exchange.servers.polymarket.data_query import (
    BadRequest,
    DataOptions,
    count,
    names,
    optional_user,
    page_v1,
    page_v2,
    required_user,
)
from dutchbook.exchange.servers.polymarket.data_rows import Rows
from dutchbook.exchange.servers.polymarket.data_wire import (
    Body,
    enveloped,
    holder_v1,
    holder_v2,
    resolution_v2,
    token_v2,
)
from dutchbook.exchange.servers.polymarket.gamma_values import number

type Query = MultiMapping[str]
_MOST_HOLDERS = 20
_INTERVALS = ("max", "all", "1m", "1w", "1d", "12h", "6h")
_FIDELITIES = ("1d", "18h", "12h", "3h", "1h")


class Standing(msgspec.Struct, frozen=True):
    """An account on the board: what it earned in micro-dollars, how many contracts and dollars it traded."""

    account: str
    profit: int
    shares: int
    dollars: int


class Boards:
    """Answers by path."""

    def __init__(self, rows: Rows, options: DataOptions, context: ServerContext) -> None:
        self._rows = rows
        self._options = options
        self._context = context
        self._resolved: dict[MarketId, Nanos] = {}
        rows.exchange.listen(self._heard, Resolved)

    def answers(self) -> dict[str, Callable[[Query], bytes]]:
        """The endpoints."""
        return {
            "/value": self._value,
            "/traded": self._traded,
            "/holders": self._holders,
            "/oi": self._interest,
            "/live-volume": self._live_volume,
            "/v1/leaderboard": self._leaders,
            "/v2/value": self._value_v2,
            "/v2/user-stats": self._stats_v2,
            "/v2/user-pnl": self._profit_v2,
            "/v2/user-volume": self._volume_v2,
            "/v2/holders": self._holders_v2,
            "/v2/leaderboard": self._leaders_v2,
            "/v2/oi": self._interest_v2,
            "/v2/live-volume": self._live_volume_v2,
            "/v2/prices-history": self._prices_v2,
            "/v2/resolutions": self._resolutions_v2,
            "/v2/tokens": self._tokens_v2,
        }

    # accounts

    def _value(self, query: Query) -> bytes:
        user = required_user(query)
        return msgspec.json.encode([{"user": user, "value": number(self._worth(user, names(query, "market")), 6)}])

    def _value_v2(self, query: Query) -> bytes:
        user = required_user(query)
        value = number(self._worth(user, names(query, "market", "condition_id")), 6)
        return _one({"proxy_wallet": user, "value": value})

    def _worth(self, user: str, markets: frozenset[str] | None) -> int:
        holdings = self._rows.holdings(user)
        return sum(one.value for one in holdings if markets is None or one.listing.id in markets)

    def _traded(self, query: Query) -> bytes:
        user = required_user(query)
        return msgspec.json.encode({"user": user, "traded": self._markets_traded(user)})

    def _markets_traded(self, user: str) -> int:
        return len({match.market for match in self._rows.history.matches(user)})

    def _stats_v2(self, query: Query) -> bytes:
        user = required_user(query)
        gains = (one.position.realised for one in self._rows.holdings(user))
        return _one(
            {
                "proxy_wallet": user,
                "trades": self._markets_traded(user),
                "biggest_win": number(max(gains, default=0), 6),
                "views": 0,
                "join_date": None,
                "all_time_pnl": self._profit_now(user),
            }
        )

    def _profit_v2(self, query: Query) -> bytes:
        """A series of one point, the present: what an account was worth before is not kept."""
        user = required_user(query)
        interval, fidelity = query.get("interval") or "1d", query.get("fidelity") or "1h"
        if interval not in _INTERVALS or fidelity not in _FIDELITIES:
            raise BadRequest("invalid query param 'interval' or 'fidelity'")
        steps = {"interval": interval, "fidelity": fidelity, "source_fidelity": fidelity}
        return _one({"proxy_wallet": user, **steps, "points": [self._profit_now(user)]})

    def _profit_now(self, user: str) -> Body:
        standing, holdings = self._standing(user), self._rows.holdings(user)
        realised = number(sum(one.position.realised for one in holdings), 6)
        return {
            "timestamp": self._context.clock.now() // SECOND,
            "source_block": 0,
            "trade_count": len(self._rows.history.matches(user)),
            "realized_market_pnl": realised,
            "realized_lp_pnl": 0,
            "realized_combo_pnl": 0,
            "realized_pnl": realised,
            "unrealized_pnl": number(sum(one.unrealised for one in holdings), 6),
            "fees": number(sum(one.position.fees for one in holdings), 6),
            "volume": number(standing.shares, 6),
            "volume_usdc": number(standing.dollars, 6),
        }

    def _volume_v2(self, query: Query) -> bytes:
        user = required_user(query)
        standing = self._standing(user)
        volumes = {"volume": number(standing.shares, 6), "volume_usdc": number(standing.dollars, 6)}
        return _one({"proxy_wallet": user, **volumes, "trade_count": len(self._rows.history.matches(user))})

    def _standing(self, user: str) -> Standing:
        holdings = self._rows.holdings(user)
        profit = sum(one.position.realised + one.unrealised - one.position.fees for one in holdings)
        trades = list(self._rows.trades_of(user))
        return Standing(user, profit, sum(deed.size for deed in trades), sum(deed.cash for deed in trades))

    # boards

    def _leaders(self, query: Query) -> bytes:
        rows, _ = page_v1(query, self._options).take(self._ranked(query))
        return msgspec.json.encode(
            [
                {
                    "rank": str(rank),
                    "proxyWallet": one.account,
                    "userName": "",
                    "vol": number(one.dollars, 6),
                    "pnl": number(one.profit, 6),
                    "profileImage": "",
                    "xUsername": "",
                    "verifiedBadge": False,
                }
                for rank, one in rows
            ]
        )

    def _leaders_v2(self, query: Query) -> bytes:
        rows, cursor = page_v2(query, self._options).take(self._ranked(query))
        bodies: list[Body] = [
            {
                "rank": rank,
                "user_id": one.account,
                "pnl": number(one.profit, 6),
                "volume": number(one.shares, 6),
                "user_name": "",
                "verified": False,
            }
            for rank, one in rows
        ]
        return enveloped(bodies, cursor)

    def _ranked(self, query: Query) -> list[tuple[int, Standing]]:
        by = (query.get("orderBy") or query.get("order_by") or "PNL").upper()
        if by not in ("PNL", "VOL"):
            raise BadRequest("invalid query param 'orderBy'")
        standings = [self._standing(account) for account in self._rows.positions.accounts()]
        standings.sort(key=lambda one: (-(one.profit if by == "PNL" else one.dollars), one.account))
        user = optional_user(query)
        ranked = enumerate(standings, 1)
        return [(rank, one) for rank, one in ranked if user is None or one.account == user]

    def _holders(self, query: Query) -> bytes:
        most = count(query, "limit", _MOST_HOLDERS, _MOST_HOLDERS)
        bodies = [
            {"token": token, "holders": [holder_v1(one) for one in self._rows.holders(token)[:most]]}
            for token in self._tokens_of(query)
        ]
        return msgspec.json.encode(bodies)

    def _holders_v2(self, query: Query) -> bytes:
        most = count(query, "limit", _MOST_HOLDERS, _MOST_HOLDERS)
        bodies: list[Body] = [
            {"token_id": token, "holders": [holder_v2(one) for one in self._rows.holders(token)[:most]]}
            for token in self._tokens_of(query)
        ]
        return enveloped(bodies, None)

    def _tokens_of(self, query: Query) -> list[OutcomeId]:
        if names(query, "market", "condition_id") is None:
            raise BadRequest("required query param 'market' not provided")
        return [token for listing in self._listings(query) for token in (listing.market.yes, listing.market.no)]

    # markets

    def _listings(self, query: Query) -> list[Listing]:
        listings = self._rows.exchange.listings
        wanted = names(query, "market", "condition_id")
        if wanted is None:
            return list(listings.values())
        return [listings[MarketId(name)] for name in sorted(wanted) if name in listings]

    def _interest(self, query: Query) -> bytes:
        bodies = self._interests(query)
        if names(query, "market") is None:
            whole = sum(self._rows.history.open_interest(listing.id) for listing in self._listings(query))
            bodies = [{"market": "GLOBAL", "value": number(whole, 6)}]
        return msgspec.json.encode(bodies)

    def _interest_v2(self, query: Query) -> bytes:
        rows, cursor = page_v2(query, self._options).take(self._listings(query))
        history = self._rows.history
        if names(query, "market", "condition_id") is None:
            whole = sum(history.open_interest(listing.id) for listing in self._listings(query))
            return enveloped([{"condition_id": "GLOBAL", "value": number(whole, 6)}], None)
        bodies: list[Body] = [
            {"condition_id": one.id, "value": number(history.open_interest(one.id), 6)} for one in rows
        ]
        return enveloped(bodies, cursor)

    def _interests(self, query: Query) -> list[Body]:
        history = self._rows.history
        return [
            {"market": listing.id, "value": number(history.open_interest(listing.id), 6)}
            for listing in self._listings(query)
        ]

    def _live_volume(self, query: Query) -> bytes:
        volumes = self._event_volumes(query)
        rows = [{"market": market, "value": number(volume, 6)} for market, volume in volumes]
        return msgspec.json.encode([{"total": number(sum(volume for _, volume in volumes), 6), "markets": rows}])

    def _live_volume_v2(self, query: Query) -> bytes:
        volumes = self._event_volumes(query)
        rows = [{"condition_id": market, "taker_volume": number(volume, 6)} for market, volume in volumes]
        whole = number(sum(volume for _, volume in volumes), 6)
        return _one({"taker_volume_total": whole, "conditions": rows})

    def _event_volumes(self, query: Query) -> list[tuple[MarketId, int]]:
        wanted = query.get("id") or query.get("event_id")
        if not wanted:
            raise BadRequest("required query param 'id' not provided")
        questions = self._rows.exchange.questions.values()
        return [
            (market, self._rows.history.volume(market))
            for listing in questions
            if listing.number == wanted
            for market in listing.question.markets
        ]

    def _resolutions_v2(self, query: Query) -> bytes:
        over = (MarketStatus.CLOSED, MarketStatus.RESOLVED)
        found = [one for one in self._listings(query) if one.market.status in over or names(query, "condition_id")]
        rows, cursor = page_v2(query, self._options).take(found)
        bodies = [resolution_v2(one, self._rows.question(one), self._resolved.get(one.id)) for one in rows]
        return enveloped(bodies, cursor)

    def _tokens_v2(self, query: Query) -> bytes:
        wanted = names(query, "token_id", "token_ids")
        rows, cursor = page_v2(query, self._options).take(self._tokens(query, wanted))
        bodies = [token_v2(listing, self._rows.question(listing), token) for listing, token in rows]
        return enveloped(bodies, cursor)

    def _tokens(self, query: Query, wanted: frozenset[str] | None) -> Iterator[tuple[Listing, OutcomeId]]:
        for listing in self._listings(query):
            for token in (listing.market.yes, listing.market.no):
                if wanted is None or token in wanted:
                    yield listing, token

    def _prices_v2(self, query: Query) -> bytes:
        token = OutcomeId(query.get("token_id") or query.get("market") or "")
        listing = self._rows.listing_of(token)
        if listing is None:
            raise BadRequest("required query param 'token_id' not provided")
        return enveloped(price_points(query, self._rows.history, listing, token, self._context.clock), None)

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, Resolved):
            self._resolved[event.market] = event.at


def _one(body: Body) -> bytes:
    return msgspec.json.encode({"data": body, "pagination": {"has_more": False, "next_cursor": None}})
