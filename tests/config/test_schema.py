"""The schema and the reference are made from the settings."""

from typing import Any

from dutchbook.config.keys import all_keys
from dutchbook.config.reference import configuration_page
from dutchbook.config.schema import json_schema


def leaves(schema: Any, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, inner in schema["properties"].items():
        if "properties" in inner:
            found |= leaves(inner, f"{prefix}{name}.")
        else:
            found[prefix + name] = inner
    return found


def test_the_schema_knows_every_setting_and_no_other() -> None:
    schema = leaves(json_schema())
    assert list(schema) == [key.path for key in all_keys()]
    assert schema["mode"]["enum"] == ["backtest", "replay", "paper", "sandbox", "live"]
    assert "10%" in schema["risk.daily_loss"]["examples"]
    assert {"type": "null"} in schema["risk.daily_loss_dollars"]["anyOf"]


def test_the_schema_refuses_unknown_keys_on_every_level() -> None:
    schema: Any = json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["venues"]["properties"]["kalshi"]["additionalProperties"] is False


def test_the_reference_names_every_setting_with_its_meaning() -> None:
    page = configuration_page()
    for key in all_keys():
        assert f"| `{key.path.rpartition('.')[2]}` |" in page
        assert key.description.replace("|", "&#124;") in page
