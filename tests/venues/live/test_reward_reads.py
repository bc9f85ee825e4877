"""Reading rewards from both venues of the sandbox: every page, what one earns, and what happens when it fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from dutchbook.domain.book import Side
from dutchbook.domain.errors import VenueRefused, VenueUnavailable, WireError
from dutchbook.domain.identity import MarketId
from dutchbook.domain.rewards import SideScoring
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Nanos
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.venues.budget import Budget
from dutchbook.venues.http import HttpReader
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.credentials import Credentials, RequestSigner
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.live import LivePolymarket
from dutchbook.venues.polymarket.own_rewards import PolymarketOwnRewards
from tests.exchange.servers.kalshi.venue import LEP, START
from tests.exchange.servers.polymarket.clob_stage import PLAIN
from tests.venues.live.desk_side import session, surroundings
from tests.venues.live.kalshi_server import KalshiServer
from tests.venues.live.polymarket_server import PolymarketServer
from tests.venues.live.sandbox_side import KalshiBox, PolymarketBox
from tests.venues.live.test_sign import ED25519
from tests.venues.live.virtual_time import VirtualTime
from tests.venues.polymarket.broker.stage import ADDRESS, Stage

DAY = 86_400 * SECOND


async def test_all_rewarded_markets_of_the_sandbox_are_read_with_their_volume() -> None:
    time = VirtualTime()
    box = PolymarketBox(time)
    async with box.listening(), session(time) as http:
        for _ in range(60):
            box.act()
        found = await LivePolymarket(http, surroundings(time), box.hosts).rewards.listed()
        assert found.whole
        assert not found.skipped
        assert {offer.terms.market for offer in found.offers} == {market.id for market in box.markets()}
        for offer in found.offers:
            assert offer.terms.daily == 10 * DOLLAR
            assert offer.terms.max_spread == 450
            assert offer.terms.min_size == 50 * CONTRACT
            assert offer.volume_24h is not None


async def test_gamma_says_the_same_of_the_markets_that_one_asks_for() -> None:
    time = VirtualTime()
    box = PolymarketBox(time)
    async with box.listening(), session(time) as http:
        rewards = LivePolymarket(http, surroundings(time), box.hosts).rewards
        first = box.markets()[0].id
        listed = {offer.terms.market: offer.terms for offer in (await rewards.listed()).offers}
        found = await rewards.of_markets((first,))
        assert not found.whole
        [offer] = found.offers
        assert (offer.terms.daily, offer.terms.max_spread) == (listed[first].daily, listed[first].max_spread)
        assert (offer.terms.min_size, offer.terms.market) == (listed[first].min_size, first)


def row(number: int) -> dict[str, object]:
    return {
        "condition_id": f"0x{number:064x}",
        "rewards_max_spread": 3.5,
        "rewards_min_size": 20,
        "rewards_config": [],
        "total_daily_rate": number,
        "volume_24hr": number,
    }


@asynccontextmanager
async def paged(*pages: tuple[list[int], str]) -> AsyncIterator[tuple[PolymarketServer, LivePolymarket, VirtualTime]]:
    """A CLOB whose two lists have these pages, each with the cursor that follows; asked for by the cursor before."""
    time, server = VirtualTime(), PolymarketServer()
    cursors = ["", *(following for _, following in pages)]

    def answer(request: web.Request) -> web.Response:
        numbers, following = pages[cursors.index(request.query.get("next_cursor", ""))]
        return web.json_response({"data": [row(number) for number in numbers], "next_cursor": following})

    server.answers = {"/rewards/markets/current": answer, "/rewards/markets/multi": answer}
    async with server.listening(), session(time) as http:
        yield server, LivePolymarket(http, surroundings(time), server.hosts), time


async def test_every_page_is_read_and_a_market_that_moved_to_the_next_page_counts_once() -> None:
    async with paged(([1, 2], "Mg=="), ([2, 3], "NA=="), ([4], "LTE=")) as (_, live, _):
        found = await live.rewards.listed()
        assert [offer.terms.daily for offer in found.offers] == [DOLLAR, 2 * DOLLAR, 3 * DOLLAR, 4 * DOLLAR]
        assert [offer.volume_24h for offer in found.offers] == [DOLLAR, 2 * DOLLAR, 3 * DOLLAR, 4 * DOLLAR]


@pytest.mark.parametrize("pages", [(([1], "Mg=="), ([1], "NA=="), ([2], "LTE=")), (([1], "Mg=="), ([2], "Mg=="))])
async def test_a_list_without_an_end_is_an_error(pages: tuple[tuple[list[int], str], ...]) -> None:
    async with paged(*pages) as (_, live, time):
        asking = asyncio.create_task(live.rewards.listed())
        await time.advance(120)
        with pytest.raises(WireError, match="no end"):
            await asking


async def test_a_rewards_endpoint_that_is_down_is_one_line_for_people() -> None:
    time, server = VirtualTime(), PolymarketServer()
    server.answers = {"/rewards/markets/current": lambda _: web.Response(status=503, text="no")}
    async with server.listening(), session(time) as http:
        asking = asyncio.create_task(LivePolymarket(http, surroundings(time), server.hosts).rewards.listed())
        await time.advance(120)
        with pytest.raises(VenueUnavailable, match="rewards/markets/current: 503") as caught:
            await asking
        assert "\n" not in str(caught.value)


async def test_kalshis_programmes_are_read_with_their_way_to_score() -> None:
    time = VirtualTime(START)
    box = KalshiBox(time)
    async with box.listening(), session(time) as http:
        listing = box.exchange.listings[MarketId(LEP)]
        [programme] = listing.incentives
        found = await LiveKalshi(http, surroundings(time), box.hosts).rewards.listed()
        [offer] = found.offers
        days = (programme.ends - programme.starts) / DAY
        assert offer.terms.market == LEP
        assert offer.terms.daily == pytest.approx(programme.reward / days, abs=1)
        assert (offer.terms.since, offer.terms.until) == (programme.starts, programme.ends)
        scoring = SideScoring(target_size=programme.target_size, discount_ppm=programme.discount_ppm)
        assert offer.terms.sides == scoring


def programme(number: int, **changes: object) -> dict[str, object]:
    return {
        "id": f"p{number}",
        "market_ticker": f"KX-{number}",
        "incentive_type": "liquidity",
        "start_date": "2025-12-24T14:15:00Z",
        "end_date": "2026-01-03T14:15:00Z",
        "period_reward": 1_000_000,
        "paid_out": False,
        "discount_factor_bps": 5_000,
        "target_size_fp": "1000.00",
        **changes,
    }


async def test_kalshis_pages_are_read_to_the_last_and_strange_programmes_are_told() -> None:
    pages = {
        "": ([programme(1), programme(2, period_reward=-1)], "next"),
        "next": ([programme(3, incentive_type="volume"), programme(1, period_reward=9_000_000)], ""),
    }

    def answer(request: web.Request) -> web.Response:
        rows, cursor = pages[request.query.get("cursor", "")]
        return web.json_response({"incentive_programs": rows, "next_cursor": cursor})

    time = VirtualTime()
    server = KalshiServer(ED25519, "key", time)
    server.answers = {"/incentive_programs": answer}
    async with server.listening(), session(time) as http:
        found = await LiveKalshi(http, surroundings(time), server.hosts).rewards.listed()
        # 9,000,000 centi-cents are $900, over ten days.
        assert [(offer.terms.market, offer.terms.daily) for offer in found.offers] == [("KX-1", 90 * DOLLAR)]
        assert len(found.skipped) == 1


@asynccontextmanager
async def account(options: ClobOptions | None = None) -> AsyncIterator[tuple[Stage, PolymarketOwnRewards]]:
    """An account at the sandbox's Polymarket, and what it may read of its rewards."""
    stage = Stage(options)
    async with stage.playing(), session(stage.time) as http:
        key = Credentials(key=stage.key.id, secret=stage.key.secret, passphrase=stage.key.passphrase)
        budget = Budget(LIMITS, stage.time, stage.time.sleep)
        reader = HttpReader(stage.hosts.clob, http, budget, surroundings(stage.time))
        yield (
            stage,
            PolymarketOwnRewards(
                reader, polymarket_account(address=ADDRESS, salt_seed="own"), RequestSigner(ADDRESS, key), stage.time
            ),
        )


