"""A report says the same in a terminal, on a page and as JSON, and says nothing that a title wants to make it do."""

import json
import re
from html.parser import HTMLParser

import pytest

from dutchbook.evaluation.performance.curve import MOST_POINTS
from dutchbook.evaluation.report_object import RunReport
from dutchbook.interfaces.cli.output import show
from dutchbook.interfaces.reports.json_face import REPORT_SCHEMA, report_json
from dutchbook.interfaces.reports.page import page
from dutchbook.interfaces.reports.terminal import report_parts
from tests.interfaces.hostile import PAYLOADS
from tests.interfaces.reported import made_report

LARGEST = 1_000_000
"""Bytes that a page may have."""
MODES = ["replay", "paper", "sandbox", "live", "backtest"]


class Seen(HTMLParser):
    """What a browser would make of a page: its elements, and the texts in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shown(report: RunReport, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    show(*report_parts(report))
    return capsys.readouterr().out


@pytest.mark.parametrize("mode", MODES)
def test_every_face_names_the_mode_first(mode: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = made_report("x", mode)
    assert shown(report, capsys).startswith(mode.upper())
    assert f">{mode.upper()}</span>" in page(report)
    assert f"<title>{mode.upper()} " in page(report)
    assert list(report_json(report))[:2] == ["schema", "identity"]
    assert json.loads(json.dumps(report_json(report)))["identity"]["mode"] == mode


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_title_stays_a_text(payload: str, capsys: pytest.CaptureFixture[str]) -> None:
    tame, wild = Seen(page(made_report("tame"))), Seen(page(made_report(payload)))
    assert wild.tags == tame.tags
    assert wild.attributes == tame.attributes
    assert not {"script", "iframe", "img", "object", "a"} & wild.tags
    printed = shown(made_report(payload), capsys)
    assert "\x1b" not in printed
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\x9b]", printed)


def test_the_page_needs_nothing_else() -> None:
    text = page(made_report("x"))
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", text)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src &#x27;none&#x27;" in text


def test_a_page_of_a_long_run_is_small() -> None:
    assert len(page(made_report("A market with a title of an ordinary length", rows=MOST_POINTS)).encode()) < LARGEST


def test_json_keeps_units_exact_and_says_which_they_are() -> None:
    told = report_json(made_report("x"))
    assert told["schema"] == REPORT_SCHEMA
    capital = told["capital"]
    assert isinstance(capital, dict)
    assert capital["net"] == "-1.234567"
    assert capital["share"] == 0.123456
    identity = told["identity"]
    assert isinstance(identity, dict)
    assert identity["began"] == "2026-09-21T14:13:20.000000Z"
    assert json.loads(json.dumps(told)) == told


def test_a_profit_is_told_by_its_sign_and_not_by_its_colour_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert "-$1.24" in shown(made_report("x"), capsys)
    assert "-$1.24" in page(made_report("x"))


def test_what_a_run_did_not_do_is_no_empty_table(capsys: pytest.CaptureFixture[str]) -> None:
    bare = made_report("x", rows=0)
    assert "Best trades" not in shown(bare, capsys)
    text = page(bare)
    assert "Best trades" not in text
    assert "<tbody></tbody>" not in text
    assert "None on record." in text
