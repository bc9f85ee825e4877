"""How often Kalshi may be asked: the lowest tier's bucket of read tokens, ten for a call (protocol section 7.3)."""

from collections.abc import Mapping
from types import MappingProxyType

from dutchbook.venues.budget import Limit

READ = "read"
COST = 10

LIMITS: Mapping[str, Limit] = MappingProxyType({READ: Limit(refill=200, capacity=200)})
"""The capacity is a second's refill: documents and captures disagree on more."""
