"""What a person should know of a run besides its figures: halts, alerts, faults, and what people did."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from dutchbook.domain.units import Nanos


class Incident(msgspec.Struct, frozen=True):
    """One of them: a kind, and what was said."""

    at: Nanos
    kind: str
    text: str


type _Body = Mapping[str, object]


def incident_of(kind: str, at: Nanos, body: msgspec.Raw) -> Incident | None:
    """What a journal line tells, if it is an incident."""
    found = _TELLERS.get(kind)
    if found is None:
        return None
    told = found(msgspec.json.decode(body, type=dict[str, object]))
    return None if told is None else Incident(at, *told)


def _command(body: _Body) -> tuple[str, str]:
    """What somebody ordered; a halt may be a rule's."""
    said = str(body.get("type", "command"))
    words = [f"{key} {value}" for key, value in body.items() if key not in _UNTOLD and value not in (None, "", False)]
    return ("halt" if said == "halt" else "command", f"{said}: {', '.join(words)}")


def _report(body: _Body) -> tuple[str, str] | None:
    if body.get("report") != "timeout":
        return None
    return "unknown order", f"{body['order']}: {body.get('detail') or 'no answer'}"


def _told(kind: str, *names: str) -> Callable[[_Body], tuple[str, str]]:
    def tell(body: _Body) -> tuple[str, str]:
        return kind, ": ".join(str(body[name]) for name in names if body.get(name) not in (None, ""))

    return tell


_UNTOLD = frozenset({"type", "received"})
_TELLERS: Mapping[str, Callable[[_Body], tuple[str, str] | None]] = MappingProxyType(
    {
        "command": _command,
        "report": _report,
        "halt": _told("halt", "venue", "reason"),
        "alert": _told("alert", "subject", "text"),
        "fault": _told("fault", "reason"),
        "venue": _told("venue", "venue", "state", "reason"),
        "reversed": _told("fill taken back", "order", "fill", "detail"),
        "cancel_failed": _told("cancel failed", "order", "detail"),
        "difference": _told("difference", "venue", "subject", "action"),
    }
)
