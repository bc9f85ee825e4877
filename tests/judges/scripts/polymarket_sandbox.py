"""Points polymarket-client at a sandbox: the SDK's production settings with other hosts."""

import dataclasses
from typing import Any

from polymarket import SecureClient  # type: ignore[import-not-found]
from polymarket._internal.environment import (  # type: ignore[import-not-found]
    PRODUCTION_CONFIG,
    create_environment,
)


def environment(addresses: dict[str, str]) -> Any:
    """An SDK environment whose hosts are those that `dutchbook sandbox --json` printed under `polymarket`."""
    config = dataclasses.replace(
        PRODUCTION_CONFIG,
        clob_url=addresses["clob"],
        gamma_url=addresses["gamma"],
        data_url=addresses["data"],
        clob_market_ws_url=addresses["ws"] + "/ws/market",
        clob_user_ws_url=addresses["ws"] + "/ws/user",
        rtds_ws_url=addresses["prices"],
    )
    return create_environment(name="sandbox", config=config)


def secure_client(addresses: dict[str, str], account: dict[str, str]) -> Any:
    """A client that trades for one of the sandbox's accounts.

    `create` would also ask a relayer and a chain whether the wallet is deployed; the sandbox has neither.
    """
    return SecureClient._create(
        private_key=account["private_key"], wallet=account["funder"], environment=environment(addresses)
    )
