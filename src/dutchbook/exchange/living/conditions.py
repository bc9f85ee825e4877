"""Condition ids of Polymarket's markets. Those of negRisk questions are hashed as the chain hashes them (section 8)."""

from hashlib import sha256

from Crypto.Hash import keccak

from dutchbook.domain.identity import MarketId, QuestionId
from dutchbook.exchange.servers.polymarket.contracts import NEG_RISK_ADAPTER
from dutchbook.exchange.servers.polymarket.identifiers import question_hash

_TWO_OUTCOMES = (2).to_bytes(32, "big")


def condition(slug: str) -> MarketId:
    """The condition of a market that stands alone."""
    return MarketId("0x" + sha256(f"condition/{slug}".encode()).hexdigest())


def neg_risk_condition(question: QuestionId, place: int) -> MarketId:
    """keccak(adapter, question id, 2), the last byte of the question id being the market's place in the question.

    Clients find that place by trying: it is what a conversion names.
    """
    base = bytes.fromhex(question_hash(question)[2:])
    asked = bytes.fromhex(NEG_RISK_ADAPTER[2:]) + base[:-1] + bytes([place]) + _TWO_OUTCOMES
    return MarketId("0x" + keccak.new(digest_bits=256, data=asked).hexdigest())
