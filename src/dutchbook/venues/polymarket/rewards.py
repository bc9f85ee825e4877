"""Which markets pay liquidity rewards, and on what terms: the CLOB's own lists, and Gamma's fields beside them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import batched

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.rewards import RewardOffer, RewardTerms
from dutchbook.domain.units import DAY, ONE, Money, Nanos, Price, Size, exact
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.polymarket import reward_wire as wire
from dutchbook.venues.polymarket.identifiers import condition
from dutchbook.venues.polymarket.limits import CLOB, EVERYTHING, GAMMA
from dutchbook.venues.polymarket.order_wire import LAST_CURSOR
from dutchbook.venues.polymarket.reward_wire import dollars_down, text_of
from dutchbook.venues.rewards import ListedRewards, Skipped, readable

MOST_IDS = 50
"""Condition ids in one address: more would be longer than proxies let pass."""
LARGEST_PAGE = 500
"""Rows on one page of `/rewards/markets/multi`, the most that it gives."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ENDLESS = date(2262, 1, 1)
"""From there on nanoseconds no longer fit into what keeps them, and no end is meant ("2500-12-31")."""

_decode_current = msgspec.json.Decoder(wire.CurrentPage).decode
_decode_row = msgspec.json.Decoder(wire.CurrentReward).decode
_decode_listed = msgspec.json.Decoder(wire.ListedPage).decode
_decode_gamma = msgspec.json.Decoder(wire.GammaPage).decode
_decode_gamma_market = msgspec.json.Decoder(wire.GammaMarket).decode


class PolymarketRewards:
    """Reads of two hosts. Raises as `HttpReader.read` does."""

    def __init__(self, clob: HttpReader, gamma: HttpReader) -> None:
        self._clob = clob
        self._gamma = gamma

    async def listed(self) -> ListedRewards:
        """All markets with a reward now, all pages of them, with what was traded in 24 hours."""
        rows, skipped = await self._current()
        volumes = await self._volumes()
        offers = tuple(RewardOffer(terms=terms, volume_24h=volumes.get(terms.market)) for terms in rows)
        return ListedRewards(offers, skipped)

    async def of_markets(self, markets: Sequence[MarketId]) -> ListedRewards:
        """What Gamma says of these markets, for when the CLOB's lists fail: up to five minutes old."""
        offers: list[RewardOffer] = []
        skipped: list[Skipped] = []
        for some in batched(dict.fromkeys(markets), MOST_IDS):
            question = Question(
                path="/markets/keyset",
                groups=("/markets", "listings", GAMMA, EVERYTHING),
                parameters=(*(("condition_ids", market) for market in some), ("limit", str(MOST_IDS))),
            )
            found, refused = await self._gamma.read(question, decode_gamma)
            offers += found
            skipped += refused
        return ListedRewards(tuple(offers), tuple(skipped), whole=False)

    async def _current(self) -> tuple[tuple[RewardTerms, ...], tuple[Skipped, ...]]:
        found: dict[MarketId, RewardTerms] = {}
        skipped: dict[str, str] = {}
        cursor = ""
        while cursor != LAST_CURSOR:
            page, refused, following = await self._clob.read(_page("/rewards/markets/current", cursor), decode_current)
            _check_progress(following, cursor, fresh=any(terms.market not in found for terms in page))
            found.update((terms.market, terms) for terms in page)
            skipped.update(refused)
            cursor = following
        return tuple(found.values()), tuple(skipped.items())

    async def _volumes(self) -> dict[MarketId, Money]:
        found: dict[MarketId, Money] = {}
        cursor = ""
        while cursor != LAST_CURSOR:
            question = _page("/rewards/markets/multi", cursor, ("page_size", str(LARGEST_PAGE)))
            page, following = await self._clob.read(question, decode_volumes)
            _check_progress(following, cursor, fresh=any(market not in found for market in page))
            found.update(page)
            cursor = following
        return found


def decode_current(body: bytes) -> tuple[tuple[RewardTerms, ...], tuple[Skipped, ...], str]:
    """The terms of a page of `/rewards/markets/current`, the rows that cannot be read, and the next cursor.

    Rates in other assets than the collateral count as dollars: the venue names no price for them. Raises WireError.
    """
    page = _read(_decode_current, body)
    terms, skipped = readable(page.data, lambda row: _terms(_decode_row(row)))
    return terms, skipped, page.next_cursor or LAST_CURSOR


