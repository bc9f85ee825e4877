"""Error reports to a Sentry of our own: they arrive, and hold neither values nor secrets."""

import asyncio

import pytest

from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.interfaces.error_reports import ErrorReports
from dutchbook.storage.redaction import Redactor
from tests.interfaces.alerts.post_offices import HookServer

CANARY = "canary-api-secret-9b1c"


def fail(secret: str) -> None:
    local = f"value {secret}"
    raise ValueError(f"it broke with {local}")


async def test_an_error_arrives_without_locals_and_secrets() -> None:
    async with HookServer() as sentry:
        dsn = Secret(f"http://public@127.0.0.1:{sentry.port}/1")
        reports = ErrorReports(dsn, Redactor([CANARY]), "messages")
        try:
            fail(CANARY)
        except ValueError as error:
            reports.tell(error)
        await asyncio.to_thread(reports.close, 5.0)
    [(path, body)] = sentry.requests
    assert path == "/api/1/envelope/"
    assert "ValueError" in body
    assert "it broke with value (not shown)" in body
    assert CANARY not in body
    assert '"vars"' not in body


async def test_without_an_address_nothing_is_sent() -> None:
    async with HookServer() as sentry:
        reports = ErrorReports(None, Redactor(), "messages")
        reports.tell(ValueError("x"))
        reports.close()
    assert sentry.requests == []


def test_an_address_that_is_none_is_said_without_being_shown() -> None:
    with pytest.raises(ConfigError, match="SENTRY_DSN") as caught:
        ErrorReports(Secret(f"nonsense-{CANARY}"), Redactor(), "messages")
    assert CANARY not in str(caught.value)
