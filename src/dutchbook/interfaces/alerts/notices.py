"""Something worth telling, before it is decided where it goes."""

import msgspec

from dutchbook.domain.units import Nanos
from dutchbook.storage.alert_words import Occasion, Tier


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One occasion. Notices of one `occasion` and `subject` are the same trouble; `ref` is where it is on record."""

    at: Nanos
    occasion: Occasion
    tier: Tier
    mode: str
    title: str
    text: str = ""
    subject: str = ""
    ref: str = ""


def badge(mode: str) -> str:
    """How every message begins: the mode, so that nobody takes play money for real money or the reverse.

    >>> badge("paper"), badge("")
    ('[PAPER]', '[NO DESK]')
    """
    return f"[{mode.upper() or 'NO DESK'}]"
