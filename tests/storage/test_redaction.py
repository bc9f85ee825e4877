"""Secrets in texts and fields: known ones, named ones, shaped ones; and ids that only look like keys."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import Nanos
from dutchbook.storage.log_settings import Level, LogSettings
from dutchbook.storage.logs import LogFiles
from dutchbook.storage.redaction import HIDDEN, SUSPECT, Redactor, names_secret

BOT_TOKEN = "123456789:AAHcanary_telegram_token_0000000000000"  # noqa: S105 - a test value
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwcanary\n-----END PRIVATE KEY-----"
SHAPED = (
    BOT_TOKEN,
    PEM,
    "smtp://user:canary-pass@mail.example.org",
    "https://discord.com/api/webhooks/1/canary",
    "https://hooks.slack.com/services/T/B/canary",
    "Authorization: Bearer canary.token.value",
)
MARKET = "0xfab95dd34219893d18e400958a57b082dc62aff9fffa7a9e862bd2cb0abcea18"


@pytest.mark.parametrize("secret", SHAPED)
def test_what_is_shaped_like_a_secret_goes(secret: str) -> None:
    text = Redactor().text(f"before {secret} after")
    assert "canary" not in text
    assert text.startswith("before ")
    assert HIDDEN in text


def test_what_is_known_goes_wherever_it_stands() -> None:
    redactor = Redactor(["c0ffee" + "a7" * 26, "two words-of-it"])
    assert redactor.text("x0xc0ffee" + "a7" * 26 + "y") == f"x0x{HIDDEN}y"
    assert "words-of-it" not in redactor.text("only words-of-it here")


def test_ids_of_markets_and_orders_stay() -> None:
    text = f"order i1-1 of {MARKET} at 46.5 cents, 2026-11-21T00:00:00.000000Z, http://127.0.0.1:2345/api/v1"
    assert Redactor().text(text) == text


def test_fields_with_telling_names_go_at_any_depth() -> None:
    fields = {
        "order": "i1",
        "private_key": "0xcanary",
        "inner": [{"bot_token": "canary"}, ("canary-not", 5)],
        "none": None,
    }
    assert Redactor().fields(fields) == {
        "order": "i1",
        "private_key": HIDDEN,
        "inner": [{"bot_token": HIDDEN}, ["canary-not", 5]],
        "none": None,
    }


@pytest.mark.parametrize(
    "name", ["api_key", "apiKey", "POLYMARKET_PASSPHRASE", "client_secret", "token", "dsn", "Cookie"]
)
def test_names_that_hold_secrets_are_known(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ["token_id", "market", "key", "outcome", "tokens", "reason"])
def test_names_that_hold_none_are_left_alone(name: str) -> None:
    assert not names_secret(name)


def test_an_error_is_told_without_the_secret_in_it() -> None:
    assert Redactor(["canary-value"]).fields({"error": ValueError("got canary-value")}) == {
        "error": f"ValueError: got {HIDDEN}"
    }


def test_no_log_file_of_a_desk_holds_what_looks_like_a_secret(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, LogSettings.model_validate({}), {"mode": "paper"})
    for number, secret in enumerate(SHAPED):
        files.write("venues", Level.WARNING, "said", Nanos(number), {"text": f"refused {secret}"})
    files.write("venues", Level.WARNING, "said", Nanos(9), {"api_key": "canary", "market": MARKET})
    files.close()
    content = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "canary" not in content
    assert MARKET in content
    assert all(json.loads(line)["mode"] == "paper" for line in content.splitlines())


names = st.sampled_from(["api_key", "password", "text", "market", "token", "dsn", "webhook_url"])
values = st.one_of(st.text(max_size=30), st.sampled_from(SHAPED), st.integers())


@given(st.dictionaries(names, values, max_size=4))
def test_the_quick_look_misses_nothing_that_the_slow_one_would_change(fields: dict[str, object]) -> None:
    line = msgspec.json.encode(fields)
    if SUSPECT.search(line) is None:
        assert Redactor().fields(fields) == fields
