"""Settings of accounts and of live trading. Keys never stand in settings: only where they may be looked for."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from dutchbook.domain.quantities import Dollars, RoomSettings

_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def _region(text: str) -> str:
    code = text.strip().upper()
    if not _REGION.fullmatch(code):
        raise ValueError("must be a country by its two letters, or a part of one, for example CH or CA-ON")
    return code


def _some(value: int) -> int:
    if value <= 0:
        raise ValueError("must be more than 0 dollars, for example 5")
    return value


Region = Annotated[str, AfterValidator(_region)]
"""A place by its ISO 3166 code: a country (`CH`), or a part of one (`CA-ON`)."""
FileName = Annotated[str, Field(min_length=1, max_length=4_096)]
"""The path of a file."""
Amount = Annotated[Dollars, AfterValidator(_some)]


class AccountSettings(RoomSettings):
    """Where the keys of accounts are looked for, besides the environment and private files: never the keys."""

    keystore_unlock_file: FileName | None = Field(
        default=None,
        description="A file, readable for you alone, that holds the password of the keystore: for desks that start "
        "without a person. Empty: the password is asked for.",
    )
    keyring: bool = Field(
        default="false",  # type: ignore[assignment]  # written as a user writes it
        description="Look into the operating system's keyring too, after all other places. Needs the extra `keyring`.",
    )


class LiveSettings(RoomSettings):
    """What only matters where orders spend real money."""

    region: Region | None = Field(
        default=None,
        description="Where you live and trade from, as ISO 3166 code: `CH`, or `CA-ON` for a part of a country. Live "
        "trading is refused without it, and from where a venue takes no orders.",
    )
    order_limit: Amount = Field(
        default="500",  # type: ignore[assignment]
        description="The most that one order may cost. The signer refuses to sign more, whatever the rest of the desk "
        "wants.",
    )
    first_day_order: Amount = Field(
        default="5",  # type: ignore[assignment]
        description="In place of `order_limit` during the first 24 hours of an account, and the most in one market.",
    )
    first_day_exposure: Amount = Field(
        default="50",  # type: ignore[assignment]
        description="The most capital at work in all markets together during the first 24 hours of an account.",
    )
