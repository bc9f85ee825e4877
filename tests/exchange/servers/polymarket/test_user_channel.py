"""The user channel over a real socket: logging in, orders and trades as captured, each step of a settlement."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from dutchbook.domain.book import Side
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import DOLLAR, SECOND, Money
from dutchbook.exchange.history import History
from dutchbook.exchange.servers.polymarket.identifiers import trade_id
from dutchbook.exchange.servers.polymarket.sockets import PolymarketSockets
from dutchbook.exchange.servers.polymarket.user_events import UserQuirks
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.data_stage import ALICE, BOB, START, Stage, market_id, token
from tests.exchange.servers.polymarket.talk import Heard, sockets
from tests.exchange.servers.shape import differences

KEYS = {ALICE: "00000000-0000-4000-8000-00000000000a", BOB: "00000000-0000-4000-8000-00000000000b"}
CAROL = "0x" + "ca" * 20
SAMPLES = "polymarket/nautilus_trader/ws"


class Keys:
    """Two people with a key each."""

    def account_of_key(self, api_key: str, secret: str, passphrase: str) -> str | None:
        if (secret, passphrase) != ("secret", "phrase"):
            return None
        return next((account for account, key in KEYS.items() if key == api_key), None)

    def owner_of_order(self, order_id: str, account: str) -> str:  # noqa: ARG002
        return KEYS.get(account, "")


class Venue:
    """The exchange, its socket, and a way in."""

    def __init__(self, quirks: UserQuirks | None) -> None:
        self.stage = Stage()
        self.servers = PolymarketSockets(
            self.stage.exchange, History(self.stage.exchange), self.stage.context, Keys(), user_quirks=quirks
        )
        self.stage.open()
        self.dial: Callable[[], Any]

    @asynccontextmanager
    async def enter(self, account: str, **more: object) -> AsyncIterator[Heard]:
        async with self.dial() as client:
            await client.say(login(account, **more))
            assert await client.quiet()
            yield client


def login(account: str, **more: object) -> dict[str, object]:
    return {"type": "user", "auth": {"apiKey": KEYS[account], "secret": "secret", "passphrase": "phrase"}, **more}


@asynccontextmanager
async def open_venue(quirks: UserQuirks | None = None) -> AsyncIterator[Venue]:
    venue = Venue(quirks)
    async with sockets(venue.servers.accept, venue.stage.context) as dial:
        venue.dial = lambda: dial("/ws/user")
        yield venue


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


def captured(name: str) -> Any:
    return json.loads((protocol_samples(SAMPLES) / name).read_bytes())


def test_an_order_is_told_when_it_is_placed_and_when_it_ends() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE) as alice:
            stage = venue.stage
            order = stage.order(ALICE, Side.BUY, 5_130, 5, number=4)
            stage.exchange.submit(order)
            placed = await alice.frame()
            assert (placed["type"], placed["status"], placed["size_matched"]) == ("PLACEMENT", "LIVE", "0")
            assert differences(placed, captured("order_placement.json")) == []
            stage.exchange.cancel(ALICE, order.id)
            ended = await alice.frame()
            assert (ended["type"], ended["status"]) == ("CANCELLATION", "CANCELED")

    run(story)


def test_a_trade_is_told_to_both_sides_with_each_ones_view() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE) as alice, venue.enter(BOB) as bob:
            stage = venue.stage
            stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_200, 5))
            assert (await alice.frame())["type"] == "PLACEMENT"
            stage.exchange.submit(stage.order(BOB, Side.BUY, 5_200, 5))
            of_alice = by_kind(await alice.frames(2))
            of_bob = by_kind(await bob.frames(2))
            assert (of_alice["trade"]["trader_side"], of_bob["trade"]["trader_side"]) == ("MAKER", "TAKER")
            assert of_alice["trade"]["id"] == of_bob["trade"]["id"] == trade_id(1)
            assert of_alice["order"]["type"] == "UPDATE"
            assert (of_alice["order"]["status"], of_alice["order"]["size_matched"]) == ("MATCHED", "5")
            newer = {
                "$.maker_orders[].side": "captured in 2024, before makers had a side",
                "$.maker_orders[].outcome_index": "documented, and younger than the capture",
            }
            assert differences(of_bob["trade"], captured("user_trade2.json"), newer, ordered=False) == []
            documented = {"$.maker_orders[].outcome_index": newer["$.maker_orders[].outcome_index"]}
            assert differences(of_alice["trade"], captured("user_trade3.json"), documented) == []

    run(story)


def test_the_maker_of_a_mint_sees_its_own_token_price_and_side() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE) as alice:
            stage = venue.stage
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 5_100, 5))
            stage.exchange.submit(stage.order(BOB, Side.BUY, 4_900, 5, outcome=1))
            trade = by_kind(await alice.frames(3))["trade"]
            assert (trade["asset_id"], trade["price"], trade["side"]) == (token(1, 1), "0.49", "BUY")
            [mine] = trade["maker_orders"]
            assert (mine["asset_id"], mine["price"], mine["side"]) == (token(1, 0), "0.51", "BUY")
            assert (mine["outcome"], mine["outcome_index"]) == ("Yes", 0)

    run(story)


def test_a_maker_among_several_sees_them_all_and_finds_itself_by_its_key() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE) as alice:
            stage = venue.stage
            stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_000, 5))
            stage.exchange.submit(stage.order(BOB, Side.SELL, 5_100, 15))
            stage.exchange.open_account(CAROL, Money(1_000 * DOLLAR))
            stage.exchange.submit(stage.order(CAROL, Side.BUY, 5_100, 20))
            trade = by_kind(await alice.frames(3))["trade"]
            assert (trade["size"], trade["price"], trade["trader_side"]) == ("20", "0.5075", "MAKER")
            mine = [maker for maker in trade["maker_orders"] if maker["owner"] == KEYS[ALICE]]
            assert len(trade["maker_orders"]) == 2
            assert [maker["matched_amount"] for maker in mine] == ["5"]

    run(story)


def test_each_step_of_the_settlement_is_one_frame() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(BOB) as bob:
            stage = venue.stage
            stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_200, 5))
            stage.exchange.submit(stage.order(BOB, Side.BUY, 5_200, 5))
            await bob.frames(2)
            for _ in range(20):
                stage.clock.pass_(SECOND)
                stage.exchange.advance()
            steps = await bob.frames(2)
            assert [step["status"] for step in steps] == ["MINED", "CONFIRMED"]
            assert steps[0]["last_update"] > steps[0]["match_time"] == str(START // SECOND)
            assert await bob.quiet()

    run(story)


def test_a_trade_that_fails_is_told_as_retrying_and_failed() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(BOB) as bob:
            stage = venue.stage
            stage.exchange.set_failures(fail_ppm=1_000_000, retry_ppm=0)
            stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_200, 5))
            stage.exchange.submit(stage.order(BOB, Side.BUY, 5_200, 5))
            await bob.frames(2)
            for _ in range(60):
                stage.clock.pass_(SECOND)
                stage.exchange.advance()
            assert [step["status"] for step in await bob.frames(2)] == ["RETRYING", "FAILED"]

    run(story)


def test_trades_so_far_are_named_also_those_before_the_login() -> None:
    async def story() -> None:
        async with open_venue() as venue:
            stage = venue.stage
            resting = stage.order(ALICE, Side.SELL, 5_200, 20)
            stage.exchange.submit(resting)
            stage.exchange.submit(stage.order(BOB, Side.BUY, 5_200, 5))
            async with venue.enter(ALICE) as alice:
                stage.exchange.submit(stage.order(BOB, Side.BUY, 5_200, 5))
                order = by_kind(await alice.frames(2))["order"]
                assert trade_id(1) in order["associate_trades"]
                stage.exchange.cancel(ALICE, resting.id)
                assert (await alice.frame())["associate_trades"] == [trade_id(1), trade_id(2)]

    run(story)


def test_orders_that_end_by_themselves_say_why() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE) as alice:
            stage = venue.stage
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 5))
            stage.exchange.set_status(market_id(1), MarketStatus.CLOSED)
            ended = (await alice.frames(2))[1]
            assert (ended["type"], ended["status"]) == ("CANCELLATION", "CANCELED_MARKET_RESOLVED")

    run(story)


def test_a_killed_order_is_told_with_empty_fields_and_its_reason_as_status() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE) as alice:
            order = venue.stage.order(ALICE, Side.BUY, 4_000, 5, tif=TimeInForce.FOK)
            why = "order couldn't be fully filled. FOK orders are fully filled or killed."
            venue.servers.user.killed(order, why)
            told = await alice.frame()
            assert (told["status"], told["order_type"]) == (f"CANCELED_{why}", "FOK")
            assert (told["size_matched"], told["created_at"], told["outcome"]) == ("", "", "")

    run(story)


def test_only_the_markets_asked_for_are_told() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE, markets=[market_id(2)]) as alice:
            stage = venue.stage
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 5))
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 5, number=2))
            assert (await alice.frame())["market"] == market_id(2)
            await alice.say({"operation": "subscribe", "markets": [market_id(1)]})
            assert await alice.quiet()
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 5))
            assert (await alice.frame())["market"] == market_id(1)
            await alice.say({"operation": "unsubscribe", "markets": [market_id(1)]})
            assert await alice.quiet()
            stage.exchange.submit(stage.order(ALICE, Side.BUY, 4_000, 5))
            assert await alice.quiet()

    run(story)


def test_nobody_hears_of_others() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(BOB) as bob:
            venue.stage.exchange.submit(venue.stage.order(ALICE, Side.BUY, 4_000, 5))
            assert await bob.quiet()

    run(story)


def test_wrong_credentials_and_other_beginnings_end_the_connection() -> None:
    async def story() -> None:
        wrong = {"type": "user", "auth": {"apiKey": KEYS[ALICE], "secret": "no", "passphrase": "phrase"}}
        async with open_venue() as venue:
            for begin in (wrong, "PING", {"type": "user"}, "{", {"type": "market", "assets_ids": []}):
                async with venue.dial() as client:
                    await client.say(begin)
                    assert await client.close_code() == 1008

    run(story)


def test_nonsense_later_is_called_an_invalid_operation() -> None:
    async def story() -> None:
        async with open_venue() as venue, venue.enter(ALICE) as alice:
            for nonsense in ("hello", {"operation": "jump"}, login(BOB)):
                await alice.say(nonsense)
                assert await alice.text() == "INVALID OPERATION"

    run(story)


def test_the_other_forms_that_were_seen_can_be_chosen() -> None:
    quirks = UserQuirks(
        created_at_in_ms=True,
        null_expiration=True,
        trade_timestamp_in_ms=True,
        match_time_name="matchtime",
        repeat_trades=True,
    )

    async def story() -> None:
        async with open_venue(quirks) as venue, venue.enter(BOB) as bob:
            stage = venue.stage
            stage.exchange.submit(stage.order(ALICE, Side.SELL, 5_200, 5))
            stage.exchange.submit(stage.order(BOB, Side.BUY, 5_200, 5))
            frames = await bob.frames(3)
            trades = [frame for frame in frames if frame["event_type"] == "trade"]
            assert trades[0] == trades[1]
            assert len(trades[0]["timestamp"]) == 13
            assert "matchtime" in trades[0]
            [order] = [frame for frame in frames if frame["event_type"] == "order"]
            assert order["expiration"] is None
            assert len(order["created_at"]) == 13

    run(story)


def by_kind(frames: list[Any]) -> dict[str, Any]:
    """The last frame of each kind."""
    return {frame["event_type"]: frame for frame in frames}
