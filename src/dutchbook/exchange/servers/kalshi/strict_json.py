"""Request bodies, read as strictly as Go reads JSON into a struct: no number where a string is meant."""

from collections.abc import Mapping

import msgspec

from dutchbook.exchange.servers.kalshi.errors import Fault, bad_json

type Fields = Mapping[str, str]
"""Field names and their Go types: string, int64, bool, or `[]T` of structs, whose items are left to the caller."""

_LARGEST = 1 << 63


def body_object(body: bytes, content_type: str, struct: str, fields: Fields) -> dict[str, object]:
    """The known fields of a body, checked; unknown ones are ignored and null counts as absent. Raises ApiError 400."""
    if content_type != "application/json":
        raise Fault(400, "invalid_content_type")
    return checked(_decoded(body, struct), struct, fields)


def checked(value: object, struct: str, fields: Fields) -> dict[str, object]:
    """The known fields of one object. Raises ApiError 400 in the words of Go [M for count]."""
    if not isinstance(value, dict):
        raise bad_json(f"json: cannot unmarshal {_kind(value)} into Go value of type {struct}")
    found: dict[str, object] = {}
    for name, wanted in fields.items():
        given = value.get(name)
        if given is None:
            continue
        if not _fits(given, wanted):
            raise bad_json(
                f"json: cannot unmarshal {_told(given, wanted)} into Go struct field {struct}.{name} of type {wanted}"
            )
        found[name] = given
    return found


def _decoded(body: bytes, struct: str) -> object:
    if not body.strip():
        raise bad_json("EOF")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise bad_json(f"json: {struct}: {e}") from e


def _fits(value: object, wanted: str) -> bool:
    match wanted:
        case "string":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int64":
            return isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value < _LARGEST
        case _:
            return isinstance(value, list)


def _kind(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "null"


def _told(value: object, wanted: str) -> str:
    if wanted == "int64" and isinstance(value, int | float) and not isinstance(value, bool):
        return f"number {value}"
    return _kind(value)
