"""What people and programs may do through the screens."""

from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    VIEWER = "viewer"
    """Look at everything."""
    OPERATOR = "operator"
    """Steer the desk: halt, pause, cancel, stop; write notes, acknowledge alerts."""
    ADMIN = "admin"
    """Change settings, wallets and the database."""

    def may(self, needed: "Role") -> bool:
        """Whether this role is enough for what needs another."""
        return _RANKS[self] >= _RANKS[needed]


_RANKS = MappingProxyType({role: rank for rank, role in enumerate(Role)})
