"""The page on faults: its plan is a plan, its requests are taken, and it leaves no kind out."""

import json
import re
from pathlib import Path
from typing import get_args

from pydantic import TypeAdapter

from dutchbook.config.documents import read_document
from dutchbook.exchange.faults.plan import FaultPlan, FaultSettings, FaultSpec

PAGE = (Path(__file__).parents[3] / "docs" / "faults.md").read_text()
KINDS: dict[str, type[FaultSettings]] = {
    each.model_fields["fault"].annotation.__args__[0]: each for each in get_args(get_args(FaultSpec)[0])
}
COMMON = frozenset({"name", "venue", "after", "every", "lasts", "skip", "times", "chance", "fault"})
NARROWED = frozenset({"method", "path", "channel", "connection"})


def test_its_plan_is_one(tmp_path: Path) -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    assert len(read_document(file, FaultPlan).faults) == 6


def test_its_table_names_every_kind_with_its_keys() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?)\|", PAGE, re.MULTILINE))
    assert rows.keys() == KINDS.keys()
    for name, kind in KINDS.items():
        own = kind.model_fields.keys() - COMMON - NARROWED
        assert set(re.findall(r"`(\w+)`", rows[name])) == own, name


def test_its_requests_arm_faults() -> None:
    bodies = [json.loads(body) for body in re.findall(r"-d '(\{.*?\})' \$C/faults", PAGE)]
    assert len(bodies) == 2
    for body in bodies:
        TypeAdapter(FaultSpec).validate_python(body)
