"""A signed order as the bytes of `POST /order` (protocol section 2.2), in the official client's order of fields."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from dutchbook.venues.polymarket.order_content import ORDER_TYPES, unpacked
from dutchbook.venues.polymarket.wallets import checksummed

ORDER_PATH = "/order"
ORDERS_PATH = "/orders"
NO_ORDER = "0x" + "00" * 32
"""The id of an order that does not exist: cancelling it changes nothing, and shows that cancels are taken."""
MOST_ORDERS = 15
"""Orders that one `POST /orders` may carry."""

_FLAG = ("false", "true")


class Outline(NamedTuple):
    """What stands before and behind an order's signature."""

    before: bytes
    behind: bytes

    def signed(self, signature: bytes) -> bytes:
        """The whole body."""
        return b"".join((self.before, signature.hex().encode(), self.behind))


def order_body(content: bytes, signature: bytes, owner: str) -> bytes:
    """The body that places one order, from its content (`Prepared.content`): `owner` is the API key's id."""
    return order_outline(content, owner).signed(signature)


def order_outline(content: bytes, owner: str) -> Outline:
    """All of that body but the signature."""
    order = unpacked(content)
    maker, signer = _parties(order.parties)
    metadata, builder = _tail(order.tail)
    before = (
        f'{{"order":{{"salt":{order.salt},"maker":"{maker}","signer":"{signer}","tokenId":"{_token(order.token)}",'
        f'"makerAmount":"{order.maker_amount}","takerAmount":"{order.taker_amount}",'
        f'"side":"{"SELL" if order.sells else "BUY"}","expiration":"{order.expiration}",'
        f'"signatureType":{order.signature_type},"timestamp":"{order.timestamp_ms}","metadata":"{metadata}",'
        f'"builder":"{builder}","signature":"0x'
    )
    behind = (
        f'"}},"owner":"{owner}","orderType":"{ORDER_TYPES[order.order_type]}","deferExec":false,'
        f'"postOnly":{_FLAG[order.post_only]}}}'
    )
    return Outline(before.encode(), behind.encode())


def orders_body(bodies: Sequence[bytes]) -> bytes:
    """The body that places several orders at once, from the bodies of each. Raises ValueError for none or too many."""
    if not 0 < len(bodies) <= MOST_ORDERS:
        raise ValueError(f"a batch carries 1 to {MOST_ORDERS} orders, not {len(bodies)}")
    return b"[" + b",".join(bodies) + b"]"


@lru_cache(maxsize=64)
def _parties(words: bytes) -> tuple[str, str]:
    return checksummed("0x" + words[12:32].hex()), checksummed("0x" + words[44:64].hex())


@lru_cache(maxsize=64)
def _tail(words: bytes) -> tuple[str, str]:
    return "0x" + words[:32].hex(), "0x" + words[32:].hex()


@lru_cache(maxsize=65_536)
def _token(word: bytes) -> str:
    return str(int.from_bytes(word, "big"))
