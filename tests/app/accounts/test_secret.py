"""A secret shows itself to nobody who does not ask for it by name."""

import copy
import json
import logging
import pickle
from collections.abc import Callable

import msgspec
import pytest

from dutchbook.app.accounts.secret import Secret

TEXT = "correct-horse-battery-staple"


class Holder(msgspec.Struct, frozen=True):
    secret: Secret


@pytest.mark.parametrize(
    "shown",
    [repr, str, "{}".format, "{!r:>40}".format, "%s".__mod__, lambda secret: repr([secret]), lambda s: repr(Holder(s))],
)
def test_it_is_not_printed(shown: Callable[[object], str]) -> None:
    assert TEXT not in shown(Secret(TEXT))


@pytest.mark.parametrize(
    "packed",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        msgspec.json.encode,
        msgspec.to_builtins,
        lambda secret: msgspec.json.encode(Holder(secret)),
        lambda secret: secret.__getstate__(),
        hash,
    ],
)
def test_it_is_not_copied_out(packed: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as raised:
        packed(Secret(TEXT))
    assert TEXT not in str(raised.value)


def test_a_log_line_does_not_have_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("%s and %r", Secret(TEXT), Secret(TEXT))
    assert TEXT not in caplog.text


def test_it_is_there_for_whoever_asks() -> None:
    assert Secret(TEXT).reveal() == TEXT
    assert Secret(TEXT) == Secret(TEXT)
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
