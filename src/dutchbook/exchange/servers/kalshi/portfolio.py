"""What an account has: balance, positions, fills, settlements (protocol sections 5.1 to 5.5)."""

from collections.abc import Callable, Iterator, Sequence

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE, Money, Nanos
from dutchbook.exchange.accounts import Account
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History, Trade
from dutchbook.exchange.matching.messages import FundsMoved, Party
from dutchbook.exchange.servers.kalshi.accounting import Accounting, Position, SettlementRow
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.formats import balance_text, cents, seconds
from dutchbook.exchange.servers.kalshi.live_tier import Tier
from dutchbook.exchange.servers.kalshi.market_data import in_range
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.paging import lazy_page, page
from dutchbook.exchange.servers.kalshi.portfolio_bodies import (
    event_position_body,
    fill_body,
    market_position_body,
    settlement_body,
)
from dutchbook.exchange.servers.kalshi.shards import Shards

_LARGEST_PAGE = 1_000
_MOST_TICKERS = 100
_MOVEMENTS = {"deposit": "deposits", "withdraw": "withdrawals"}
_COUNTS = ("position", "total_traded")
_SETTLED = ("all", "unsettled", "settled")

type FillRow = tuple[Trade, Party]


class Portfolio:
    """Reading endpoints under `/portfolio`, apart from orders."""

    def __init__(
        self,
        exchange: Exchange,
        history: History,
        accounting: Accounting,
        shards: Shards,
        tier: Tier,
        options: KalshiOptions,
    ) -> None:
        self._exchange = exchange
        self._history = history
        self._accounting = accounting
        self._shards = shards
        self._tier = tier
        self._options = options

    def endpoints(self) -> list[Endpoint]:
        return [
            _get("/portfolio/balance", "GetBalance", self.balance, "read::portfolio_balance"),
            _get("/portfolio/positions", "GetPositions", lambda call: self.positions(call, live=True)),
            _get("/portfolio/fills", "GetFills", lambda call: self.fills(call, live=True)),
            _get("/portfolio/settlements", "GetSettlements", self.settlements),
            _get("/portfolio/deposits", "GetDeposits", lambda call: self.movements(call, "deposit")),
            _get("/portfolio/withdrawals", "GetWithdrawals", lambda call: self.movements(call, "withdraw")),
            _get("/portfolio/summary/total_resting_order_value", "GetTotalRestingOrderValue", self.resting_value),
            _get("/historical/positions", "GetHistoricalPositions", lambda call: self.positions(call, live=False)),
            _get("/historical/fills", "GetFillsHistorical", lambda call: self.fills(call, live=False)),
        ]

    def balance(self, call: Call) -> Answer:
        """Cash that is free to trade with, by shard; all shards together unless one is named."""
        wanted = call.query.integer("exchange_index")
        account = self._exchange.accounts.get(call.account())
        shards = self._shards.all if wanted is None else (wanted,)
        free = {shard: account.free(shard) if account else Money(0) for shard in shards}
        total = Money(sum(free.values()))
        body: dict[str, object] = {
            "balance": cents(total),
            "balance_dollars": balance_text(total),
            "portfolio_value": cents(self._worth(account, shards) if account else 0),
            "updated_ts": seconds(call.now),
        }
        if call.key is None or call.key.subaccount is None:
            rows = [{"exchange_index": shard, "balance": balance_text(cash)} for shard, cash in free.items()]
            body["balance_breakdown"] = rows
        return Answer(body)

    def positions(self, call: Call, *, live: bool) -> Answer:
        """Positions by market and event. Without `settlement_status` only unsettled ones."""
        query = call.query
        counts = query.names("count_filter", len(_COUNTS))
        if not set(counts) <= set(_COUNTS):
            raise query.bad(f"'count_filter' takes {', '.join(_COUNTS)}")
        settled = query.one_of("settlement_status", _SETTLED) or ("unsettled" if live else "all")
        limit = query.limit(_LARGEST_PAGE)
        rows = [row for row in self._chosen(call, live=live) if _passes(row[1], counts, settled)]
        found, cursor = page(rows, lambda row: row[0], query.text("cursor"), limit)
        events: dict[str, list[Position]] = {}
        for market, position in found:
            events.setdefault(self._exchange.listings[market].market.question, []).append(position)
        return Answer(
            {
                "cursor": cursor,
                "market_positions": [
                    market_position_body(market, position, self._exchange.listings[market].shard)
                    for market, position in found
                ],
                "event_positions": [event_position_body(event, members) for event, members in events.items()],
            }
        )

    def fills(self, call: Call, *, live: bool) -> Answer:
        """Fills, newest first, as late as an option says."""
        query = call.query
        tickers, order = set(query.names("ticker", _MOST_TICKERS)), query.text("order_id")
        ends, shard = (query.integer("min_ts"), query.integer("max_ts")), query.integer("exchange_index")
        limit, cutoff = query.limit(_LARGEST_PAGE), self._tier.cutoff(call.now)
        account = call.account()

        def rows() -> Iterator[FillRow]:
            for trade, party in self._fills(account, call.now):
                if (
                    (trade.at >= cutoff) is live
                    and (not tickers or trade.market in tickers)
                    and (not order or party.order.new.id == order)
                    and in_range(trade.at, *ends)
                    and shard in (None, -1, self._exchange.listings[trade.market].shard)
                ):
                    yield trade, party

        found, cursor = lazy_page(rows, _fill_key, query.text("cursor"), limit)
        listings = self._exchange.listings
        bodies = [fill_body(trade, party, listings[trade.market]) for trade, party in found]
        return Answer({"cursor": cursor, "fills": bodies})

    def settlements(self, call: Call) -> Answer:
        """Settled positions, newest first."""
        query = call.query
        ticker, event = query.text("ticker"), query.text("event_ticker")
        ends, limit = (query.integer("min_ts"), query.integer("max_ts")), query.limit(_LARGEST_PAGE)
        listings = self._exchange.listings
        rows: list[SettlementRow] = [
            row
            for row in reversed(self._accounting.settlements(call.account(), call.now))
            if (not ticker or row.market == ticker)
            and (not event or listings[row.market].market.question == event)
            and in_range(row.at, *ends)
        ]
        found, cursor = page(rows, lambda row: row.market, query.text("cursor"), limit)
        return Answer({"cursor": cursor, "settlements": [settlement_body(row, listings[row.market]) for row in found]})

    def movements(self, call: Call, kind: str) -> Answer:
        """Deposits or withdrawals, newest first; all arrive at once and cost nothing."""
        limit = call.query.limit(_LARGEST_PAGE)
        numbered = list(enumerate(move for move in self._history.funds(call.account()) if move.why == kind))
        rows = [(f"{kind}-{number}", move) for number, move in reversed(numbered)]
        found, cursor = page(rows, lambda row: row[0], call.query.text("cursor"), limit)
        return Answer({_MOVEMENTS[kind]: [_movement(*row) for row in found], "cursor": cursor})

    def resting_value(self, call: Call) -> Answer:
        """What open orders bind."""
        account = self._exchange.accounts.get(call.account())
        bound = {shard: account.reserved(shard) if account else Money(0) for shard in self._shards.all}
        return Answer(
            {
                "total_resting_order_value": cents(sum(bound.values())),
                "resting_order_value_breakdown": [
                    {"exchange_index": shard, "balance": balance_text(cash)} for shard, cash in bound.items()
                ],
            }
        )

    def _worth(self, account: Account, shards: Sequence[int]) -> int:
        """Holdings at the last traded price, in micro-dollars: the captured balance agrees with it."""
        total = 0
        for outcome, size in account.holdings.items():
            market = self._exchange.market_of(outcome)
            last = None if market is None else self._history.last_trade(market)
            if market is None or last is None or self._exchange.listings[market].shard not in shards:
                continue
            yes = outcome == self._exchange.listings[market].market.yes
            total += (last.price if yes else ONE - last.price) * size // ONE
        return total

    def _chosen(self, call: Call, *, live: bool) -> list[tuple[MarketId, Position]]:
        query = call.query
        ticker, events = query.text("ticker"), set(query.names("event_ticker", 10))
        shard = query.integer("exchange_index")
        found = []
        for market, position in self._accounting.positions(call.account(), call.now).items():
            listing = self._exchange.listings[market]
            if (
                (not ticker or market == ticker)
                and (not events or listing.market.question in events)
                and shard in (None, -1, listing.shard)
                and (not position.settled or self._tier.is_live(listing, call.now)) is live
            ):
                found.append((market, position))
        return sorted(found, key=lambda row: (row[1].updated, row[0]), reverse=True)

    def _fills(self, account: str, now: Nanos) -> Iterator[FillRow]:
        shown = now - self._options.fills_late
        for trade in self._history.newest(account=account):
            if trade.at <= shown:
                yield from ((trade, party) for party in trade.parties() if party.order.new.account == account)


def _passes(position: Position, counts: Sequence[str], settled: str) -> bool:
    if settled != "all" and position.settled is not (settled == "settled"):
        return False
    return ("position" not in counts or position.size != 0) and ("total_traded" not in counts or position.traded != 0)


def _fill_key(row: FillRow) -> str:
    trade, party = row
    return f"{trade.number}/{party.order.new.id}"


def _movement(number: str, move: FundsMoved) -> dict[str, object]:
    at = seconds(move.at)
    return {
        "id": number,
        "status": "applied",
        "type": "ach",
        "amount_cents": cents(abs(move.cash)),
        "fee_cents": 0,
        "created_ts": at,
        "finalized_ts": at,
    }


def _get(path: str, operation: str, handler: Callable[[Call], Answer], scope: str = "read") -> Endpoint:
    return Endpoint(method="GET", path=path, operation=operation, handler=handler, scope=scope)
