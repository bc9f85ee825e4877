"""Points kalshi_python_async at a sandbox: another host in its configuration, and a key of the sandbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from kalshi_python_async import ApiClient, Configuration, KalshiAuth  # type: ignore[import-not-found]


@asynccontextmanager
async def kalshi(addresses: dict[str, str], account: dict[str, str] | None = None) -> AsyncIterator[Any]:
    """A client of the official SDK; signed if an account is given."""
    client = ApiClient(Configuration(host=addresses["rest"]))
    if account is not None:
        client.kalshi_auth = KalshiAuth(account["key_id"], account["private_key"])
    try:
        yield client
    finally:
        await client.close()
