"""Reading a YAML settings file with the line of every key. Scalars stay the text that was written.

YAML would turn `no` into false, `010` into 8 and `0.1` into a binary fraction; here the field's own type reads it.
"""

from pathlib import Path

import yaml

from dutchbook.config.layers import Layer, Tree, Written
from dutchbook.config.secrets import looks_secret, names_secret, without_secrets
from dutchbook.domain.errors import ConfigError

_DEEPEST = 8


def read_file(path: Path, name: str, section: str = "") -> Layer:
    """The layer that a file says. Raises ConfigError naming `name`, the line and the key.

    `section` is the part of the tree that the file's keys belong to, for messages.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read ({error.strerror}) - check the path and its permissions") from error
    return read_text(content, name, section)


def read_text(content: bytes, name: str, section: str = "") -> Layer:
    """The layer in the bytes of a settings file. Raises ConfigError like `read_file`."""
    reader = _Reader(name, section)
    try:
        root = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{name}:{line}: not UTF-8 text - save the file as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = without_secrets(error.problem or "cannot be read")
        raise ConfigError(f"{name}:{line}: no valid YAML ({problem}) - correct the line or the one before") from None
    except (yaml.YAMLError, RecursionError):
        # A control character, or thousands of brackets: the reader names no line for these.
        raise ConfigError(f"{name}: no valid YAML (unreadable characters or nesting) - write it anew") from None
    return Layer(name, reader.whole(root), reader.places)


class _Reader:
    """Walks the nodes of one file."""

    def __init__(self, name: str, section: str) -> None:
        self._name = name
        self._section = section
        self.places: dict[str, str] = {}

    def whole(self, root: yaml.Node | None) -> Tree:
        """The tree of the file; an empty one says nothing."""
        if root is None or (isinstance(root, yaml.ScalarNode) and _is_null(root)):
            return {}
        if not isinstance(root, yaml.MappingNode):
            raise self._error(root, "", "holds no keys", "write lines such as `mode: paper`")
        return self._mapping(root, ())

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...]) -> Tree:
        if len(path) > _DEEPEST:
            raise self._error(node, ".".join(path[:2]), "nested too deep", "sections are at most three levels deep")
        tree: Tree = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            dotted = ".".join((*path, key))
            if key in tree:
                raise self._error(key_node, dotted, f"given twice, first on line {lines[key]}", "keep one of them")
            lines[key] = key_node.start_mark.line + 1
            self.places[dotted] = f"{self._name}:{lines[key]}"
            tree[key] = self._value(value_node, key_node, (*path, key))
        return tree

    def _key(self, node: yaml.Node, path: tuple[str, ...]) -> str:
        dotted = ".".join(path)
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, dotted, "a key must be a word", "write `key: value`")
        if node.value == "<<":
            raise self._error(node, dotted, "merge keys (<<) are not read", "write the values out")
        if names_secret(node.value):
            raise self._error(
                node,
                ".".join((*path, node.value)),
                "secrets do not belong in a settings file",
                "remove it, and change the secret if the file was ever shared; `dutchbook init` keeps keys",
            )
        return str(node.value)

    def _value(self, node: yaml.Node, key_node: yaml.Node, path: tuple[str, ...]) -> Written:
        # An alias is the anchor's node again: it stands before its key.
        if node.start_mark.index < key_node.start_mark.index:
            raise self._error(key_node, ".".join(path), "aliases (*name) are not read", "write the value out")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        # Lists in lists, or a list that is an alias of itself.
        if len(path) > 2 * _DEEPEST:
            raise self._error(node, ".".join(path[:2]), "nested too deep", "write no lists within lists")
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, key_node, (*path, str(i))) for i, item in enumerate(node.value)]
        if node.tag.startswith("!"):
            raise self._error(node, ".".join(path), "tags (!name) are not read", "write the plain value")
        if looks_secret(node.value):
            raise self._error(
                node, ".".join(path), "the value looks like a private key", "remove it; `dutchbook init` keeps keys"
            )
        return None if _is_null(node) else str(node.value)

    def _item(self, node: yaml.Node, key_node: yaml.Node, path: tuple[str, ...]) -> Written:
        self.places[".".join(path)] = f"{self._name}:{node.start_mark.line + 1}"
        return self._value(node, key_node, path)

    def _error(self, node: yaml.Node, key: str, problem: str, advice: str) -> ConfigError:
        full = ".".join(part for part in (self._section, without_secrets(key)) if part)
        where = f"{self._name}:{node.start_mark.line + 1}"
        return ConfigError(f"{where} {full}: {problem} - {advice}" if full else f"{where}: {problem} - {advice}")


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")
