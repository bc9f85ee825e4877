"""Which words of the venue are a refusal, which are none, and what an answer says of the venue itself."""

import json

import pytest

from dutchbook.domain.events import VenueState
from dutchbook.venues.polymarket.order_answers import Fate, judge_cancel, judge_orders, mode_of, spoke
from dutchbook.venues.trading import Exchange

ID = "0x" + "a1" * 32
OTHER = "0x" + "b2" * 32


def error(status: int, text: str, **more: object) -> Exchange:
    return Exchange(path="/order", status=status, body=json.dumps({"error": text, **more}))


def element(**changed: object) -> dict[str, object]:
    return {"success": True, "errorMsg": "", "orderID": ID, "status": "live", **changed}


def one(**changed: object) -> Exchange:
    return Exchange(path="/order", status=200, body=json.dumps(element(**changed)))


def batch(*elements: dict[str, object]) -> Exchange:
    return Exchange(path="/orders", status=200, body=json.dumps(elements))


REFUSALS = (
    (401, "Unauthorized/Invalid api key"),
    (401, "Invalid L1 Request headers"),
    (400, "Invalid order payload"),
    (400, "the order owner has to be the owner of the API KEY"),
    (400, "the order signer address has to be the address of the API KEY"),
    (400, f"'{ID}' address banned"),
    (400, f"'{ID}' address in closed only mode"),
    (400, "invalid signature"),
    (400, "order_version_mismatch"),
    (400, "not enough balance / allowance"),
    (400, "not enough balance / allowance: the balance is not enough -> balance: 1, order amount: 2"),
    (400, f"order {ID} is invalid. Price (0.505) breaks minimum tick size rule: 0.01"),
    (400, f"order {ID} is invalid. Size (1) lower than the minimum: 5"),
    (400, "invalid amount for a marketable BUY order ($0.84), min size: $1"),
    (400, "invalid amounts, the market buy orders maker amount supports a max accuracy of 2 decimals, taker ..."),
    (400, "order is invalid. Maximum lot size is 2 decimals"),
    (400, "invalid post-only order: order crosses book"),
    (400, "order couldn't be fully filled. FOK orders are fully filled or killed."),
    (400, "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."),
    (400, "invalid expiration"),
    (400, "invalid nonce"),
    (400, "order canceled in the CTF exchange contract"),
    (400, "the market is not yet ready to process new orders"),
    (400, "Too many orders in payload: 20, max allowed: 15"),
    (400, "Payload exceeds the limit"),
    (400, "Invalid token id"),
    (404, "No orderbook exists for the requested token id"),
    (404, "market not found"),
    (403, "Trading restricted in your region, please refer to available regions"),
)
NO_REFUSALS = (
    (400, f"order {ID} is invalid. Duplicated."),
    (400, "order match delayed due to market conditions"),
    (400, "context canceled"),
    (400, "something that nobody has seen before"),
    (404, "not found"),
    (409, "conflict"),
    (500, "there are no matching orders"),
    (500, "FOK orders are filled or killed"),
    (500, "the trade contains rounding issues"),
    (500, "the price of the taker's order has a discrepancy greater than allowed with the worst maker order"),
    (500, "could not insert order"),
    (500, "could not run the execution"),
    (503, "service unavailable"),
)


@pytest.mark.parametrize(("status", "text"), REFUSALS)
def test_the_venues_own_refusals_are_refusals(status: int, text: str) -> None:
    [verdict] = judge_orders(error(status, text), (ID,)).verdicts
    assert verdict.fate is Fate.REJECTED
    assert text[:40] in verdict.detail


@pytest.mark.parametrize(("status", "text"), NO_REFUSALS)
def test_whatever_else_it_says_leaves_an_order_unknown(status: int, text: str) -> None:
    judged = judge_orders(error(status, text), (ID, OTHER))
    assert [verdict.fate for verdict in judged.verdicts] == [Fate.UNKNOWN] * 2
    assert judged.mode is None
    assert not judged.untrusted


@pytest.mark.parametrize("text", [text for status, text in REFUSALS if status == 400])
def test_an_element_of_a_batch_is_refused_by_the_same_words(text: str) -> None:
    judged = judge_orders(batch(element(orderID="", errorMsg=text), element(orderID=OTHER)), (ID, OTHER))
    assert [verdict.fate for verdict in judged.verdicts] == [Fate.REJECTED, Fate.ACCEPTED]


