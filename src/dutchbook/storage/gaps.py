"""Stretches of time in which a recorder heard less than it should have: kept, so that nobody takes silence for calm."""

import msgspec

from dutchbook.domain.units import Nanos


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """What was missed. `source` as in frames; `until` is None while, or if ever, contact was not made again."""

    source: str
    since: Nanos
    until: Nanos | None = None
    reason: str
