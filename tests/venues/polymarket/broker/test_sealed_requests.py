"""Requests that were ready before their orders were wanted: the venue takes them, and they are what they would be."""

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.orders import Order, OrderStatus
from dutchbook.domain.units import Nanos
from dutchbook.venues.order_connection import Connection, Wish
from dutchbook.venues.polymarket import order_sender
from dutchbook.venues.polymarket.credentials import RequestOutline, RequestSigner
from tests.venues.live.virtual_time import until
from tests.venues.polymarket.broker.stage import Stage


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All requests that placed orders."""
    found: list[bytes] = []
    really = Connection.carry

    def carry(connection: Connection, wish: Wish) -> None:
        if wish.request.startswith(b"POST /order"):
            found.append(wish.request)
        really(connection, wish)

    monkeypatch.setattr(Connection, "carry", carry)
    return found


def ready(stage: Stage, *orders: Order) -> list[Order]:
    """Have them ready, as they will stand."""
    prepared = []
    for order in orders:
        market = stage.market(order.leg.market)
        assert market is not None
        prepared.append(stage.broker.sign_ahead(order, market, stage.time.now()))
    stage.broker.seal(prepared)
    return list(orders)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("renewed", "waited"), [(False, 0.0), (True, 0.0), (True, 1.0), (False, 1.0)])
async def test_the_venue_takes_them(
    written: list[bytes], monkeypatch: pytest.MonkeyPatch, number: int, renewed: bool, waited: float
) -> None:
    signed: list[RequestOutline] = []
    really = RequestSigner.stamped

    def stamped(signer: RequestSigner, outline: RequestOutline, now: Nanos) -> bytes:
        if b"/order" in outline.head:
            signed.append(outline)
        return really(signer, outline, now)

    monkeypatch.setattr(RequestSigner, "stamped", stamped)
    async with Stage().playing() as stage:
        orders = ready(stage, *(stage.order(Side.BUY, 4_000 + 100 * n, 10) for n in range(number)))
        while renewed and stage.broker.renew_ahead(stage.time.now()):
            pass
        drafted = stage.time.now()
        await stage.time.advance(waited)
        prepared = [stage.broker.draft(order, stage.market(order.leg.market), drafted) for order in orders]  # type: ignore[arg-type]
        named = [one.order for one in prepared]
        stage.desk.orders.update({order.id: order for order in named})
        stage.codec.know(named)
        signed.clear()
        stage.broker.place(prepared, stage.time.now())
        assert len(signed) == (0 if renewed and not waited else 1)
        await until(lambda: all(stage.now(order).status is OrderStatus.OPEN for order in named))
        [request] = written
        assert b"POLY_TIMESTAMP: %d\r\n" % (stage.time.now() // 10**9) in request
        assert request.count(b'"signature":"0x') == number
        stage.broker.place(prepared, stage.time.now())
        assert len(written) == 2
        assert written[1].partition(b"\r\n\r\n")[2] == request.partition(b"\r\n\r\n")[2]


async def test_a_request_is_signed_anew_once_in_each_second(written: list[bytes]) -> None:
    async with Stage().playing() as stage:
        ready(stage, stage.order(Side.BUY, 4_000, 10))
        ready(stage, stage.order(Side.BUY, 4_100, 10), stage.order(Side.BUY, 4_200, 10))
        for _ in range(3):
            pieces = [stage.broker.renew_ahead(stage.time.now()) for _ in range(4)]
            assert pieces == [True, True, False, False]
            await stage.time.advance(1.0)
        stage.broker.forget_ahead()
        assert not stage.broker.renew_ahead(stage.time.now())
    assert written == []


async def test_what_is_never_wanted_does_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_sender, "MOST_SEALED", 4)
    async with Stage().playing() as stage:
        for number in range(9):
            ready(stage, stage.order(Side.BUY, 4_000 + 100 * number, 10))
        await stage.time.advance(1.0)
        assert [stage.broker.renew_ahead(stage.time.now()) for _ in range(5)] == [True] * 4 + [False]


async def test_a_rehearsal_sends_nothing_and_costs_nothing(written: list[bytes]) -> None:
    async with Stage().playing() as stage:
        [order] = ready(stage, stage.order(Side.BUY, 4_000, 10))
        prepared = [stage.broker.draft(order, stage.market(order.leg.market), stage.time.now())]  # type: ignore[arg-type]
        before = stage.broker.fillings()
        for _ in range(500):
            stage.broker.rehearse(prepared, stage.time.now())
        assert stage.broker.fillings() == before
        assert stage.broker.ready
        assert written == []
        stage.codec.know([prepared[0].order])
        stage.desk.orders[order.id] = prepared[0].order
        stage.broker.place(prepared, stage.time.now())
        await until(lambda: stage.now(order).status is OrderStatus.OPEN)
