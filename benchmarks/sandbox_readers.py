"""Readers of a sandbox's sockets that do as little as possible, so that what is measured is the server."""

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.sandbox import RunningSandbox
from dutchbook.venues.kalshi.sign import KalshiSigner

_KALSHI_PATH = "/trade-api/ws/v2"
_KEEP_ALIVE = b"PING"


class WireLevel(msgspec.Struct, frozen=True):
    """A level as text."""

    price: str
    size: str


class WireBook(msgspec.Struct, frozen=True):
    """One book of the array that follows a subscription."""

    asset_id: str
    bids: list[WireLevel]
    asks: list[WireLevel]


class Reader(WSListener):
    """Counts what comes; with `keep`, keeps it."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self.frames = 0
        self.lost = False
        self.kept: list[bytes] | None = [] if keep else None
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        if frame.msg_type is not WSMsgType.TEXT:
            return
        self.frames += 1
        if self.kept is not None:
            self.kept.append(frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        self.lost = True

    def say(self, text: bytes) -> None:
        """Send one message."""
        if self.transport is None:
            raise ConnectionError("not connected yet")
        self.transport.send(WSMsgType.TEXT, text)

    def leave(self) -> None:
        """Go away."""
        if self.transport is not None:
            self.transport.disconnect()


class PolymarketReader(Reader):
    """A reader of Polymarket's market channel."""

    def keep_alive(self) -> None:
        """Say what the venue wants to hear every ten seconds."""
        self.say(_KEEP_ALIVE)

    def snapshot(self) -> list[WireBook]:
        """The books that came first."""
        return msgspec.json.decode((self.kept or [b"[]"])[0], type=list[WireBook])


class _Numbered(msgspec.Struct, frozen=True):
    sid: int = 0
    seq: int = 0


class KalshiReader(Reader):
    """A reader of one subscription of Kalshi's socket."""

    def keep_alive(self) -> None:
        """Nothing: the venue pings, and the library answers."""

    def numbers(self) -> list[int]:
        """The sequence numbers that came."""
        found = [msgspec.json.decode(payload, type=_Numbered) for payload in self.kept or ()]
        return [each.seq for each in found if each.seq]


async def polymarket_reader(server: RunningSandbox, tokens: list[str], *, keep: bool) -> PolymarketReader:
    """A reader of these tokens."""
    reader = PolymarketReader(keep=keep)
    await ws_connect(lambda: reader, f"{server.addresses.polymarket.ws}/ws/market")
    reader.say(msgspec.json.encode({"assets_ids": tokens, "type": "market"}))
    return reader


async def kalshi_reader(server: RunningSandbox, tickers: list[str], *, keep: bool) -> KalshiReader:
    """A reader of these markets' books."""
    signer = KalshiSigner(server.kalshi.key_id, server.kalshi.private_key, server)
    reader = KalshiReader(keep=keep)
    headers = dict(signer.headers("GET", _KALSHI_PATH))
    await ws_connect(lambda: reader, server.addresses.kalshi.ws, extra_headers=headers)
    params = {"channels": ["orderbook_delta"], "market_tickers": tickers}
    reader.say(msgspec.json.encode({"id": 1, "cmd": "subscribe", "params": params}))
    return reader
