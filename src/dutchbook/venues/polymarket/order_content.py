"""An order without its signature, as bytes: the words that are signed, and what travels unsigned beside them.

Everything that leaves is made from these bytes alone, so what a signer looked at is what goes out.
"""

import struct
from functools import lru_cache
from typing import Literal

import msgspec

from dutchbook.domain.orders import TimeInForce
from dutchbook.venues.polymarket.contracts import Exchange
from dutchbook.venues.polymarket.typed_data import (
    ORDER_TYPE_HASH,
    ORDER_WORDS,
    OrderHashes,
    exchange_separator,
    order_hashes,
)

WORDS = ORDER_WORDS.size
_BESIDE = struct.Struct(">BBBQ")
"""Exchange, order type, post-only, expiration in unix seconds."""

type OrderType = Literal["GTC", "GTD", "FOK", "FAK"]
ORDER_TYPES: tuple[OrderType, ...] = ("GTC", "GTD", "FOK", "FAK")
TYPE_OF = {
    TimeInForce.GTC.value: 0,
    TimeInForce.GTD.value: 1,
    TimeInForce.FOK.value: 2,
    TimeInForce.IOC.value: 3,
}
"""The place in `ORDER_TYPES` of the desk's word for it."""
_EXCHANGES = tuple(Exchange)
_MOST_KNOWN = 4_096


class OrderContent(msgspec.Struct, frozen=True, kw_only=True):
    """An order's fields. `parties` are the words of maker and signer, `tail` those of metadata and builder."""

    salt: int
    parties: bytes
    token: bytes
    maker_amount: int
    taker_amount: int
    sells: bool
    signature_type: int
    timestamp_ms: int
    tail: bytes
    exchange: Exchange
    order_type: int
    post_only: bool
    expiration: int
    """Unix seconds; 0 for none."""


_known: dict[bytes, OrderContent] = {}
"""Orders packed lately, by their bytes: drafter, signer and writer each look at them, and take one microsecond less."""


def packed(order: OrderContent) -> bytes:
    """The bytes of an order. Raises struct.error if an amount or time has more than 64 bits."""
    content = _bytes(order)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[content] = order
    return content


def unpacked(content: bytes) -> OrderContent:
    """The fields of packed bytes. Raises ValueError if they are none, or hold anything that the fields do not show."""
    known = _known.get(content)
    if known is not None:
        return known
    order = _fields(content)
    if _bytes(order) != content:
        raise ValueError("there is more in these bytes than an order shows")
    return order


def _bytes(order: OrderContent) -> bytes:
    words = ORDER_WORDS.pack(
        ORDER_TYPE_HASH,
        order.salt,
        order.parties,
        order.token,
        order.maker_amount,
        order.taker_amount,
        order.sells,
        order.signature_type,
        order.timestamp_ms,
        order.tail,
    )
    return words + _BESIDE.pack(order.exchange, order.order_type, order.post_only, order.expiration)


def _fields(content: bytes) -> OrderContent:
    try:
        kind, salt, parties, token, maker, taker, side, signature_type, at, tail = ORDER_WORDS.unpack_from(content)
        exchange, order_type, post_only, expiration = _BESIDE.unpack(content[WORDS:])
    except struct.error as error:
        raise ValueError(f"{len(content)} bytes are no order") from error
    if kind != ORDER_TYPE_HASH or side > 1 or exchange >= len(_EXCHANGES) or order_type >= len(ORDER_TYPES):
        raise ValueError("these bytes are no order")
    return OrderContent(
        salt=salt,
        parties=parties,
        token=token,
        maker_amount=maker,
        taker_amount=taker,
        sells=side == 1,
        signature_type=signature_type,
        timestamp_ms=at,
        tail=tail,
        exchange=_EXCHANGES[exchange],
        order_type=order_type,
        post_only=post_only == 1,
        expiration=expiration,
    )


@lru_cache(maxsize=4_096)
def hashes_of(content: bytes, chain: int) -> OrderHashes:
    """The hashes of packed bytes. Remembered, as drafter and signer each work them out from the bytes in turn."""
    return order_hashes(content[:WORDS], _separators(chain)[content[WORDS]])


@lru_cache(maxsize=4)
def _separators(chain: int) -> tuple[bytes, ...]:
    return tuple(exchange_separator(exchange, chain) for exchange in _EXCHANGES)
