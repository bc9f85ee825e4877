"""What REST says of money: the captured positions, the fee vectors, netting, settlement, shards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE, Nanos, Price
from dutchbook.exchange.rules import KALSHI
from dutchbook.exchange.servers.kalshi.accounting import Accounting, Position, micros
from tests.exchange.matching_stage import Player, Stage, tape
from tests.exchange.servers.kalshi.venue import LEP, TENNIS, Kalshi, kalshi

IOC = {"time_in_force": "immediate_or_cancel"}


async def take(venue: Kalshi, price: str, count: str, side: str = "bid") -> None:
    """Ann takes from the maker."""
    venue.rest_of_maker(Side.SELL if side == "bid" else Side.BUY, price, float(count))
    assert (await venue.create(side=side, price=price, count=count, **IOC))["fill_count"] == f"{float(count):.2f}"


async def test_the_captured_positions_follow_from_the_captured_fills() -> None:
    async with kalshi() as venue:
        for price in ("0.99", "0.99", "0.52"):
            await take(venue, price, "1")
        answer = await venue.get("/portfolio/positions")
        [market] = answer["market_positions"]
        [event] = answer["event_positions"]
        assert market == {
            "ticker": LEP,
            "exchange_index": 0,
            "position_fp": "3.00",
            "total_traded_dollars": "2.500000",
            "market_exposure_dollars": "2.500000",
            "realized_pnl_dollars": "0.000000",
            "fees_paid_dollars": "0.018900",
            "last_updated_ts": "2025-11-21T10:30:00Z",
        }
        assert event == {
            "event_ticker": TENNIS,
            "total_cost_dollars": "2.500000",
            "total_cost_shares_fp": "3.00",
            "event_exposure_dollars": "2.500000",
            "realized_pnl_dollars": "0.000000",
            "fees_paid_dollars": "0.018900",
        }


@pytest.mark.parametrize(
    ("price", "count", "fee", "balance"),
    [
        ("0.50", "1", "0.017500", "99.4825"),
        ("0.52", "1", "0.017500", "99.4625"),
        ("0.99", "1", "0.000700", "99.0093"),
        ("0.48", "12", "0.209700", "94.0303"),
        ("0.67", "8.93", "0.138300", "93.8786"),
        ("0.50", "100", "1.750000", "48.2500"),
        ("0.10", "100", "0.630000", "89.3700"),
    ],
)
async def test_the_fee_vectors_reach_fills_and_balance(price: str, count: str, fee: str, balance: str) -> None:
    async with kalshi() as venue:
        await take(venue, price, count)
        [fill] = (await venue.get("/portfolio/fills"))["fills"]
        assert fill["fee_cost"] == fee
        answer = await venue.get("/portfolio/balance")
        assert answer["balance_dollars"] == balance
        assert answer["balance"] == int(float(balance) * 100 + 1e-9)
        assert answer["balance_breakdown"] == [
            {"exchange_index": 0, "balance": balance},
            {"exchange_index": 2, "balance": "0.0000"},
        ]


async def test_a_no_purchase_is_a_negative_position_and_yes_nets_it_at_once() -> None:
    async with kalshi() as venue:
        await take(venue, "0.60", "5", "ask")
        [row] = (await venue.get("/portfolio/positions"))["market_positions"]
        assert (row["position_fp"], row["market_exposure_dollars"]) == ("-5.00", "2.000000")
        await take(venue, "0.50", "2", "bid")
        [row] = (await venue.get("/portfolio/positions"))["market_positions"]
        assert row["position_fp"] == "-3.00"
        # A pair is worth a dollar: 0.50 for the NO that cost 0.40, twice.
        assert (row["market_exposure_dollars"], row["realized_pnl_dollars"]) == ("1.200000", "0.200000")


async def test_fills_say_both_directions_and_roles() -> None:
    async with kalshi() as venue:
        await venue.create(side="ask", price="0.60", count="5")
        await venue.create(price="0.60", count="2", key="key-bob", **IOC)
        [mine] = (await venue.get("/portfolio/fills"))["fills"]
        [other] = (await venue.get("/portfolio/fills", key="key-bob"))["fills"]
        [trade] = (await venue.get("/markets/trades", ticker=LEP, key=None))["trades"]
        assert mine["trade_id"] == other["trade_id"] == trade["trade_id"] == mine["fill_id"]
        assert (mine["book_side"], mine["outcome_side"], mine["is_taker"]) == ("ask", "no", False)
        assert (other["book_side"], other["outcome_side"], other["is_taker"]) == ("bid", "yes", True)
        assert mine["yes_price_dollars"] == other["yes_price_dollars"] == "0.6000"
        assert (trade["taker_outcome_side"], trade["taker_book_side"], trade["count_fp"]) == ("yes", "bid", "2.00")
        order = (await venue.get("/portfolio/orders"))["orders"][0]
        # Two NO at 0.40.
        assert (order["maker_fill_cost_dollars"], order["taker_fill_cost_dollars"]) == ("0.800000", "0.000000")
        assert (order["fill_count_fp"], order["remaining_count_fp"]) == ("2.00", "3.00")


async def test_a_settlement_pays_in_cents_and_ends_the_position() -> None:
    async with kalshi() as venue:
        await take(venue, "0.52", "10")
        venue.exchange.resolve(MarketId(LEP), ONE)
        [row] = (await venue.get("/portfolio/settlements"))["settlements"]
        assert row == {
            "ticker": LEP,
            "event_ticker": TENNIS,
            "exchange_index": 0,
            "market_result": "yes",
            "yes_count_fp": "10.00",
            "yes_total_cost_dollars": "5.200000",
            "no_count_fp": "0.00",
            "no_total_cost_dollars": "0.000000",
            "revenue": 1000,
            "settled_time": "2025-11-21T10:30:00Z",
            "fee_cost": "0.174800",
            "value": 100,
        }
        assert (await venue.get("/portfolio/positions"))["market_positions"] == []
        [old] = (await venue.get("/portfolio/positions", settlement_status="settled"))["market_positions"]
        assert (old["position_fp"], old["realized_pnl_dollars"]) == ("0.00", "4.800000")


async def test_a_scalar_settlement_pays_each_side_its_part() -> None:
    async with kalshi() as venue:
        await take(venue, "0.60", "10", "ask")
        venue.exchange.resolve(MarketId(LEP), Price(4_500))
        [row] = (await venue.get("/portfolio/settlements"))["settlements"]
        assert (row["market_result"], row["no_count_fp"], row["revenue"], row["value"]) == ("scalar", "10.00", 550, 45)
        shown = (await venue.get(f"/markets/{LEP}", key=None))["market"]
        assert (shown["result"], shown["settlement_value_dollars"], shown["status"]) == (
            "scalar",
            "0.4500",
            "finalized",
        )


async def test_the_portfolio_is_worth_its_last_price() -> None:
    async with kalshi() as venue:
        await take(venue, "0.99", "2")
        answer = await venue.get("/portfolio/balance")
        assert answer["portfolio_value"] == 198


async def test_resting_orders_bind_what_the_summary_says() -> None:
    async with kalshi() as venue:
        await venue.create(price="0.40", count="10")
        total = (await venue.get("/portfolio/summary/total_resting_order_value"))["total_resting_order_value"]
        free = (await venue.get("/portfolio/balance"))["balance"]
        assert isinstance(total, int)
        assert 400 <= total <= 420
        assert abs(10_000 - total - free) <= 1


fills = st.lists(
    st.tuples(st.integers(-500, 500).filter(bool), st.integers(1, 99), st.integers(0, 5_000)), min_size=1, max_size=30
)


@given(fills, st.integers(0, 100))
def test_profit_is_what_came_in_less_what_went_out(rows: list[tuple[int, int, int]], payout: int) -> None:
    """Whatever is bought, sold, netted: after settlement the realised profit is the cash flow, fees apart."""
    position, cash = Position(), 0
    for contracts, cents, fee in rows:
        price = cents * 100  # of YES
        size = contracts * 1_000_000
        position.fill(size, price if size > 0 else ONE - price, fee)
        cash -= size * price
    held = position.size
    assert held == sum(contracts for contracts, _, _ in rows) * 1_000_000
    assert position.cost >= 0
    position.settle(Price(payout * 100))
    worth = held * payout * 100
    assert abs(micros(position.realised) - micros(cash + worth)) <= 1
    assert position.fees == sum(fee for _, _, fee in rows) * 10_000


def test_positions_of_a_random_day_agree_with_the_engine() -> None:
    stage = Stage(KALSHI, markets=2, cash=100_000_000_000)
    accounting = Accounting(stage.exchange, Nanos(0))
    player = Player(stage)
    for act in tape(23, 3_000):
        player.play(act)
    stage.exchange.resolve(MarketId("m0"), ONE)
    now = stage.clock.now()
    for name, account in stage.exchange.accounts.items():
        positions = accounting.positions(name, now)
        for market, position in positions.items():
            listed = stage.exchange.listings[market].market
            assert position.size == account.held(listed.yes) - account.held(listed.no)
            assert position.settled is (market == "m0")
        assert micros(sum(each.fees for each in positions.values())) == account.fees
        realised = micros(sum(each.realised for each in positions.values()))
        # The engine rounds each step to micro-dollars, against the account.
        assert abs(realised - account.realised) <= 2 * len(stage.exchange.orders_of(name))
