"""The CLOB's lists of markets and what it says of one (section 2.1)."""

from collections.abc import Callable

from aiohttp import web

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_market_rows import MarketRows, base_fee, compact, number
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.clob_pages import page
from dutchbook.exchange.servers.polymarket.signing import uint256


def known_listing(exchange: Exchange, market: str) -> Listing:
    """The listing of a condition id. Raises Problem (404)."""
    listing = exchange.listings.get(MarketId(market))
    if listing is None:
        raise Problem(404, words.NO_MARKET)
    return listing


def listing_of_token(exchange: Exchange, token: str, missing: str = words.NO_MARKET) -> Listing:
    """The listing that a token belongs to. Raises Problem: 400 for no token at all, 404 for an unknown one."""
    try:
        uint256(token)
    except ValueError as e:
        raise Problem(400, words.NO_OUTCOME) from e
    market = exchange.market_of(OutcomeId(token))
    listing = None if market is None else exchange.listings.get(market)
    if listing is None:
        raise Problem(404, missing)
    return listing


class Markets:
    """Endpoints about markets; nothing here needs a key."""

    def __init__(self, exchange: Exchange, history: History, options: ClobOptions) -> None:
        self._exchange = exchange
        self._options = options
        self.rows = MarketRows(exchange, history)

    def markets(self, request: web.Request) -> web.Response:
        """`GET /markets`: every market ever listed, oldest first."""
        return self._listed(request, self.rows.full, _any)

    def sampling(self, request: web.Request) -> web.Response:
        """`GET /sampling-markets`: those that pay liquidity rewards now."""
        return self._listed(request, self.rows.full, _pays)

    def simplified(self, request: web.Request) -> web.Response:
        """`GET /simplified-markets`."""
        return self._listed(request, self.rows.simplified, _any)

    def sampling_simplified(self, request: web.Request) -> web.Response:
        """`GET /sampling-simplified-markets`."""
        return self._listed(request, self.rows.simplified, _pays)

    def market(self, request: web.Request) -> web.Response:
        """`GET /markets/{condition_id}`."""
        return answer(self.rows.full(known_listing(self._exchange, request.match_info["market"])))

    def compact(self, request: web.Request) -> web.Response:
        """`GET /clob-markets/{condition_id}`."""
        return answer(compact(known_listing(self._exchange, request.match_info["market"])))

    def by_token(self, request: web.Request) -> web.Response:
        """`GET /markets-by-token/{token_id}`."""
        market = listing_of_token(self._exchange, request.match_info["token"]).market
        return answer({"condition_id": market.id, "primary_token_id": market.yes, "secondary_token_id": market.no})

    def tick_size(self, request: web.Request) -> web.Response:
        """`GET /tick-size`."""
        listing = listing_of_token(self._exchange, request.query.get("token_id", ""))
        return answer({"minimum_tick_size": number(listing.market.grid.finest(), 4)})

    def neg_risk(self, request: web.Request) -> web.Response:
        """`GET /neg-risk`."""
        listing = listing_of_token(self._exchange, request.query.get("token_id", ""))
        return answer({"neg_risk": listing.market.neg_risk})

    def fee_rate(self, request: web.Request) -> web.Response:
        """`GET /fee-rate`."""
        return answer({"base_fee": base_fee(listing_of_token(self._exchange, request.query.get("token_id", "")))})

    def _listed(
        self, request: web.Request, write: Callable[[Listing], dict[str, object]], wanted: Callable[[Listing], bool]
    ) -> web.Response:
        listings = [listing for listing in self._exchange.listings.values() if wanted(listing)]
        found, paging = page(listings, request.query.get("next_cursor", ""), self._options.market_page)
        return answer({**paging, "data": [write(listing) for listing in found]})


def _any(_listing: Listing) -> bool:
    return True


def _pays(listing: Listing) -> bool:
    return listing.rewards is not None and listing.market.status is MarketStatus.OPEN
