"""Commands of the socket's clients and the codes of what is wrong with them (protocol sections 8.2 and 8.3)."""

import msgspec

from dutchbook.domain.errors import DutchbookError

_MESSAGES = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market ticker required",
    15: "Action required",
    24: "Index IDs required",
    25: "Subscription buffer overflow",
    26: "Market limit of the subscription exceeded",
}
"""Codes are documented, and the text of 8 was captured; the other texts are assumed."""


class CommandRefused(DutchbookError):
    """A command cannot be done: answer an `error` with this code."""

    def __init__(self, code: int, ticker: str = "") -> None:
        super().__init__(f"Kalshi socket: error {code}, {_MESSAGES[code]} {ticker}".rstrip())
        self.code = code
        self.ticker = ticker

    def body(self) -> bytes:
        """The `msg` of the error."""
        body: dict[str, object] = {"code": self.code, "msg": _MESSAGES[self.code]}
        if self.ticker:
            body["market_ticker"] = self.ticker
        return msgspec.json.encode(body)


class Params(msgspec.Struct, frozen=True):
    """All parameters of all commands."""

    channels: list[str] | None = None
    market_ticker: str | None = None
    market_tickers: list[str] | None = None
    market_id: str | None = None
    market_ids: list[str] | None = None
    send_initial_snapshot: bool = False
    skip_ticker_ack: bool = False
    use_yes_price: bool = False
    index_ids: list[str] | None = None
    sid: int | None = None
    sids: list[int] | None = None
    action: str | None = None

    def tickers(self) -> list[str]:
        """The markets named by ticker."""
        return [*([self.market_ticker] if self.market_ticker else []), *(self.market_tickers or ())]

    def numbers(self) -> list[str]:
        """The markets named by id."""
        return [*([self.market_id] if self.market_id else []), *(self.market_ids or ())]

    def one_sid(self) -> int:
        """The subscription that is meant. Raises CommandRefused."""
        named: list[int] = [*([self.sid] if self.sid is not None else []), *(self.sids or ())]
        if len(named) != 1:
            raise CommandRefused(12)
        return named[0]


class Command(msgspec.Struct, frozen=True):
    """One message of a client. `id` 0 is as if absent."""

    id: int = 0
    cmd: str = ""
    params: msgspec.Raw = msgspec.Raw(b"null")

    def read(self) -> Params:
        """Its parameters. Raises CommandRefused."""
        try:
            params = msgspec.json.decode(self.params, type=Params | None)
        except (msgspec.MsgspecError, ValueError) as error:
            raise CommandRefused(11) from error
        if params is None:
            raise CommandRefused(2)
        return params


def command_of(text: bytes) -> Command:
    """A client's message. Raises CommandRefused if it is none."""
    try:
        return msgspec.json.decode(text, type=Command)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CommandRefused(1) from error
