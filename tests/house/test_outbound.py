"""The hosts of the source: each is on the one list of what may be called, or is known to be a mere word."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dutchbook.interfaces.outbound import OUTBOUND
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "dutchbook"
WORDS = frozenset(
    {
        "core.telegram.org",  # where the Bot API is described
        "docs.kalshi.com",  # what the sandbox tells in Kalshi's words
        "docs.polymarket.com",  # where a rule about regions was read
        "hooks.slack.com",  # by which an address that a user gave is known
        "json-schema.org",  # the name of a dialect
        "kalshi-public-docs.s3.amazonaws.com",  # what the sandbox tells in Kalshi's words
        "kalshi.com",  # where a rule about regions was read
        "www.w3.org",  # the name of a dialect
        "yaml.org",  # the name of a dialect
    }
)
"""Hosts that are spoken of and never called."""
_HOST = re.compile(r"(?<![\w@-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|co|dev|app|xyz|ai|me|us|cc|eu)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:https?|wss?)://([\w-]+(?:\.[\w-]+)+)")


def hosts_in(text: str) -> Iterator[str]:
    """Hosts as they are written in a text, with a scheme before them or without."""
    yield from (found.lower() for found in _HOST.findall(text))
    yield from (found.lower() for found in _ADDRESS.findall(text) if not found.replace(".", "").isdigit())


def named() -> dict[str, set[str]]:
    """The hosts in texts of the source, and in files beside it, with where they stand."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*"):
        if "__pycache__" in path.parts:
            continue
        if path.suffix == ".py":
            nodes = ast.walk(ast.parse(path.read_text()))
            texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        elif path.suffix in {".yaml", ".html", ".css", ".js", ".json", ".toml", ".mako", ".svg"}:
            texts = [path.read_text()]
        else:
            continue
        for text in texts:
            for host in hosts_in(text):
                found.setdefault(host, set()).add(str(path.relative_to(ROOT)))
    return found


def test_every_host_in_the_source_may_be_called_or_never_is() -> None:
    allowed = {each.host for each in OUTBOUND} | WORDS
    assert {host: places for host, places in named().items() if host not in allowed} == {}


def test_the_list_has_no_host_that_the_source_does_not_know() -> None:
    assert {each.host for each in OUTBOUND} | WORDS <= named().keys()


@pytest.mark.parametrize(
    "text", ["https://evil.example.com/x", "wss://evil.example:9", "f'{host}.evil.io'", "post to metrics.evil.dev now"]
)
def test_a_host_is_found_however_it_is_written(text: str) -> None:
    assert [host for host in hosts_in(text) if "evil" in host]


def test_the_documents_name_the_same_hosts() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(each.host, each.when) for each in OUTBOUND]


def test_pages_forbid_browsers_to_call_anybody_else() -> None:
    security = Path(SOURCE / "interfaces" / "web" / "security.py").read_text()
    assert "connect-src 'self'" in security
