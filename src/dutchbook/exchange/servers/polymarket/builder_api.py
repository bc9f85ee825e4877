"""Builder codes: the fees they add, and the trades they brought (sections 2.1, 2.2 and 7.2).

Which builders exist is an option of the server; the fee of a code is told, not charged.
"""

from collections import deque

import msgspec
from aiohttp import web

from dutchbook.domain.units import SECOND
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import ExchangeEvent, Matched, Pair, Party
from dutchbook.exchange.polymarket_book import plain, price_text, size_text
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.auth import PolymarketAuth
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.clob_orders import OrderDesk
from dutchbook.exchange.servers.polymarket.clob_pages import page
from dutchbook.exchange.servers.polymarket.identifiers import named_uuid, transaction_hash
from dutchbook.exchange.servers.polymarket.user_events import label_of
from dutchbook.exchange.servers.polymarket.wallets import checksummed

_KEPT = 50_000


class _Brought(msgspec.Struct, frozen=True):
    builder: str
    match: Matched
    pair: Pair
    party: Party
    role: str


class Builders:
    """Remembers fills of orders that named a builder; the newest fifty thousand."""

    def __init__(
        self, exchange: Exchange, history: History, auth: PolymarketAuth, desk: OrderDesk, options: ClobOptions
    ) -> None:
        self._exchange = exchange
        self._history = history
        self._auth = auth
        self._desk = desk
        self._options = options
        self._brought: deque[_Brought] = deque(maxlen=_KEPT)
        exchange.listen(self._heard, Matched)

    def fees(self, request: web.Request) -> web.Response:
        """`GET /fees/builder-fees/{code}`: 404 for a code that does not exist."""
        known = self._options.builder_fees.get(request.match_info["code"].lower())
        if known is None:
            raise Problem(404, "builder not found")
        maker, taker = known
        return answer({"builder_maker_fee_rate_bps": maker, "builder_taker_fee_rate_bps": taker})

    def trades(self, request: web.Request) -> web.Response:
        """`GET /builder/trades?builder_code=`, newest first. The current clients send the code and no key."""
        query = request.query
        code = query.get("builder_code", "").lower()
        if not code:
            raise Problem(401, words.UNAUTHORISED)
        market, token = query.get("market", ""), query.get("asset_id", "")
        rows = [
            one
            for one in reversed(self._brought)
            if one.builder == code and market in ("", one.match.market) and token in ("", one.party.outcome)
        ]
        found, paging = page(rows, query.get("next_cursor", ""), self._options.page)
        return answer({"data": [self._row(one) for one in found], **paging})

    def _heard(self, event: ExchangeEvent) -> None:
        if not isinstance(event, Matched) or not self._desk.builders:
            return
        for pair in event.pairs:
            for party, role in ((pair.taker, "TAKER"), (pair.maker, "MAKER")):
                builder = self._desk.builders.get(party.order.new.id)
                if builder is not None:
                    self._brought.append(_Brought(builder, event, pair, party, role))

    def _row(self, one: _Brought) -> dict[str, object]:
        match, party = one.match, one.party
        market, at = self._exchange.listings[match.market].market, str(match.at // SECOND)
        notional = one.pair.size * party.price // 10_000
        return {
            "id": named_uuid(f"builder-trade/{one.pair.number}/{one.role}"),
            "tradeType": one.role,
            "takerOrderHash": match.taker.new.id,
            "builder": one.builder,
            "market": match.market,
            "assetId": party.outcome,
            "side": party.side.upper(),
            "size": size_text(one.pair.size),
            "sizeUsdc": plain(notional, 6),
            "price": price_text(party.price),
            "status": self._history.settlement_of(match.number).upper(),
            "outcome": label_of(market, party.outcome),
            "outcomeIndex": 0 if party.outcome == market.yes else 1,
            "owner": self._auth.owner_of_order(party.order.new.id, party.order.new.account),
            "maker": checksummed(party.order.new.account),
            "transactionHash": transaction_hash(match.number),
            "matchTime": at,
            "bucketIndex": 0,
            "fee": "0",
            "feeUsdc": "0",
            "err_msg": None,
            "createdAt": at,
            "updatedAt": at,
        }
