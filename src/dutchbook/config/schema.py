"""A JSON Schema of the settings file, for editors: the text forms that a user writes, not the integers inside."""

from collections.abc import Mapping

from pydantic import BaseModel

from dutchbook.config.keys import Key, Unit, all_keys, sections

_FORMS: Mapping[Unit, Mapping[str, object]] = {
    Unit.DOLLARS: {"type": ["number", "string"], "minimum": 0, "examples": [25, "25.50"]},
    Unit.PRICE: {"type": ["number", "string"], "minimum": 0, "maximum": 1, "examples": [0.99]},
    Unit.SHARE: {
        "type": ["number", "string"],
        "minimum": 0,
        "maximum": 1,
        "pattern": "^[0-9]+([.][0-9]+)?%?$",
        "examples": ["10%", 0.1],
    },
    Unit.DURATION: {"type": "string", "pattern": "^[0-9]+([.][0-9]+)? *(ms|s|m|h|d)$", "examples": ["500ms", "5s"]},
    Unit.CONTRACTS: {"type": ["number", "string"], "minimum": 0, "examples": [20]},
    Unit.MULTIPLE: {"type": ["number", "string"], "minimum": 0, "examples": [1.5]},
    Unit.WORDS: {"type": ["array", "string"], "items": {"type": "string"}, "examples": [["Trump"], "Trump, Musk"]},
    Unit.COUNT: {"type": "integer"},
    Unit.SWITCH: {"type": "boolean"},
    Unit.REGION: {"type": "string", "pattern": "^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$", "examples": ["CH", "CA-ON"]},
    Unit.FILE: {"type": "string", "minLength": 1},
    Unit.DATABASE: {
        "type": "string",
        "pattern": "^postgresql://",
        "examples": ["postgresql://desk@localhost/dutchbook"],
    },
    Unit.HOST: {"type": "string", "minLength": 1, "examples": ["127.0.0.1"]},
}


def json_schema() -> dict[str, object]:
    """The schema of `dutchbook.yaml`, JSON Schema 2020-12."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "dutchbook settings"}
    return head | _section("", {key.path: key for key in all_keys()})


def _section(path: str, keys: Mapping[str, Key]) -> dict[str, object]:
    model = sections()[path]
    prefix = f"{path}." if path else ""
    properties = {name: _property(prefix + name, keys) for name in model.model_fields}
    return {
        "type": "object",
        "description": _first_line(model),
        "properties": properties,
        "additionalProperties": False,
    }


def _property(path: str, keys: Mapping[str, Key]) -> dict[str, object]:
    if path not in keys:
        return _section(path, keys)
    key = keys[path]
    form: dict[str, object] = {"enum": list(key.choices)} if key.choices else dict(_FORMS[key.unit])
    if key.optional:
        form = {"anyOf": [form, {"type": "null"}]}
    return {"description": key.description, **form}


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]
