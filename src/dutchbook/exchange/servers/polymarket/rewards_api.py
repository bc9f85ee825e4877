"""Liquidity rewards and maker rebates as the CLOB tells them (sections 2.1, 2.2, 7.3 and 7.4).

Field names and kinds are those of the official client of October 2026.
"""

from datetime import UTC, date, datetime

import msgspec
from aiohttp import web

from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import DAY, ONE, SECOND, Money, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing, RewardProgramme
from dutchbook.exchange.matching.messages import FundsMoved
from dutchbook.exchange.polymarket_book import plain
from dutchbook.exchange.rewards import Earning
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_json import read
from dutchbook.exchange.servers.polymarket.clob_market_rows import MarketRows, iso, number
from dutchbook.exchange.servers.polymarket.clob_markets import known_listing
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.clob_pages import page
from dutchbook.exchange.servers.polymarket.contracts import COLLATERAL
from dutchbook.exchange.servers.polymarket.wallets import SignatureType, checksummed

_LARGEST_PAGE = 500
_ids = msgspec.json.Decoder(list[str])


class RewardsApi:
    """Programmes, earnings and scoring of one exchange."""

    def __init__(
        self, exchange: Exchange, history: History, auth: PolymarketAuth, clock: Clock, options: ClobOptions
    ) -> None:
        self._exchange = exchange
        self._history = history
        self._auth = auth
        self._clock = clock
        self._options = options
        self._rows = MarketRows(exchange, history)

    # everybody

    def current(self, request: web.Request) -> web.Response:
        """`GET /rewards/markets/current`."""
        found, paging = page(self._running(), request.query.get("next_cursor", ""), self._options.page)
        return answer({**paging, "data": [_current(listing, programme) for listing, programme in found]})

    def market(self, request: web.Request) -> web.Response:
        """`GET /rewards/markets/{condition_id}`: a page with one row, or none."""
        listing = known_listing(self._exchange, request.match_info["market"])
        rows = [] if listing.rewards is None else [self._detailed(listing, listing.rewards)]
        found, paging = page(rows, request.query.get("next_cursor", ""), self._options.page)
        return answer({**paging, "data": found})

    def multi(self, request: web.Request) -> web.Response:
        """`GET /rewards/markets/multi`: in the order of listing, whatever sorting is asked for; `q` filters titles."""
        text = request.query.get("q", "").lower()
        running = [one for one in self._running() if text in one[0].market.title.lower()]
        found, paging = page(running, request.query.get("next_cursor", ""), self._page_size(request))
        return answer({**paging, "data": [self._discovered(listing, programme) for listing, programme in found]})

    def rebates(self, request: web.Request) -> web.Response:
        """`GET /rebates/current?date=&maker_address=`: what was paid for that day, at the midnight after it."""
        day = _day(request)
        maker = request.query.get("maker_address", "").lower()
        rows = [
            {
                "date": request.query["date"],
                "condition_id": moved.market,
                "asset_address": COLLATERAL,
                "maker_address": checksummed(maker),
                "rebated_fees_usdc": plain(moved.cash, 6),
            }
            for moved in self._history.funds(maker)
            if moved.why == "rebate" and _earned_on(moved) == day
        ]
        return answer(rows)

    # the owner of a key

    def scoring(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /order-scoring`: whether an order of one's own would earn now."""
        return answer({"scoring": self._scores(request.query.get("order_id", ""), key)})

    def scorings(self, _request: web.Request, key: ApiKey, body: bytes) -> web.Response:
        """`POST /orders-scoring`."""
        ids = read(_ids, body)
        return answer({order_id: self._scores(order_id, key) for order_id in ids})

    def earnings(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /rewards/user?date=`: by market."""
        maker = self._maker(request, key)
        rows = [self._earning(earning) for earning in self._earned(maker, _day(request))]
        found, paging = page(rows, request.query.get("next_cursor", ""), self._options.page)
        return answer({**paging, "data": found})

    def total(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /rewards/user/total?date=`: one row for the one asset in which is paid; none without earnings."""
        maker, day = self._maker(request, key), _day(request)
        total = sum(earning.amount for earning in self._earned(maker, day))
        row = {
            "date": _date_text(day),
            "asset_address": COLLATERAL,
            "maker_address": checksummed(maker),
            "earnings": number(total, 6),
            "asset_rate": 1,
        }
        return answer([row] if total else [])

    def percentages(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /rewards/user/percentages`: one's share of today's scores so far, in percent, by market."""
        maker = self._maker(request, key)
        shares = {listing.id: self._share(listing.id, maker) for listing, _ in self._running()}
        return answer({market: share for market, share in shares.items() if share})

    def markets(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /rewards/user/markets?date=`: every rewarded market with what one earned there that day."""
        maker, day = self._maker(request, key), _day(request)
        earned = {earning.market: earning.amount for earning in self._earned(maker, day)}
        found, paging = page(self._running(), request.query.get("next_cursor", ""), self._page_size(request))
        rows = [
            {
                **self._detailed(listing, programme),
                "maker_address": checksummed(maker),
                "earning_percentage": self._share(listing.id, maker),
                "earnings": [
                    {
                        "asset_address": COLLATERAL,
                        "earnings": number(earned.get(listing.id, 0), 6),
                        "asset_rate": 1,
                    }
                ],
            }
            for listing, programme in found
        ]
        return answer({**paging, "total_count": len(self._running()), "data": rows})

    def _running(self) -> list[tuple[Listing, RewardProgramme]]:
        return [
            (listing, listing.rewards)
            for listing in self._exchange.listings.values()
            if listing.rewards is not None and listing.market.status is MarketStatus.OPEN
        ]

    def _scores(self, order_id: str, key: ApiKey) -> bool:
        order = self._exchange.order(order_id)
        mine = order is not None and order.new.account in self._auth.accounts_of(key)
        return mine and self._exchange.scoring(order_id)

    def _maker(self, request: web.Request, key: ApiKey) -> str:
        kind = request.query.get("signature_type", "")
        if kind == "":
            return self._auth.primary(key.address)
        if kind not in ("0", "1", "2", "3"):
            raise Problem(400, "Invalid signature type")
        return self._auth.wallets.of_kind(key.address, SignatureType(int(kind)), self._exchange.accounts)

    def _earned(self, maker: str, day: Nanos) -> list[Earning]:
        return [one for one in self._exchange.rewards.earnings if one.day == day and one.account == maker]

    def _share(self, market: MarketId, maker: str) -> float:
        return round(100 * self._exchange.rewards.shares(market).get(maker, 0.0), 6)

    def _earning(self, earning: Earning) -> dict[str, object]:
        return {
            "date": _date_text(earning.day),
            "condition_id": earning.market,
            "asset_address": COLLATERAL,
            "maker_address": checksummed(earning.account),
            "earnings": number(earning.amount, 6),
            "asset_rate": 1,
        }

    def _detailed(self, listing: Listing, programme: RewardProgramme) -> dict[str, object]:
        question = self._exchange.questions.get(listing.market.question)
        return {
            "condition_id": listing.id,
            "question": listing.market.title,
            "market_slug": listing.slug,
            "event_slug": "" if question is None else question.slug,
            "image": "",
            "rewards_max_spread": number(programme.max_spread, 2),
            "rewards_min_size": number(programme.min_size, 6),
            "market_competitiveness": self._competitiveness(listing.id),
            "tokens": [
                {name: token[name] for name in ("token_id", "outcome", "price")} for token in self._rows.tokens(listing)
            ],
            "rewards_config": [_config(listing, programme)],
        }

    def _discovered(self, listing: Listing, programme: RewardProgramme) -> dict[str, object]:
        question = self._exchange.questions.get(listing.market.question)
        bid, ask = self._exchange.top(listing.id)
        spread = (ONE if ask is None else ask.price) - (0 if bid is None else bid.price)
        return {
            **self._detailed(listing, programme),
            "market_id": listing.number,
            "event_id": "0" if question is None else question.number,
            "group_item_title": listing.group_title,
            "spread": number(spread, 4),
            "volume_24hr": number(self._history.volume_of_day(listing.id, self._clock.now()), 6),
            "one_day_price_change": self._change(listing),
            "created_at": iso(listing.created),
            "end_date": iso(listing.market.closes),
        }

    def _competitiveness(self, market: MarketId) -> int:
        """How many makers scored today: what the venue's number measures is not documented."""
        return len(self._exchange.rewards.shares(market))

    def _change(self, listing: Listing) -> int | float:
        yesterday = self._history.before(listing.id, Nanos(self._clock.now() - DAY))
        if yesterday is None or yesterday.price is None:
            return 0
        change = self._rows.price_of_yes(listing) - yesterday.price.close * 10
        return number(change, 5) if change >= 0 else -number(-change, 5)

    def _page_size(self, request: web.Request) -> int:
        text = request.query.get("page_size", "100")
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= _LARGEST_PAGE:
            raise Problem(400, "Invalid page size")
        return int(text)


def _current(listing: Listing, programme: RewardProgramme) -> dict[str, object]:
    rate = number(programme.daily_rate, 6)
    return {
        "condition_id": listing.id,
        "rewards_config": [_config(listing, programme)],
        "rewards_max_spread": number(programme.max_spread, 2),
        "rewards_min_size": number(programme.min_size, 6),
        "native_daily_rate": rate,
        "sponsored_daily_rate": 0,
        "total_daily_rate": rate,
        "sponsors_count": 0,
    }


def _config(listing: Listing, programme: RewardProgramme) -> dict[str, object]:
    """A programme runs from its market's listing to its end, so `total_rewards` is its rate times those days."""
    ends = listing.market.closes
    days = 1 if ends is None else max(1, -(-(ends - listing.created) // DAY))
    return {
        "id": int(listing.number) if listing.number.isdigit() else 0,
        "asset_address": COLLATERAL,
        "start_date": _date_text(listing.created),
        "end_date": "2500-12-31" if ends is None else _date_text(ends),
        "rate_per_day": number(programme.daily_rate, 6),
        "total_rewards": number(Money(programme.daily_rate * days), 6),
    }


def _day(request: web.Request) -> Nanos:
    """The first nanosecond of the UTC day asked for. Raises Problem (400)."""
    text = request.query.get("date", "")
    try:
        day = date.fromisoformat(text)
    except ValueError as e:
        raise Problem(400, "Invalid date") from e
    if len(text) != 10 or day.year < 1971:
        raise Problem(400, "Invalid date")
    return Nanos(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND)


def _date_text(at: Nanos) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d")


def _earned_on(moved: FundsMoved) -> Nanos:
    return Nanos((moved.at // DAY - 1) * DAY)
