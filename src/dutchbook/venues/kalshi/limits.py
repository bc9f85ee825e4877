"""How often Kalshi may be asked: buckets of tokens for reads and for writes, by tier (protocol section 7.3)."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from dutchbook.venues.budget import Limit

READ = "read"
COST = 10

LIMITS: Mapping[str, Limit] = MappingProxyType({READ: Limit(refill=200, capacity=200)})
"""The lowest tier, as for those who have no key. The capacity is a second's refill: documents and captures disagree on
more."""
WRITE = Limit(refill=100, capacity=100)
"""The write bucket of the lowest tier, for as long as the account was not asked for its own."""


class _Bucket(msgspec.Struct, frozen=True):
    refill_rate: int
    bucket_capacity: int


class _Answer(msgspec.Struct, frozen=True):
    write: _Bucket


_decode = msgspec.json.Decoder(_Answer).decode


def write_limit(body: bytes) -> Limit:
    """The write bucket that `GET /account/limits` tells. Raises ValueError or msgspec's errors for none."""
    found = _decode(body).write
    if found.refill_rate <= 0 or found.bucket_capacity <= 0:
        raise ValueError("a bucket without tokens")
    return Limit(found.refill_rate, found.bucket_capacity)
