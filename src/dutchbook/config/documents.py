"""Reading the YAML documents that are no settings: scenarios and fault plans. Mistakes are named to the line."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dutchbook.config.layers import Layer, Written
from dutchbook.config.problems import MEMBER, most_alike, plainly
from dutchbook.config.yaml_file import read_file, read_text
from dutchbook.domain.errors import ConfigError

UNKNOWN_NAME = "unknown_name"
"""The type of the errors in which a model says that a `word` of a `kind` is none of `words`."""

type _Schema = Mapping[str, Any]


def read_document[T: BaseModel](path: Path, model: type[T]) -> T:
    """The document in a file. Raises ConfigError: file, line, key, what is wrong, the nearest valid word."""
    return _validated(read_file(path, path.name), model)


def document_of[T: BaseModel](content: bytes, name: str, model: type[T]) -> T:
    """The document in a text called `name`. Raises ConfigError like `read_document`."""
    return _validated(read_text(content, name), model)


def _validated[T: BaseModel](layer: Layer, model: type[T]) -> T:
    try:
        return model.model_validate(layer.values)
    except ValidationError as error:
        reader = _Reader(model.model_json_schema(), layer)
        # A misspelt key is also a missing one: the spelling comes first.
        found = sorted(error.errors(include_url=False), key=lambda details: details["type"] != "extra_forbidden")
        first, *others = (reader.line(details) for details in found)
        raise ConfigError(f"{first} (and {len(others)} more)" if others else first) from None


class _Reader:
    """Turns what validation found into lines about one document."""

    def __init__(self, schema: _Schema, layer: Layer) -> None:
        self._schema = schema
        self._layer = layer

    def line(self, details: ErrorDetails) -> str:
        """One problem: place, key, what is wrong, what to write."""
        keys, schema = self._walk(details["loc"])
        if details["type"] != "missing" and not isinstance(self._value(keys), str):
            keys = self._mentioned(keys, details)
        if details["type"] == "union_tag_not_found":
            keys, details = [*keys, str(details["ctx"]["discriminator"]).strip("'")], {**details, "type": "missing"}
        dotted = ".".join(keys)
        where = f"{self._place(keys)} {dotted}".rstrip()
        if details["type"] == "extra_forbidden":
            meant = most_alike(keys[-1], list(schema.get("properties", {})) or [keys[-1]])
            return f"{where}: unknown key, did you mean {meant}? - rename or remove it"
        if details["type"] == "missing":
            return f"{where}: has no value - add it"
        words = _words(details)
        said = f"{where}: {plainly(details)}"
        if not words:
            return f"{said} - correct the value"
        context = details.get("ctx", {})
        given = context.get("tag") or context.get("word") or details["input"]
        near = get_close_matches(str(given), words, n=1, cutoff=0.3)
        return f"{said} - {f'did you mean {near[0]}?' if near else 'choose one of these'}"

    def _walk(self, loc: Sequence[str | int]) -> tuple[list[str], _Schema]:
        """The keys as they are written (without the tags of alternatives), and the schema around the last of them."""
        keys: list[str] = []
        schema = around = self._resolved(self._schema)
        for part in loc:
            tagged = self._alternative(schema, part)
            if tagged is not None:
                schema = around = tagged
                continue
            around = schema
            keys.append(str(part))
            schema = self._child(schema, part)
        return keys, around

    def _mentioned(self, keys: list[str], details: ErrorDetails) -> list[str]:
        """Within `keys`, the key that a remark about several keys speaks of, with its value; else `keys`."""
        words = set(details["msg"].replace(",", " ").replace(":", " ").split())
        if details["type"] == UNKNOWN_NAME:
            words = {details["ctx"]["kind"], details["ctx"]["word"]}
        prefix = ".".join(keys)
        for dotted in self._layer.places:
            inner = dotted.split(".")
            value = self._value(inner)
            if dotted.startswith(prefix) and inner[-1] in words and isinstance(value, str) and value in words:
                return inner
        return keys

    def _value(self, keys: Sequence[str]) -> Written:
        found: Written = self._layer.values
        for key in keys:
            if isinstance(found, dict):
                found = found.get(key)
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
        return found

    def _child(self, schema: _Schema, part: str | int) -> _Schema:
        if isinstance(part, int):
            prefix = schema.get("prefixItems", ())
            return self._resolved(prefix[part] if part < len(prefix) else schema.get("items", {}))
        return self._resolved(schema.get("properties", {}).get(part, schema.get("additionalProperties", {})))

    def _alternative(self, schema: _Schema, part: str | int) -> _Schema | None:
        mapping = schema.get("discriminator", {}).get("mapping", {})
        return self._resolved({"$ref": mapping[part]}) if part in mapping else None

    def _resolved(self, schema: Any) -> _Schema:
        while isinstance(schema, Mapping) and "$ref" in schema:
            schema = self._schema["$defs"][schema["$ref"].rpartition("/")[2]]
        return schema if isinstance(schema, Mapping) else {}

    def _place(self, keys: Sequence[str]) -> str:
        """Where it is said; for what is not there, where it would belong."""
        for end in range(len(keys), 0, -1):
            if (place := self._layer.places.get(".".join(keys[:end]))) is not None:
                return place
        return f"{self._layer.name}:1"


def _words(details: ErrorDetails) -> list[str]:
    context = details.get("ctx", {})
    if details["type"] == UNKNOWN_NAME:
        return str(context["words"]).split(", ")
    expected = str(context.get("expected") or context.get("expected_tags") or "")
    if details["type"] not in ("literal_error", "enum", "union_tag_invalid"):
        return []
    expected = MEMBER.sub(r"\1", expected)
    return [word.strip(" '") for word in expected.replace(" or ", ",").split(",") if word.strip(" '")]
