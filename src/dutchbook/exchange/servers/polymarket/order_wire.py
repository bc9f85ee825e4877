"""The body of `POST /order`: what the wire carries, read strictly (section 2.2)."""

from typing import Literal

import msgspec

from dutchbook.domain.orders import TimeInForce
from dutchbook.exchange.servers.polymarket.clob_errors import BAD_PAYLOAD, OLD_VERSION, Problem
from dutchbook.exchange.servers.polymarket.clob_json import read
from dutchbook.exchange.servers.polymarket.contracts import BUILDER_NONE
from dutchbook.exchange.servers.polymarket.signing import SignedOrder, address_of, uint256

_KINDS = {
    "GTC": TimeInForce.GTC,
    "GTD": TimeInForce.GTD,
    "FOK": TimeInForce.FOK,
    "FAK": TimeInForce.IOC,
}


class OrderWire(msgspec.Struct, frozen=True):
    """The signed order as sent. `timestamp` is missing and `taker` present in orders of the first generation."""

    salt: int
    maker: str
    signer: str
    tokenId: str  # noqa: N815 - the wire's name
    makerAmount: str  # noqa: N815
    takerAmount: str  # noqa: N815
    side: Literal["BUY", "SELL"]
    signatureType: int  # noqa: N815
    signature: str
    expiration: str = "0"
    timestamp: str | None = None
    metadata: str = BUILDER_NONE
    builder: str = BUILDER_NONE
    taker: str | None = None


class PostOrder(msgspec.Struct, frozen=True):
    """One order with what is not signed. `deferExec` changes nothing here: its effect is documented nowhere."""

    order: OrderWire
    owner: str
    orderType: Literal["GTC", "GTD", "FOK", "FAK"] = "GTC"  # noqa: N815
    deferExec: bool = False  # noqa: N815
    postOnly: bool = False  # noqa: N815

    @property
    def tif(self) -> TimeInForce:
        return _KINDS[self.orderType]

    @property
    def immediate(self) -> bool:
        """Whether it is a market order in the venue's words."""
        return self.orderType in ("FOK", "FAK")


_one = msgspec.json.Decoder(PostOrder)
_many = msgspec.json.Decoder(list[PostOrder])


def read_order(body: bytes) -> PostOrder:
    """One order. Raises Problem (400)."""
    return read(_one, body, BAD_PAYLOAD)


def read_orders(body: bytes, most: int) -> list[PostOrder]:
    """The orders of a batch. Raises Problem (400)."""
    orders = read(_many, body, BAD_PAYLOAD)
    if len(orders) > most:
        raise Problem(400, f"Too many orders in payload: {len(orders)}, max allowed: {most}")
    if not orders:
        raise Problem(400, BAD_PAYLOAD)
    return orders


def signed(wire: OrderWire) -> SignedOrder:
    """The order as it was signed. Raises Problem (400): malformed, or of the first generation."""
    if wire.timestamp is None and wire.taker is not None:
        raise Problem(400, OLD_VERSION)
    try:
        return SignedOrder(
            salt=uint256(str(wire.salt)),
            maker=address_of(wire.maker),
            signer=address_of(wire.signer),
            token=uint256(wire.tokenId),
            maker_amount=uint256(wire.makerAmount),
            taker_amount=uint256(wire.takerAmount),
            buys=wire.side == "BUY",
            signature_type=_signature_type(wire.signatureType),
            timestamp=uint256(wire.timestamp or ""),
            metadata=_bytes32(wire.metadata),
            builder=_bytes32(wire.builder),
            signature=_hex(wire.signature),
        )
    except ValueError as e:
        raise Problem(400, BAD_PAYLOAD) from e


def _signature_type(value: int) -> int:
    if value not in (0, 1, 2, 3):
        raise ValueError(f"{value} is no signature type")
    return value


def _bytes32(text: str) -> bytes:
    raw = _hex(text)
    if len(raw) != 32:
        raise ValueError(f"{text[:100]!r} is no bytes32")
    return raw


def _hex(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError(f"{text[:100]!r} is no hexadecimal text")
    return bytes.fromhex(text[2:])
