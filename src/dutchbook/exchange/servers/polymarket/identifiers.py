"""Ids that nobody chooses: of trades, transactions, questions. Derived from numbers, so that a run can be repeated."""

from hashlib import sha256
from uuid import NAMESPACE_OID, UUID, uuid5

from dutchbook.domain.identity import MarketId

_NAMESPACE = uuid5(NAMESPACE_OID, "dutchbook exchange polymarket")


def trade_id(match: int) -> str:
    """The UUID of a trade: one for each match of an incoming order, whatever it met."""
    return str(uuid5(_NAMESPACE, f"trade/{match}"))


def transaction_hash(match: int) -> str:
    """The hash of the transaction that settles a match."""
    return _hash(f"transaction/{match}")


def operation_hash(account: str, number: int) -> str:
    """The hash of the transaction of an account's `number`th token operation."""
    return _hash(f"operation/{account}/{number}")


def question_hash(name: str) -> str:
    """The `questionID` of a market or question that has only a name."""
    return _hash(f"question/{name}")


def request_hash(market: MarketId) -> str:
    """The `negRiskRequestID` of a market: what its oracle was asked."""
    return _hash(f"request/{market}")


def named_uuid(name: str) -> str:
    """A UUID that stands for a name."""
    return str(UUID(bytes=sha256(name.encode()).digest()[:16], version=4))


def _hash(text: str) -> str:
    return "0x" + sha256(f"polymarket/{text}".encode()).hexdigest()
