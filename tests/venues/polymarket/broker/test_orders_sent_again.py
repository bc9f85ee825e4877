"""An order that got lost is sent once more, as it was: the venue takes it once, whatever became of the first copy."""

import pytest
from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.events import OrderMissing, OrderReported
from dutchbook.domain.orders import Order, OrderStatus, Report
from dutchbook.domain.units import CONTRACT, SECOND, Nanos
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.venues.trading import Asked, Exchange
from tests.venues.polymarket.broker.stage import Stage
from tests.venues.polymarket.broker.telling import START, answered, codec, order, placed

S = OrderStatus
LOST = Exchange(path="/order", failure="timeout")
REFUSED = Exchange(path="/order", status=400, body='{"error":"not enough balance / allowance"}')
TWICE = Exchange(path="/order", status=400, body='{"error":"order 0x1 is invalid. Duplicated."}')


def offer(stage: Stage, sent: Order) -> None:
    """What the gateway does: draft as of then, tell the codec, write."""
    unknown = replace(stage.now(sent), status=S.UNKNOWN)
    market = stage.market(sent.leg.market)
    assert market is not None
    prepared = stage.broker.draft(unknown, market, sent.created)
    assert prepared.venue_id == sent.venue_id, "the very same order"
    stage.codec.offered(unknown)
    stage.broker.place([replace(prepared, order=unknown)], stage.time.now())


async def lost(stage: Stage, fault: str, **fields: object) -> Order:
    stage.turn_on(fault, path="/order", method="POST", times=1, **fields)
    [sent] = stage.place(stage.order(Side.BUY, 4_000, 10))
    await stage.pass_time(2)
    return sent


@pytest.mark.parametrize(
    ("fault", "fields"), [("http_status", {"status": 500}), ("timeout_before_accept", {}), ("html_body", {})]
)
async def test_what_never_arrived_is_accepted_as_it_was(fault: str, fields: dict[str, object]) -> None:
    async with Stage().playing() as stage:
        sent = await lost(stage, fault, **fields)
        stage.broker.query(sent, stage.time.now())
        await stage.happen(lambda: any(isinstance(event, OrderMissing) for event in stage.events))
        offer(stage, sent)
        await stage.happen(lambda: stage.now(sent).status is S.OPEN)
        assert stage.resting() == {sent.venue_id: 10 * CONTRACT}
        await stage.pass_time(40)
        assert stage.now(sent).status is S.OPEN, "a silence about the first copy says nothing any more"


async def test_what_had_arrived_is_not_taken_twice() -> None:
    async with Stage().playing() as stage:
        stage.turn_on("freeze", channel="user")
        sent = await lost(stage, "timeout_after_accept")
        await stage.happen(lambda: stage.now(sent).status is S.UNKNOWN)
        offer(stage, sent)
        await stage.pass_time(5)
        assert stage.resting() == {sent.venue_id: 10 * CONTRACT}
        assert stage.now(sent).status is S.UNKNOWN, "a duplicate is no refusal"
        stage.broker.query(sent, stage.time.now())
        await stage.happen(lambda: stage.now(sent).status is S.OPEN)


async def test_a_copy_that_waits_for_the_limits_does_not_keep_the_cancel_of_the_first_from_leaving() -> None:
    async with Stage(ClobOptions(enforce_signer_limits=True)).playing(cash=1_000_000) as stage:
        [sent] = await stage.placed(stage.order(Side.BUY, 4_000, 10))
        stage.place(*(stage.order(Side.BUY, 100 + 100 * (n % 30), 500) for n in range(75)))
        offer(stage, sent)
        stage.cancel(sent)
        await stage.happen(lambda: sent.venue_id not in stage.resting(), seconds=5)


REFUSALS = [[LOST, REFUSED], [REFUSED, LOST], [LOST, REFUSED, REFUSED], [TWICE, REFUSED], [LOST, TWICE]]


@pytest.mark.parametrize("answers", REFUSALS)
def test_it_is_refused_only_once_each_copy_was(answers: list[Exchange]) -> None:
    sent, heard = order(1), codec()
    heard.know([sent])
    for _ in answers[1:]:
        heard.offered(sent)
    reports = [
        event.report
        for number, each in enumerate(answers)
        for event in heard.decode(answered(Asked.PLACE, [each], [sent.venue_id], Nanos(START + number), START))
        if isinstance(event, OrderReported)
    ]
    assert reports == [Report.TIMEOUT]


def test_copies_that_were_all_refused_are_a_refusal_and_one_that_was_taken_is_an_order() -> None:
    for last, report in ((REFUSED, Report.REJECTED), (placed(order(1)), Report.ACCEPTED)):
        sent, heard = order(1), codec()
        heard.know([sent])
        heard.offered(sent)
        told: list[object] = []
        for number, each in enumerate((REFUSED, last)):
            at = Nanos(START + number * SECOND)
            told += heard.decode(answered(Asked.PLACE, [each], [sent.venue_id], at, START))
        assert [event.report for event in told if isinstance(event, OrderReported)] == [Report.TIMEOUT, report]


def test_the_refusal_of_a_copy_ends_no_order_that_rests() -> None:
    sent, heard = order(1), codec()
    heard.know([sent])
    heard.offered(sent)
    [accepted] = heard.decode(answered(Asked.PLACE, [placed(sent)], [sent.venue_id], START, START))
    assert isinstance(accepted, OrderReported)
    assert not heard.decode(answered(Asked.PLACE, [REFUSED], [sent.venue_id], Nanos(START + 1), START))
    assert not heard.decode(answered(Asked.PLACE, [TWICE], [sent.venue_id], Nanos(START + 2), START))
