"""Kalshi's liquidity programmes: which markets pay for resting quotes, and how those score (protocol section 10)."""

from collections.abc import Callable, Sequence

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.ports import Clock
from dutchbook.domain.rewards import RewardOffer, RewardTerms, SideScoring
from dutchbook.domain.units import DAY, ONE, Money, Nanos, Size
from dutchbook.venues.http import HttpReader, Question
from dutchbook.venues.kalshi.limits import COST, READ
from dutchbook.venues.kalshi.numbers import instant, positive_size, ticker
from dutchbook.venues.rewards import ListedRewards, Skipped, readable

PAGE = 10_000
"""Programmes on one page, the most that Kalshi gives."""
_MICROS_PER_CENTICENT = 100
_PPM_PER_BASIS_POINT = 100


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    """A programme as the venue says it. `period_reward` is in centi-cents, for the whole period and all makers."""

    market_ticker: str
    start_date: str
    end_date: str
    period_reward: int
    incentive_type: str = "liquidity"
    paid_out: bool = False
    discount_factor_bps: int | None = None
    target_size_fp: str | None = None


class ProgrammePage(msgspec.Struct, frozen=True):
    """A page of them. The cursor is called `next_cursor` here, and empty at the end."""

    incentive_programs: tuple[msgspec.Raw, ...]
    next_cursor: str | None = None


_decode_page = msgspec.json.Decoder(ProgrammePage).decode
_decode_programme = msgspec.json.Decoder(Programme).decode


class KalshiIncentives:
    """Public reads. Raises as `HttpReader.read` does."""

    def __init__(self, reader: HttpReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def listed(self) -> ListedRewards:
        """All liquidity programmes that run now. Of a market with several the one that pays most a day counts."""
        found: dict[MarketId, RewardTerms] = {}
        skipped: list[Skipped] = []
        cursor, cursors = "", set[str]()
        while True:
            terms, refused, cursor = await self._reader.read(_question(cursor), decode_programmes)
            for each in terms:
                known = found.get(each.market)
                if _runs(each, self._clock.now()) and (known is None or known.daily < each.daily):
                    found[each.market] = each
            skipped += refused
            if not cursor:
                return ListedRewards(tuple(RewardOffer(terms=each) for each in found.values()), tuple(skipped))
            if cursor in cursors:
                raise WireError(Venue.KALSHI, "the pages of the programmes begin again", cursor.encode())
            cursors.add(cursor)

    async def of_markets(self, markets: Sequence[MarketId]) -> ListedRewards:
        """Those of some markets: there is no other way to ask than for all."""
        wanted = frozenset(markets)
        found = await self.listed()
        return ListedRewards(
            tuple(one for one in found.offers if one.terms.market in wanted), found.skipped, whole=False
        )


def decode_programmes(body: bytes) -> tuple[tuple[RewardTerms, ...], tuple[Skipped, ...], str]:
    """The liquidity programmes of a page, those that cannot be read, and the next cursor. Raises WireError."""
    page = _read(_decode_page, body)
    found, skipped = readable(page.incentive_programs, lambda raw: _terms(_decode_programme(raw)))
    return tuple(terms for terms in found if terms is not None), skipped, page.next_cursor or ""


def _terms(said: Programme) -> RewardTerms | None:
    """What a programme pays for resting quotes; None for other programmes. Raises ValueError, saying what is wrong."""
    if said.incentive_type != "liquidity" or said.paid_out:
        return None
    since, until = instant(said.start_date), instant(said.end_date)
    if since is None or until is None or until <= since:
        raise ValueError("the programme has no period")
    if said.period_reward < 0:
        raise ValueError("a reward below nothing")
    if said.target_size_fp is None or not said.discount_factor_bps or not 0 < said.discount_factor_bps <= 10_000:
        raise ValueError("no target size or no discount factor: nobody can tell what scores")
    return RewardTerms(
        market=ticker(said.market_ticker),
        daily=Money(said.period_reward * _MICROS_PER_CENTICENT * DAY // (until - since)),
        max_spread=ONE,
        min_size=Size(0),
        since=since,
        until=until,
        sides=SideScoring(
            target_size=positive_size(said.target_size_fp),
            discount_ppm=said.discount_factor_bps * _PPM_PER_BASIS_POINT,
        ),
    )


def _runs(terms: RewardTerms, now: Nanos) -> bool:
    return (terms.since is None or terms.since <= now) and (terms.until is None or now < terms.until)


def _question(cursor: str) -> Question:
    parameters = [("status", "active"), ("type", "liquidity"), ("limit", str(PAGE))]
    if cursor:
        parameters.append(("cursor", cursor))
    return Question(path="/incentive_programs", groups=(READ,), parameters=tuple(parameters), tokens=COST)


def _read[T](decode: Callable[[bytes], T], body: bytes) -> T:
    """Raises WireError, in place of whatever the decoder raises."""
    try:
        return decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(Venue.KALSHI, f"no incentive programmes: {error}", body) from error
