"""What an API key may ask about its own orders and trades (section 2.2)."""

from aiohttp import web

from dutchbook.domain.units import SECOND
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import Matched, WorkingOrder
from dutchbook.exchange.servers.polymarket.account_rows import OPEN, Fills, order_row, trade_row
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth, Restriction
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.clob_pages import page


class Accounts:
    """Open orders and trades of a key's wallets."""

    def __init__(
        self, exchange: Exchange, history: History, auth: PolymarketAuth, fills: Fills, options: ClobOptions
    ) -> None:
        self._exchange = exchange
        self._history = history
        self._auth = auth
        self._fills = fills
        self._options = options

    def orders(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /data/orders`: what is open, oldest first."""
        query = request.query
        wanted = (query.get("id", ""), query.get("market", ""), query.get("asset_id", ""))
        known = self._exchange.accounts
        rows = [
            order
            for account in self._auth.accounts_of(key)
            if account in known
            for order in self._exchange.open_orders(account)
            if _fits(wanted, (order.new.id, order.new.market, order.new.outcome))
        ]
        found, paging = page(rows, query.get("next_cursor", ""), self._options.page)
        return answer({"data": [self._order(order) for order in found], **paging})

    def order(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /data/order/{id}`: only while it is open."""
        order = self._exchange.order(request.match_info["order"])
        if order is None or order.state not in OPEN or order.new.account not in self._auth.accounts_of(key):
            if self._options.gone_order == "null":
                return answer(None)
            raise Problem(404, "order not found")
        return answer(self._order(order))

    def trades(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /data/trades`: newest first."""
        query = request.query
        before, after = _seconds(query.get("before", "")), _seconds(query.get("after", ""))
        market, trade = query.get("market", ""), query.get("id", "")
        number = self._fills.number_of(trade)
        token, maker = query.get("asset_id", ""), query.get("maker_address", "").lower()
        mine = [account for account in self._auth.accounts_of(key) if maker in ("", account)]
        found = {match.number: match for account in mine for match in self._history.matches(account)}
        rows = [
            match
            for match in sorted(found.values(), key=lambda match: -match.number)
            if (not trade or match.number == number)
            and market in ("", match.market)
            and (not token or token in _tokens(match, mine))
            and (before is None or match.at // SECOND < before)
            and (after is None or match.at // SECOND > after)
        ]
        part, paging = page(rows, query.get("next_cursor", ""), self._options.page)
        return answer({"data": [self._trade(match, mine) for match in part], **paging})

    def closed_only(self, _request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /auth/ban-status/closed-only`."""
        return answer({"closed_only": self._auth.restrictions.get(key.address) is Restriction.CLOSED_ONLY})

    def _order(self, order: WorkingOrder) -> dict[str, object]:
        new = order.new
        market = self._exchange.listings[new.market].market
        owner = self._auth.owner_of_order(new.id, new.account)
        return order_row(order, market, owner, self._fills.trades_of(new.id))

    def _trade(self, match: Matched, mine: list[str]) -> dict[str, object]:
        return trade_row(
            match,
            mine,
            self._exchange.listings[match.market].market,
            self._auth,
            status=self._history.settlement_of(match.number),
            moved=self._fills.moved(match),
            options=self._options,
        )


def _fits(wanted: tuple[str, ...], has: tuple[str, ...]) -> bool:
    return all(one in ("", other) for one, other in zip(wanted, has, strict=True))


def _tokens(match: Matched, mine: list[str]) -> set[str]:
    """The tokens that an account traded in a match: a maker's may be the other one."""
    tokens: set[str] = {match.taker.new.outcome}
    tokens.update(pair.maker.outcome for pair in match.pairs if pair.maker.order.new.account in mine)
    return tokens


def _seconds(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise Problem(400, "Invalid timestamp")
    return int(text)
