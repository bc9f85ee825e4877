"""The clients that `tick_to_order` compares with; run by their own environment, and without dutchbook.

usage: python -m benchmarks.tick_clients floor PORT LEGS
       python -m benchmarks.tick_clients official PORT LEGS KEY     (ECC_BACKEND_CLASS chooses how it signs)
       python -m benchmarks.tick_clients agree KEY < BODIES         (one order request a line)

`floor` does nothing between the tick and the bytes of its orders: it waits for a text in the frame and writes what it
had ready, with the sockets and the event loop that the desk has. `official` is what people build: websockets, json,
the best asks in dictionaries, and py-clob-client-v2 for the orders. `agree` says whether the official client would
send the same bodies.
"""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

from benchmarks.tick_market import FALLEN, FALLEN_SIZE, OPPOSITES, REST, SIZE, TOKENS

API = ("0a1b2c3d-0000-0000-0000-000000000000", "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=", "p" * 64)
_SUBSCRIBE = {"type": "market", "assets_ids": [*TOKENS, *OPPOSITES], "custom_feature_enabled": True}
_FELL = f'"price":"0.{FALLEN}","size":"{FALLEN_SIZE}"'.encode()


async def floor(port: int, legs: int) -> None:
    """An empty client on the desk's own loop, sockets and order connections."""
    import aiofastnet
    from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

    class Orders(asyncio.Protocol):
        """Hears the answers."""

    loop = asyncio.get_running_loop()
    transport, _ = await aiofastnet.create_connection(loop, Orders, "127.0.0.1", port)
    request = _request(legs)
    over = loop.create_future()

    class Feed(WSListener):
        def on_ws_frame(self, transport_: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
            if _FELL in frame.get_payload_as_bytes():
                transport.write(request)

        def on_ws_disconnected(self, transport_: WSTransport) -> None:  # noqa: ARG002
            if not over.done():
                over.set_result(None)

    feed, _ = await ws_connect(Feed, f"ws://127.0.0.1:{port}/ws/market")
    feed.send(WSMsgType.TEXT, json.dumps(_SUBSCRIBE).encode())
    await over


def _request(legs: int) -> bytes:
    """Orders of the size that they have, with nothing in them that anybody checks."""
    order = {
        "order": {
            "salt": 4_792_490_963_541,
            "maker": "0x" + "7E" * 20,
            "signer": "0x" + "7E" * 20,
            "tokenId": TOKENS[0],
            "makerAmount": "13600000",
            "takerAmount": "40000000",
            "side": "BUY",
            "expiration": "0",
            "signatureType": 0,
            "timestamp": "1767225600000",
            "metadata": "0x" + "00" * 32,
            "builder": "0x" + "00" * 32,
            "signature": "0x" + "24" * 65,
        },
        "owner": API[0],
        "orderType": "FOK",
        "deferExec": False,
        "postOnly": False,
    }
    path, body = ("/order", order) if legs == 1 else ("/orders", [order] * legs)
    said = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"POLY_ADDRESS: 0x{'7E' * 20}\r\nPOLY_API_KEY: {API[0]}\r\nPOLY_PASSPHRASE: {API[2]}\r\n"
        f"POLY_TIMESTAMP: 1767225600\r\nPOLY_SIGNATURE: {'A' * 44}\r\nContent-Length: {len(said)}\r\n\r\n"
    )
    return head.encode() + said


def client(key: str, host: str) -> Any:
    """The official client, with everything cached that it caches."""
    from py_clob_client_v2.client import ClobClient  # type: ignore[import-not-found]
    from py_clob_client_v2.clob_types import ApiCreds  # type: ignore[import-not-found]

    made = ClobClient(host, chain_id=137, key=key, creds=ApiCreds(*API))
    made._ClobClient__cached_version = 2  # noqa: SLF001 - what it would ask the venue for
    for token in TOKENS:
        made._ClobClient__tick_sizes[token] = "0.01"  # noqa: SLF001
        made._ClobClient__neg_risk[token] = True  # noqa: SLF001
    return made