def jump(stage: Stage, nanos: int) -> None:
    """So much later, with all that the venue does meanwhile."""
    stage.venue.clock.at = Nanos(stage.venue.clock.at + nanos)
    stage.exchange.advance()


async def test_the_venue_says_which_of_our_orders_score_and_what_our_shares_are() -> None:
    async with account() as (stage, own):
        inside, outside, _ = await stage.placed(
            stage.order(Side.BUY, 4_800, 100), stage.order(Side.BUY, 1_000, 100), stage.order(Side.SELL, 5_200, 100)
        )
        jump(stage, 180 * SECOND)
        asked = (inside.venue_id, outside.venue_id)
        said = {one.venue_id: one.scores for one in await own.scoring(asked)}
        assert said == {inside.venue_id: True, outside.venue_id: False}
        assert await own.shares() == {PLAIN: 1_000_000}


async def test_the_venue_says_what_a_day_paid() -> None:
    async with account() as (stage, own):
        await stage.placed(stage.order(Side.BUY, 4_800, 100), stage.order(Side.SELL, 5_200, 100))
        today = Nanos(stage.time.now() // DAY * DAY)
        jump(stage, DAY)
        assert await own.paid(today) == {PLAIN: 10 * DOLLAR}
        earned = await own.earned(today, ())
        [market] = earned.markets
        assert (market.market, market.earned) == (PLAIN, 10 * DOLLAR)


async def test_a_wrong_key_is_refused() -> None:
    async with account() as (stage, _), session(stage.time) as http:
        wrong = Credentials(key=stage.key.id, secret=stage.key.secret, passphrase="wrong")  # noqa: S106
        reader = HttpReader(
            stage.hosts.clob, http, Budget(LIMITS, stage.time, stage.time.sleep), surroundings(stage.time)
        )
        own = PolymarketOwnRewards(
            reader, polymarket_account(address=ADDRESS, salt_seed="own"), RequestSigner(ADDRESS, wrong), stage.time
        )
        with pytest.raises(VenueRefused, match="401"):
            await own.shares()
