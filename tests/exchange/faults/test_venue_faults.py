"""Faults of a venue itself: restarts, modes, halted legs, failed settlements, wrong clocks."""

import aiohttp
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import SECOND
from dutchbook.exchange.faults.plan import FaultSpec
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.matching.messages import Matched, Refusal, Refused, Settlement, SettlementMoved
from dutchbook.exchange.rules import KALSHI, POLYMARKET, Mode, VenueRules
from tests.exchange.faults.stage import board_of, context_of, fault, socket_venue
from tests.exchange.matching_stage import Stage

BUY, SELL = Side.BUY, Side.SELL


def troubled(*faults: FaultSpec, rules: VenueRules = POLYMARKET, markets: int = 3) -> tuple[Stage, Switchboard]:
    stage = Stage(rules, markets=markets)
    board = board_of(stage.clock, *faults)  # type: ignore[arg-type]
    board.attach(stage.exchange)
    return stage, board


def trade(stage: Stage, market: str = "m0") -> None:
    """bob buys what ann sells."""
    stage.exchange.split("ann", MarketId(market), stage.order("ann", BUY, 50, 5).size)
    stage.exchange.submit(stage.order("ann", SELL, 50, 5, market=market))
    stage.exchange.submit(stage.order("bob", BUY, 50, 5, market=market))


def modes(stage: Stage, board: Switchboard, seconds: int, step: int = 10) -> list[Mode]:
    seen = []
    for _ in range(seconds // step):
        board.advance()
        seen.append(stage.exchange.mode)
        stage.clock.pass_time(step * SECOND)
    return seen


def test_a_restart_is_followed_by_two_minutes_of_post_only() -> None:
    stage, board = troubled(fault("restart", after="20s", down="30s"))
    seen = modes(stage, board, 200)
    assert seen == [Mode.NORMAL] * 2 + [Mode.RESTARTING] * 3 + [Mode.POST_ONLY] * 12 + [Mode.NORMAL] * 3


def test_kalshi_pauses_instead() -> None:
    stage, board = troubled(fault("restart", down="20s", post_only="10s"), rules=KALSHI)
    assert modes(stage, board, 40) == [Mode.DISABLED, Mode.DISABLED, Mode.CANCEL_ONLY, Mode.NORMAL]


def test_a_restart_may_be_announced() -> None:
    stage, board = troubled(fault("restart", after="10s", announced="30s", down="20s", post_only="20s"))
    assert board.announced(Venue.POLYMARKET) is None
    stage.clock.pass_time(15 * SECOND)
    told = board.announced(Venue.POLYMARKET)
    assert told is not None
    assert (told.begins - stage.clock.now(), told.up - told.begins, told.ends - told.up) == (
        25 * SECOND,
        20 * SECOND,
        20 * SECOND,
    )
    assert modes(stage, board, 30) == [Mode.NORMAL] * 3
    stage.clock.pass_time(60 * SECOND)
    assert board.announced(Venue.POLYMARKET) is None


async def test_a_restart_breaks_the_sockets() -> None:
    stage, board = troubled(fault("restart", after="5s"), rules=KALSHI)
    async with socket_venue(stage.clock, board) as venue:  # type: ignore[arg-type]
        client = await venue.connect()
        board.advance()
        assert await venue.heard_by(client) == []
        stage.clock.pass_time(5 * SECOND)
        board.advance()
        await client.receive(timeout=5)
        assert client.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
        again = await venue.connect()
        assert await venue.heard_by(again) == [], "it breaks them once"


def test_a_mode_lasts_and_ends() -> None:
    stage, board = troubled(fault("venue_mode", mode="cancel_only", lasts="20s", every="40s"))
    seen = modes(stage, board, 60)
    assert seen == [Mode.CANCEL_ONLY] * 2 + [Mode.NORMAL] * 2 + [Mode.CANCEL_ONLY] * 2


def test_turning_a_mode_off_ends_it_at_once() -> None:
    stage, board = troubled(fault("venue_mode", mode="disabled"))
    board.advance()
    with pytest.raises(Refused) as caught:
        stage.exchange.submit(stage.order("ann", BUY, 50, 5))
    assert caught.value.reason is Refusal.DISABLED
    board.turn_off("venue_mode")
    stage.exchange.submit(stage.order("ann", BUY, 50, 5))


def test_a_mode_that_somebody_else_sets_meanwhile_stays() -> None:
    stage, board = troubled(fault("venue_mode", mode="cancel_only", lasts="10s"))
    board.advance()
    stage.exchange.set_mode(Mode.DISABLED)
    stage.clock.pass_time(10 * SECOND)
    board.advance()
    assert stage.exchange.mode is Mode.DISABLED


def test_the_other_legs_are_halted_after_the_first() -> None:
    stage, board = troubled(fault("halt_between_legs", account="bob", halted="30s", times=1))
    trade(stage)
    board.advance()
    statuses = {market: each.market.status for market, each in stage.exchange.listings.items()}
    assert statuses == {"m0": MarketStatus.OPEN, "m1": MarketStatus.PAUSED, "m2": MarketStatus.PAUSED}
    with pytest.raises(Refused) as caught:
        stage.exchange.submit(stage.order("bob", BUY, 50, 5, market="m1"))
    assert caught.value.reason is Refusal.MARKET_NOT_OPEN
    stage.clock.pass_time(30 * SECOND)
    board.advance()
    assert all(each.market.status is MarketStatus.OPEN for each in stage.exchange.listings.values())


def test_a_market_that_was_decided_meanwhile_is_left_alone() -> None:
    stage, board = troubled(fault("halt_between_legs", markets=["m2"]))
    trade(stage)
    board.advance()
    stage.exchange.resolve(MarketId("m2"), stage.order("ann", BUY, 50, 5).price)
    stage.clock.pass_time(90 * SECOND)
    board.advance()
    assert stage.exchange.listings[MarketId("m2")].market.status is MarketStatus.RESOLVED
    assert stage.exchange.listings[MarketId("m1")].market.status is MarketStatus.OPEN


def test_a_matched_trade_fails_and_is_taken_back() -> None:
    stage, board = troubled(fault("failed_settlement", account="bob", skip=1, times=1))
    before = stage.exchange.accounts["bob"].cash()
    for _ in range(3):
        trade(stage)
        board.advance()
    stage.clock.pass_time(120 * SECOND)
    stage.exchange.advance()
    matches = [event for event in stage.events if isinstance(event, Matched)]
    ends = {event.match.number: event.status for event in stage.events if isinstance(event, SettlementMoved)}
    assert [ends[match.number] for match in matches] == [
        Settlement.CONFIRMED,
        Settlement.FAILED,
        Settlement.CONFIRMED,
    ]
    bob = stage.exchange.accounts["bob"]
    paid = sum(match.taker.paid + match.taker.fees for match in matches if ends[match.number] is Settlement.CONFIRMED)
    assert bob.cash() == before - paid


def test_a_wrong_clock_is_told_until_its_fault_ends() -> None:
    stage, board = troubled(
        fault("clock_skew", name="ahead", ahead="30s", venue="kalshi", lasts="60s"),
        fault("clock_skew", name="behind", behind="5s", after="10s"),
    )
    context = context_of(stage.clock, board)  # type: ignore[arg-type]
    now = stage.clock.now
    assert context.told() == now() + 30 * SECOND
    assert board.skew(Venue.POLYMARKET) == 0
    stage.clock.pass_time(10 * SECOND)
    assert context.told() == now() + 25 * SECOND
    stage.clock.pass_time(50 * SECOND)
    assert context.told() == now() - 5 * SECOND