def signed(made: Any, token: str, price: float, size: float) -> Any:
    """A buy as the official client signs it."""
    from py_clob_client_v2.clob_types import OrderArgsV2, PartialCreateOrderOptions

    args = OrderArgsV2(token_id=token, price=price, size=size, side="BUY")
    return made.create_order(args, PartialCreateOrderOptions(tick_size="0.01", neg_risk=True))


class Watcher:
    """The best asks of the three YES, from messages as dictionaries."""

    def __init__(self) -> None:
        self._asks: dict[str, dict[float, float]] = {token: {} for token in TOKENS}

    def heard(self, text: str | bytes) -> list[tuple[str, float]]:
        """The legs to buy after a message: none while the three cost too much."""
        message = json.loads(text)
        if isinstance(message, list):
            for book in message:
                if book["asset_id"] in self._asks:
                    rows = {float(row["price"]): float(row["size"]) for row in book["asks"]}
                    self._asks[book["asset_id"]] = rows
            return []
        for change in message["price_changes"]:
            asks = self._asks.get(change["asset_id"])
            if asks is None or change["side"] != "SELL":
                continue
            price, size = float(change["price"]), float(change["size"])
            if size:
                asks[price] = size
            else:
                asks.pop(price, None)
        best = [(token, min(asks)) for token, asks in self._asks.items() if asks]
        fell = [leg for leg in best if leg[1] < REST / 100]
        return [*fell, *(leg for leg in best if leg not in fell)] if sum(price for _, price in best) < 0.995 else []


async def official(port: int, legs: int, key: str) -> None:
    """Buy what the watcher says: one order, or all in one batch."""
    import websockets
    from py_clob_client_v2.clob_types import PostOrdersV2Args
    from py_clob_client_v2.exceptions import PolyApiException  # type: ignore[import-not-found]

    made = client(key, f"http://127.0.0.1:{port}")
    watcher = Watcher()
    async with websockets.connect(f"ws://127.0.0.1:{port}/ws/market", ping_interval=None) as feed:
        await feed.send(json.dumps(_SUBSCRIBE))
        async for text in feed:
            wanted = watcher.heard(text)[:legs]
            if not wanted:
                continue
            orders = [signed(made, token, price, SIZE) for token, price in wanted]
            with suppress(PolyApiException):  # killed, as all of them here are
                if legs == 1:
                    made.post_order(orders[0], "FOK")
                else:
                    made.post_orders([PostOrdersV2Args(order=order, orderType="FOK") for order in orders])


def agree(key: str) -> None:
    """Make each order again as the official client makes it, with our salt and time. Raises AssertionError."""
    made, orders = client(key, "http://127.0.0.1:1"), 0
    for line in sys.stdin:
        ours = json.loads(line)
        many = ours if isinstance(ours, list) else [ours]
        theirs = [_again(made, body["order"]) for body in many]
        said = json.dumps(theirs if isinstance(ours, list) else theirs[0], separators=(",", ":"))
        assert said == line.rstrip("\n"), f"bodies differ: {line} and {said}"
        orders += len(many)
    assert orders, "no order was placed"
    print(f"{orders} orders agree with the official client's to a byte")


def _again(made: Any, ours: dict[str, str]) -> object:
    """The body of the same order from the official client, signed by it."""
    from py_clob_client_v2.config import get_contract_config  # type: ignore[import-not-found]
    from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2  # type: ignore[import-not-found]
    from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2  # type: ignore[import-not-found]

    size = int(ours["takerAmount"]) / 1e6
    order = signed(made, ours["tokenId"], int(ours["makerAmount"]) / int(ours["takerAmount"]), size)
    order = replace(order, salt=str(ours["salt"]), timestamp=ours["timestamp"])
    builder = ExchangeOrderBuilderV2(
        get_contract_config(137).neg_risk_exchange_v2, 137, made.signer, domain_version="2"
    )
    signature = builder.build_order_signature(builder.build_order_typed_data(order))
    return order_to_json_v2(replace(order, signature=signature), API[0], "FOK")


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    match kind:
        case "floor":
            import uvloop

            uvloop.run(floor(int(rest[0]), int(rest[1])))
        case "official":
            asyncio.run(official(int(rest[0]), int(rest[1]), rest[2]))
        case "agree":
            agree(rest[0])
        case _:
            raise SystemExit(f"no client is called {kind}")
