"""What a user may choose about the screens: where they listen, who may come, and how long a sign-in holds."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from dutchbook.config.account_settings import FileName
from dutchbook.domain.quantities import Duration, RoomSettings, Words

_HOST = re.compile(r"[0-9a-z]([0-9a-z.-]{0,251}[0-9a-z])?|[0-9a-f:]{2,39}")


def _host(text: str) -> str:
    found = text.strip().lower().removeprefix("[").removesuffix("]")
    if not _HOST.fullmatch(found):
        raise ValueError("must be an address of this machine or a name of it, without scheme or port")
    return found


HostName = Annotated[str, AfterValidator(_host)]
"""A machine by its name or address: `127.0.0.1`, `::1`, `desk.example`."""


class WebSettings(RoomSettings):
    """Settings of the dashboard and its API."""

    host: HostName = Field(
        default="127.0.0.1",
        description="Where the dashboard listens. Any other place than this machine is refused unless somebody has a "
        "password (`dutchbook users add`) and there is TLS or `behind_proxy`.",
    )
    port: int = Field(default=2345, ge=0, le=65_535, description="The port of the dashboard and its API.")
    names: Words = Field(
        default=(),
        description="Names by which browsers reach it, beside the address it listens on: requests for any other name "
        "are refused.",
    )
    tls_certificate: FileName | None = Field(
        default=None, description="A certificate chain in PEM: then it speaks TLS."
    )
    tls_key: FileName | None = Field(default=None, description="The private key of the certificate, in PEM.")
    behind_proxy: bool = Field(
        default=False,
        description="A proxy of yours speaks TLS for it. The caller's address and scheme are then taken from the "
        "headers that the proxies of `trusted_proxies` set, and nothing is shown without signing in.",
    )
    trusted_proxies: Words = Field(
        default=("127.0.0.1",), description="Addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."
    )
    open_reading: bool = Field(
        default=True,
        description="Whether whoever uses this machine may look without signing in, while it listens on this machine "
        "alone. Every action needs signing in, always.",
    )
    session: Duration = Field(
        default="12h",  # type: ignore[assignment]  # written as a user writes it
        description="How long a sign-in holds.",
    )
