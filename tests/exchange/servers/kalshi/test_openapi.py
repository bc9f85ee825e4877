"""Generated requests: whatever is sent, the server answers as its OpenAPI file says and never fails."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import dutchbook.exchange.servers.kalshi as package
from dutchbook.domain.book import Side
from tests.exchange.servers.kalshi.venue import BASE, LEP, TENNIS, Kalshi, kalshi, signed

FILE = Path(package.__path__[0]) / "openapi.yaml"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

LONGEST_QUERY = 6_000
"""Longer request lines are refused by the HTTP parser, before any server of ours sees them."""

type Case = schemathesis.Case[Any]

schema = schemathesis.openapi.from_path(FILE)


class Signer(requests.auth.AuthBase):
    """Signs each request as ann."""

    def __init__(self, venue: Kalshi) -> None:
        self._venue = venue

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        path = urlsplit(str(request.url)).path
        request.headers.update(signed(str(request.method), path, "key-ann", self._venue.clock.now()))
        return request


class Target:
    """A running venue, seen from another thread, and ids of things that exist there."""

    def __init__(self, venue: Kalshi, url: str) -> None:
        self.url = url + BASE
        self.session = requests.Session()
        self.session.auth = Signer(venue)
        self.ids = {
            "ticker": LEP,
            "event_ticker": TENNIS,
            "series_ticker": TENNIS.partition("-")[0],
            "order_id": self._made("/portfolio/events/orders", ORDER)["order_id"],
            "order_group_id": self._made("/portfolio/order_groups/create", {"contracts_limit": 10_000})[
                "order_group_id"
            ],
            "transfer_id": self._made("/portfolio/intra_exchange_instance_transfer", TRANSFER)["transfer_id"],
        }

    def _made(self, path: str, body: dict[str, Any]) -> dict[str, str]:
        answer = self.session.post(self.url + path, json=body, timeout=10)
        answer.raise_for_status()
        made: dict[str, str] = answer.json()
        return made

    def aim(self, case: Case) -> None:
        """Let half of the generated ids be ids that exist."""
        for name, value in case.path_parameters.items():
            if len(str(value)) % 2 and name in self.ids:
                case.path_parameters[name] = self.ids[name]
        if isinstance(case.body, dict) and "ticker" in case.body and case.body["ticker"] != "":
            case.body["ticker"] = LEP


ORDER = {
    "ticker": LEP,
    "side": "bid",
    "count": "900.00",
    "price": "0.0100",
    "time_in_force": "good_till_canceled",
    "self_trade_prevention_type": "taker_at_cross",
}
TRANSFER = {
    "source": "event_contract",
    "destination": "event_contract",
    "amount": 10_000,
    "source_exchange_shard": 0,
    "destination_exchange_shard": 2,
}


@contextmanager
def serving() -> Iterator[Target]:
    """A venue in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    context = kalshi()
    try:
        venue = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
        for price in (40, 45):
            venue.rest_of_maker(Side.BUY, f"0.{price}", 50)
            venue.rest_of_maker(Side.SELL, f"0.{price + 15}", 50)
        target = Target(venue, venue.url)
        yield target
        target.session.close()
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with serving() as running:
        yield running


def check(case: Case, target: Target) -> None:
    assume(len(urlencode(case.query or {}, doseq=True)) < LONGEST_QUERY)
    target.aim(case)
    case.call_and_validate(base_url=target.url, session=target.session, checks=CHECKS)


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
def test_generated_requests_are_answered_as_promised(case: Case, target: Target) -> None:
    check(case, target)


@pytest.mark.long
@schema.parametrize()
@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
def test_many_generated_requests_are_answered_as_promised(case: Case, target: Target) -> None:
    check(case, target)


async def test_the_file_names_every_endpoint_and_no_other() -> None:
    paths = yaml.safe_load(FILE.read_text())["paths"]
    written = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    async with kalshi() as venue:
        served = {(endpoint.method, endpoint.path) for endpoint in venue.rest.endpoints}
    assert written == served
