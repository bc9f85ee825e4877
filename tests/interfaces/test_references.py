"""Generated pages are as the program and the settings would write them now."""

import doctest
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dutchbook.config import environment, keys
from dutchbook.config.reference import configuration_page
from dutchbook.interfaces import words
from dutchbook.interfaces.cli.reference import cli_page, reward_maker_page
from tests.conftest import ROOT

DOCS = ROOT / "docs"


@pytest.mark.parametrize(("name", "page"), [("cli.md", cli_page), ("configuration.md", configuration_page)])
def test_the_page_is_current(name: str, page: Callable[[], str]) -> None:
    assert (DOCS / name).read_text() == page(), "run: python -m dutchbook.interfaces.cli.reference"


def test_the_tables_of_the_reward_maker_are_current() -> None:
    page = (DOCS / "reward-maker.md").read_text()
    assert page == reward_maker_page(page), "run: python -m dutchbook.interfaces.cli.reference"


def test_the_examples_in_docstrings_hold() -> None:
    for module in (words, keys, environment):
        result = doctest.testmod(module)
        assert result.attempted
        assert not result.failed


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_no_link_between_pages_is_broken(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