def decode_volumes(body: bytes) -> tuple[dict[MarketId, Money], str]:
    """What the markets of a page of `/rewards/markets/multi` traded in 24 hours, and the next cursor. WireError."""
    page = _read(_decode_listed, body)
    rows = [row for row in page.data if text_of(row.volume_24hr)]
    volumes = _read(lambda _: {condition(row.condition_id): dollars_down(row.volume_24hr) for row in rows}, body)
    return volumes, page.next_cursor or LAST_CURSOR


def decode_gamma(body: bytes) -> tuple[tuple[RewardOffer, ...], tuple[Skipped, ...]]:
    """The rewards of a page of Gamma's markets, those without any left out. Raises WireError."""
    page = _read(_decode_gamma, body)
    offers, skipped = readable(page.markets, lambda row: _gamma_offer(_decode_gamma_market(row)))
    return tuple(offer for offer in offers if offer is not None), skipped


def _terms(row: wire.CurrentReward) -> RewardTerms:
    total = row.total_daily_rate
    rate = (
        dollars_down(total)
        if text_of(total)
        else Money(sum(dollars_down(one.rate_per_day) for one in row.rewards_config))
    )
    return RewardTerms(
        market=condition(row.condition_id),
        daily=rate,
        max_spread=_cents(row.rewards_max_spread),
        min_size=_shares(row.rewards_min_size),
        since=min((_day(one.start_date) for one in row.rewards_config if one.start_date), default=None),
        until=_last((one.end_date for one in row.rewards_config), missing=not row.rewards_config),
    )


def _gamma_offer(said: wire.GammaMarket) -> RewardOffer | None:
    programmes = said.clob_rewards or ()
    spread, size = text_of(said.rewards_max_spread), text_of(said.rewards_min_size)
    daily = Money(sum(dollars_down(one.rewards_daily_rate) for one in programmes if text_of(one.rewards_daily_rate)))
    if not daily or not spread or not size or not (max_spread := _cents(said.rewards_max_spread)):
        return None
    terms = RewardTerms(
        market=condition(said.condition_id),
        daily=daily,
        max_spread=max_spread,
        min_size=_shares(said.rewards_min_size),
        since=min((_day(one.start_date) for one in programmes if one.start_date), default=None),
        until=_last((one.end_date or "" for one in programmes), missing=False),
    )
    volume = dollars_down(said.volume24hr) if text_of(said.volume24hr) else None
    return RewardOffer(terms=terms, volume_24h=volume)


def _page(path: str, cursor: str, *parameters: tuple[str, str]) -> Question:
    here = (*parameters, ("next_cursor", cursor)) if cursor else parameters
    return Question(path=path, groups=(CLOB, EVERYTHING), parameters=here)


def _check_progress(following: str, cursor: str, *, fresh: bool) -> None:
    if following != LAST_CURSOR and (following == cursor or not fresh):
        raise WireError(Venue.POLYMARKET, "the pages of the rewards begin again, so the list has no end", b"")


def _cents(raw: msgspec.Raw) -> Price:
    value = exact(text_of(raw), 2)
    if value > ONE:
        raise ValueError(f"{text_of(raw)!r} cents are more than a dollar")
    return Price(value)


def _shares(raw: msgspec.Raw) -> Size:
    return Size(exact(text_of(raw), 6))


def _day(text: str) -> Nanos:
    """The first nanosecond of a UTC day. Raises ValueError for none."""
    return Nanos((date.fromisoformat(text[:10]).toordinal() - _EPOCH_DAY) * DAY)


def _last(texts: Iterable[str], *, missing: bool) -> Nanos | None:
    """The end of the last of these days; None if one of them has no end."""
    days = [date.fromisoformat(text[:10]) if text else _ENDLESS for text in texts]
    if missing or not days or max(days) >= _ENDLESS:
        return None
    return Nanos((max(days).toordinal() + 1 - _EPOCH_DAY) * DAY)


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    """Raises WireError, in place of whatever the decoder raises."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(Venue.POLYMARKET, f"no rewards: {error}", body) from error
