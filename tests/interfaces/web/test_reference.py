"""The page on the API is the one that the application would write."""

from dutchbook.interfaces.web.reference import api_page
from tests.conftest import ROOT


def test_the_tables_of_the_api_page_are_current() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert api_page(page) == page, "write it again: python -m dutchbook.interfaces.web.reference"
