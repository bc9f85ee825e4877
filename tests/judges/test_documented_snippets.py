"""What docs/sandbox-clients.md tells users to write works as it stands there."""

import json
import re
import subprocess
from pathlib import Path

from tests.judges.conftest import PATIENCE_S, Seen

PAGE = Path(__file__).parents[2] / "docs/sandbox-clients.md"


def test_each_sdk_is_pointed_at_the_sandbox_as_documented(judges_python: str, sandbox: Seen, tmp_path: Path) -> None:
    accounts = {venue: list(by_name.values()) for venue, by_name in sandbox["accounts"].items()}
    (tmp_path / "sandbox.json").write_text(json.dumps(sandbox))
    (tmp_path / "accounts.json").write_text(json.dumps(accounts))
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(snippets) == 5
    (tmp_path / "page.py").write_text("\n".join(snippets))
    done = subprocess.run(
        [judges_python, "-W", "ignore", "page.py"],
        input="\n",
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    placed, no_orders, balance = done.stdout.splitlines()[:3]
    assert placed.startswith("ok=True")
    assert no_orders == "[]"
    assert float(balance) > 0
