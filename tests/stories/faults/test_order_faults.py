"""What a client of orders sees of each fault that concerns orders, while the desk's own books stay true."""

from pathlib import Path

import aiohttp
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.exchange.rules import Mode
from tests.exchange.servers.kalshi.venue import HEAT, JIM, LEP
from tests.exchange.servers.polymarket.data_stage import ALICE, token
from tests.stories.faults.order_clients import KalshiOrders, PolymarketOrders, Said, UserChannel
from tests.stories.faults.stage import Story, story

KALSHI, POLYMARKET = Venue.KALSHI, Venue.POLYMARKET
RAIN = 4
"""The market without negative risk."""


def undisturbed(play: Story) -> bool:
    """Whether the desk followed everything all the while."""
    play.live(3)
    play.rest(1)
    return play.whole() and play.believed_s() < 1 and len(play.told) == 1


def depth(play: Story, ticker: str, price: int) -> int:
    """What the desk's book of a Kalshi market has bid at a price."""
    view = play.desk.parts.desk.books.view(next(m.yes for m in play.box.markets() if m.id == ticker))
    assert view is not None
    return next((level.size for level in view.bids() if level.price == price), 0)


def test_an_order_that_was_taken_without_an_answer_is_in_our_own_book(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        ann = KalshiOrders(play)
        play.arm("timeout_after_accept", path="*/portfolio/events/orders", method="POST")
        with pytest.raises(TimeoutError):
            ann.create(LEP, price="0.0300", count="7.00", client_order_id="mine")
        [order] = play.box.exchange.open_orders("ann")
        assert (order.new.client_id, depth(play, LEP, 300)) == ("mine", 7_000_000)
        play.disarm("timeout_after_accept")
        found = ann.send("GET", "/portfolio/orders").body["orders"]
        assert [each["client_order_id"] for each in found] == ["mine"]
        assert ann.create(LEP, price="0.0300", count="7.00", client_order_id="mine").status == 409
        assert undisturbed(play)


def test_an_order_that_never_arrived_is_nowhere(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        ann = KalshiOrders(play)
        play.arm("timeout_before_accept", path="*/portfolio/events/orders", method="POST")
        with pytest.raises(TimeoutError):
            ann.create(LEP, price="0.0300", count="7.00", client_order_id="mine")
        assert (play.box.exchange.open_orders("ann"), depth(play, LEP, 300)) == ([], 0)
        play.disarm("timeout_before_accept")
        assert ann.create(LEP, price="0.0300", count="7.00", client_order_id="mine").status == 201
        assert undisturbed(play)


def test_half_an_answer_says_nothing_of_an_order_that_rests(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        ann = KalshiOrders(play)
        play.arm("reset_mid_body", path="*/portfolio/events/orders", method="POST")
        with pytest.raises(aiohttp.ClientError):
            ann.create(LEP, price="0.0300", count="7.00")
        assert len(play.box.exchange.open_orders("ann")) == 1
        assert undisturbed(play)


def test_a_balance_stays_what_it_was_until_the_fault_ends(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        ann = KalshiOrders(play)
        play.arm("stale_balances")
        before = ann.send("GET", "/portfolio/balance").body
        assert ann.create(LEP, price="0.5000", count="20.00").status == 201
        play.live(2)
        assert ann.send("GET", "/portfolio/balance").body == before
        play.disarm("stale_balances")
        assert ann.send("GET", "/portfolio/balance").body != before
        assert undisturbed(play)


def test_the_second_leg_of_a_basket_meets_a_halted_market(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        play.rest(1)
        ann = KalshiOrders(play)
        play.arm("halt_between_legs", account="ann", halted="30s")
        first = ann.create(JIM, price="0.9900", count="1.00", time_in_force="immediate_or_cancel")
        assert (first.status, first.body["fill_count"]) == (201, "1.00")
        play.rest(1)
        second = ann.create(LEP, price="0.9900", count="1.00", time_in_force="immediate_or_cancel")
        assert second.status >= 400
        assert ann.create(HEAT, price="0.0100").status == 201
        play.rest(35)
        assert ann.create(LEP, price="0.0100").status == 201
        assert undisturbed(play)


def test_a_trade_that_fails_on_its_chain_is_told_step_by_step_and_taken_back(tmp_path: Path) -> None:
    with story(POLYMARKET, tmp_path) as play:
        play.rest(1)
        trader = PolymarketOrders(play)
        channel = UserChannel(trader, play)
        play.rest(1)
        play.arm("failed_settlement", account=trader.wallet)
        cash = play.box.exchange.accounts[trader.wallet].cash()
        ask = trader.box.order(ALICE, Side.SELL, 6_500, 20, number=RAIN)
        play.now(lambda: trader.box.exchange.submit(ask))
        answer = trader.send("POST", "/order", buy(trader, cents=65))
        assert (answer.status, answer.body["status"]) == (200, "matched")
        assert play.box.exchange.accounts[trader.wallet].cash() < cash
        play.rest(60)
        trades = {each["id"] for each in channel.heard if each.get("event_type") == "trade"}
        assert trades
        for trade in trades:
            told = channel.statuses(trade)
            assert (told[0], told[-1]) == ("MATCHED", "FAILED")
        account = play.box.exchange.accounts[trader.wallet]
        assert (account.cash(), account.holdings.get(token(RAIN, 0), 0)) == (cash, 0)
        assert undisturbed(play)
        channel.close()


def test_a_restart_answers_425_and_then_takes_post_only_orders_alone(tmp_path: Path) -> None:
    with story(POLYMARKET, tmp_path) as play:
        trader = PolymarketOrders(play)
        play.arm("restart", down="20s", post_only="30s")
        play.rest(1)
        assert trader.send("POST", "/order", buy(trader, cents=1)).status == 425
        play.rest(22)
        assert play.box.exchange.mode is Mode.POST_ONLY
        assert trader.send("POST", "/order", buy(trader, cents=1)).status >= 400
        assert trader.send("POST", "/order", {**buy(trader, cents=1), "postOnly": True}).status == 200
        play.rest(30)
        assert trader.send("POST", "/order", buy(trader, cents=1)).status == 200
        play.until(play.whole, within=75)


def test_a_limit_on_orders_says_how_long_to_wait_and_spares_the_data(tmp_path: Path) -> None:
    with story(POLYMARKET, tmp_path) as play:
        trader = PolymarketOrders(play)
        play.arm("http_status", status=429, retry_after=7, path="/order", method="POST", times=1)
        said: Said = trader.send("POST", "/order", buy(trader, cents=1))
        assert (said.status, said.headers["Retry-After"]) == (429, "7")
        assert play.box.exchange.open_orders(trader.wallet) == []
        assert trader.send("POST", "/order", buy(trader, cents=1)).status == 200
        assert undisturbed(play)


def test_while_only_cancels_are_taken_an_order_is_refused_and_a_cancel_is_not(tmp_path: Path) -> None:
    with story(KALSHI, tmp_path) as play:
        ann = KalshiOrders(play)
        order = ann.create(LEP).body["order_id"]
        play.arm("venue_mode", mode="cancel_only")
        play.rest(1)
        assert ann.create(LEP).status >= 400
        assert ann.send("DELETE", f"/portfolio/events/orders/{order}").status == 200
        assert undisturbed(play)


def buy(trader: PolymarketOrders, cents: int) -> dict[str, object]:
    """An order for 20 contracts of the market without negative risk."""
    return trader.limit("BUY", cents, 200 if cents == 1 else 20, token=token(RAIN, 0))
