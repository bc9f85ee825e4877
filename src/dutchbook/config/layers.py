"""Layers of settings: what each says, where it says it, and how a later one overrides an earlier one."""

from collections.abc import Container, Iterable, Mapping

import msgspec

type Written = Tree | list[Written] | str | None
type Tree = dict[str, Written]
"""Settings as they are written: every scalar is still text, an empty value is None."""


class Layer(msgspec.Struct, frozen=True):
    """One file, or the environment. `places` tells for each dotted key, sections too, where it stands."""

    name: str
    values: Tree
    places: Mapping[str, str]


def merged(layers: Iterable[Layer], sections: Container[str]) -> Layer:
    """All layers as one, later ones over earlier ones, key by key.

    One of the `sections` whose keys are all commented out says nothing.
    """
    values: Tree = {}
    places: dict[str, str] = {}
    names = []
    for layer in layers:
        names.append(layer.name)
        _merge_into(values, layer.values, sections, "")
        places.update(layer.places)
    return Layer(", ".join(names), values, places)


def under(section: str, layer: Layer) -> Layer:
    """A layer whose keys are those of a section, as a layer of the whole tree: `venues.kalshi`."""
    values = layer.values
    for name in reversed(section.split(".")):
        values = {name: values}
    return Layer(layer.name, values, {f"{section}.{key}": place for key, place in layer.places.items()})


def _merge_into(target: Tree, source: Tree, sections: Container[str], prefix: str) -> None:
    for key, value in source.items():
        if value is None and prefix + key in sections:
            continue
        there = target.get(key)
        if isinstance(value, dict):
            inner = there if isinstance(there, dict) else {}
            target[key] = inner
            _merge_into(inner, value, sections, f"{prefix}{key}.")
        else:
            target[key] = value