@pytest.mark.parametrize("text", [text for _, text in NO_REFUSALS if text != "not found"])
def test_an_element_of_a_batch_without_an_id_is_unknown_by_other_words(text: str) -> None:
    judged = judge_orders(batch(element(orderID="", errorMsg=text), element(orderID=OTHER)), (ID, OTHER))
    assert [verdict.fate for verdict in judged.verdicts] == [Fate.UNKNOWN, Fate.ACCEPTED]


@pytest.mark.parametrize("status", ["live", "matched", "delayed", "unmatched", "something new", "LIVE"])
def test_an_order_with_its_own_id_was_taken_whatever_its_status(status: str) -> None:
    [verdict] = judge_orders(one(status=status), (ID,)).verdicts
    assert (verdict.fate, verdict.status) == (Fate.ACCEPTED, status.lower())


@pytest.mark.parametrize(
    "answer",
    [
        one(orderID=OTHER),
        one(orderID="", errorMsg=""),
        one(orderID=""),
        one(orderID=None),
        Exchange(path="/order", status=200, body=""),
        Exchange(path="/order", status=201, body="[]"),
        batch(),
        batch(element(), element()),
    ],
)
def test_an_answer_that_cannot_be_is_not_trusted(answer: Exchange) -> None:
    judged = judge_orders(answer, (ID,))
    assert [verdict.fate for verdict in judged.verdicts] == [Fate.UNKNOWN]
    assert judged.untrusted


def test_an_order_that_was_taken_with_a_message_is_unknown() -> None:
    [verdict] = judge_orders(one(errorMsg="but"), (ID,)).verdicts
    assert verdict.fate is Fate.UNKNOWN


def test_what_never_left_was_not_taken() -> None:
    [verdict] = judge_orders(Exchange(path="/order", failure="line is full", left=False), (ID,)).verdicts
    assert (verdict.fate, verdict.detail) == (Fate.REJECTED, "not sent: line is full")


@pytest.mark.parametrize(
    ("answer", "state", "lasts_s"),
    [
        (Exchange(path="/order", status=425, retry_after_s=7.0), VenueState.RESTARTING, 7.0),
        (Exchange(path="/order", status=425), VenueState.RESTARTING, 10.0),
        (
            error(503, "post-only mode: only ...", code="post_only_mode", retry_after_seconds=79),
            VenueState.POST_ONLY,
            79,
        ),
        (error(503, "post-only mode: only ...", code="post_only_mode"), VenueState.POST_ONLY, 120.0),
        (error(503, "post-only mode: only post-only orders and cancels are allowed"), VenueState.POST_ONLY, 120.0),
        (error(503, "Trading is currently cancel-only. New orders are not accepted"), VenueState.CANCEL_ONLY, 30.0),
        (error(503, "Trading is currently disabled. Check polymarket.com"), VenueState.DOWN, 30.0),
    ],
)
def test_a_mode_of_the_venue_refuses_for_sure(answer: Exchange, state: VenueState, lasts_s: float) -> None:
    mode = mode_of(answer)
    assert mode is not None
    assert (mode.state, mode.lasts_s) == (state, lasts_s)
    judged = judge_orders(answer, (ID,))
    assert (judged.verdicts[0].fate, judged.mode) == (Fate.REJECTED, mode)
    assert not judge_cancel(answer).ambiguous


def test_a_batch_tells_of_post_only_mode_in_its_elements() -> None:
    refused = element(orderID="", errorMsg="post-only mode: only post-only orders and cancels are allowed")
    judged = judge_orders(batch(refused, refused), (ID, OTHER))
    assert {verdict.fate for verdict in judged.verdicts} == {Fate.REJECTED}
    assert judged.mode is not None
    assert judged.mode.state is VenueState.POST_ONLY


@pytest.mark.parametrize(
    ("answer", "who"),
    [
        (Exchange(path="/order", failure="timeout"), False),
        (Exchange(path="/order", failure="line is full", left=False), None),
        (error(500, "could not run the execution"), False),
        (Exchange(path="/order", status=503, body="<html>"), False),
        (Exchange(path="/order", status=403, body="<html>"), False),
        (error(400, "invalid signature"), True),
        (error(503, "Trading is currently disabled"), True),
        (one(), True),
    ],
)
def test_a_proxy_is_not_the_venue(answer: Exchange, who: bool | None) -> None:
    assert spoke(answer) is who
